using System.Text;
using CacheDaemon.Daemon.Rendering;
using Xunit;

namespace CacheDaemon.Tests.Rendering;

public sealed class SecretScanTests
{
    [Theory]
    [InlineData("apiVersion: v1\nkind: Secret\nmetadata: {}\n")]
    [InlineData("kind:   Secret\r\n")]
    [InlineData("kind: \"Secret\"\n")]
    [InlineData("kind: 'Secret'\n")]
    [InlineData("\"kind\":\"Secret\"")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\" : \"Secret\"}")]
    [InlineData("kind:\tSecret")]
    [InlineData("kind:\n  Secret\n")]
    [InlineData("kind: List\nitems:\n- kind: Secret\n")]
    [InlineData("kind: ConfigMap\n---\nkind: Secret")]
    [InlineData("kind: SecretList\n")]
    [InlineData("kind: !!str Secret\n")]
    [InlineData("kind: &k Secret\n")]
    [InlineData("name: &s Secret\nkind: *s\n")]
    [InlineData("kind: >-\n  Secret\n")]
    [InlineData("kind: |-\n  Secret\n")]
    [InlineData("kind: # of what\n  Secret\n")]
    [InlineData("kind: \"\\x53ecret\"\n")]
    [InlineData("kind: \"Secr\\u0065t\"\n")]
    [InlineData("{\"kind\":!!str \"Secret\"}")]
    public void Manifest_with_a_secret(string manifest) => Assert.True(SecretScan.HoldsSecret(Encoding.UTF8.GetBytes(manifest)));

    [Theory]
    [InlineData("")]
    [InlineData("kind")]
    [InlineData("kind:")]
    [InlineData("kind: ConfigMap\nmetadata:\n  name: Secret\n")]
    [InlineData("kind: Deployment\nspec: {secretName: s}\n")]
    [InlineData("kind: secret\n")]
    [InlineData("data: {kinds: \"a\"}\n# of a kind\n# another\n")]
    public void Manifest_without(string manifest) => Assert.False(SecretScan.HoldsSecret(Encoding.UTF8.GetBytes(manifest)));
}
