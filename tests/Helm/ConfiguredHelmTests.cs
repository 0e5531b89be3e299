using System.IO;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Client.Helm;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Helm;

/// <summary>The one line of the configuration that the shim reads.</summary>
[Trait("Needs", "programs")]
public sealed class ConfiguredHelmTests
{
    [Theory]
    [InlineData("helm: /opt/helm\n", "/opt/helm")]
    [InlineData("idle_exit: 3h\nhelm:   /opt/my helm   # pinned\r\nimpure: bypass\n", "/opt/my helm")]
    [InlineData("helm: \"/opt/a#b\"\n", "/opt/a#b")]
    [InlineData("helm: '/opt/helm' # why\n", "/opt/helm")]
    [InlineData("helm:\t/opt/helm", "/opt/helm")]
    public void An_absolute_path_is_read(string text, string path) => Assert.Equal(path, ConfiguredHelm.Find(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("")]
    [InlineData("{}\n")]
    [InlineData("helm:\n")]
    [InlineData("helm:/opt/helm\n")]
    [InlineData("# helm: /opt/helm\n")]
    [InlineData("store:\n  helm: /opt/helm\n")]
    [InlineData("helm: helm\n")]
    [InlineData("helm: \"/opt/helm\n")]
    [InlineData("helm: \"/opt/\\x41\"\n")]
    [InlineData("helm: '/opt/it''s'\n")]
    [InlineData("helm: &x /opt/helm\n")]
    [InlineData("helm: ''\n")]
    public void Anything_else_counts_as_absent(string text) => Assert.Null(ConfiguredHelm.Find(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public async Task The_shim_runs_the_helm_that_the_configuration_names()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string bin = Directory.CreateDirectory(home.At("bin")).FullName;
        string pinned = home.At("pinned helm");
        Script(Path.Combine(bin, "helm"), "from PATH");
        Script(pinned, "pinned");
        Command call = home.Shim("/", "version").With("HELMCACHED_HELM", null).With("PATH", bin + ":/usr/bin:/bin");

        Assert.Equal("from PATH\n", (await call.RunAsync()).StdoutText);
        Configure($"helm: \"{pinned}\"\n");
        Assert.Equal("pinned\n", (await call.RunAsync()).StdoutText);
        Command chosen = call.With("HELMCACHED_HELM", RealHelms.Helm3) with { Arguments = ["version", "--short"] };
        Assert.StartsWith("v3.17.3", (await chosen.RunAsync()).StdoutText, System.StringComparison.Ordinal);
        // A version manager took that version away, or the line names the shim itself: helm goes on working.
        foreach (string broken in (string[])[home.At("gone"), home.ShimPath, bin, home.Environment["HELMCACHED_CONFIG"]!])
        {
            Configure($"helm: {broken}\n");
            Assert.Equal("from PATH\n", (await call.RunAsync()).StdoutText);
        }

        void Configure(string text) => File.WriteAllText(home.Environment["HELMCACHED_CONFIG"]!, text);
    }

    private static void Script(string path, string says)
    {
        File.WriteAllText(path, $"#!/bin/sh\necho {says}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
