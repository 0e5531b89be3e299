using System;
using System.Text;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Golden;

/// <summary>
/// Keys of fully specified calls, the same on every machine. When one changes, entries written by released daemons would be
/// found under keys that mean something else, or never again.
/// </summary>
public sealed class KeyVectorTests
{
    private const int FrozenFor = 2;

    [Theory]
    [InlineData("plain", "662ad938d7d37e7b990b2e27538a1fa9e1e3e8f6323cee93c6f374f1f0bc5ace")]
    [InlineData("flags", "b4fd6ec539d95e54e94759167a972b212854245cd9ab8500919d9d72235c5626")]
    [InlineData("values", "740daac1841d6289d3ee7d7e83cd4bb6c76caff89f36a24c29d1daf3a8162ccb")]
    [InlineData("start-up", "a16678d2b53892191311ee7df1143f880e43e95f8f209b151303ccc363b914e4")]
    [InlineData("subchart", "5e7e56ea802df1eef00142438fcd5ce2c7b4ef7abb04740b0168b80e7b314bf7")]
    [InlineData("time zone", "5b5987606d979ff90d374941d76cf9dd1b5a87f81f9b5e567613b23e3f78654c")]
    public void Key_is_what_it_was(string call, string key)
    {
        Assert.True(Fingerprinter.RecipeVersion == FrozenFor, "RecipeVersion was raised: set FrozenFor, and freeze the new keys of all calls of this test.");
        using var site = new CallSite();
        Message.Render request = Arrange(site, call);
        using var ledger = new SqliteTier(SqliteTierOptions.In(site.At()), TimeProvider.System, _ => { });
        var known = Assert.IsType<FingerprintOutcome.Known>(new Fingerprinter(TimeProvider.System, new HelmBinaries(ledger)).Compute(request));
        string actual = known.Fingerprint.Key.ToString();
        Assert.True(
            actual == key,
            $"The key of '{call}' is now {actual}. If what enters a key was changed on purpose, raise {nameof(Fingerprinter)}.{nameof(Fingerprinter.RecipeVersion)} "
            + "and add a pair of rows to FingerprinterTests; if not, this is a wrong key in the making. Do not edit the vector alone.");
    }

    private static Message.Render Arrange(CallSite site, string call)
    {
        switch (call)
        {
            case "plain":
                return site.Request("template r ./web");
            case "flags":
                return site.Request("template r ./web -n team --set b=2 --set a=1 --set-string c=3 --kube-version 1.30 -a v1/X --include-crds --skip-tests");
            case "values":
                site.Write("work/v.yaml", "v: 1\n");
                site.Write("work/s.txt", "set");
                return site.Request("template ./web -f v.yaml -f - --set-file s=s.txt", Encoding.UTF8.GetBytes("i: ä\n"));
            case "start-up":
                site.Write("home/.local/share/helm/plugins/p/plugin.yaml", "name: p\n");
                site.Write("home/.config/helm/repositories.yaml", "repositories: []\n");
                site.Write("home/.config/helm/registry/config.json", "{}");
                site.Write("home/.docker/config.json", "");
                return site.Request("template r ./web", variables: ("HELM_UNHEARD_OF", "1"));
            case "subchart":
                Chart("web")
                    .WithDependency("db")
                    .WithFile(".helmignore", "*.bak\n")
                    .WithFile("notes.bak", "ignored")
                    .WithFile("crds/c.yaml", "kind: CustomResourceDefinition\n")
                    .WithFile("files/bytes", [0, 255, 10, 13])
                    .WithSubchart(Chart("db").WithValues("d: 1\n"))
                    .WithLink("files/link", "bytes")
                    .WriteTo(site.Work);
                return site.Request("template r ./web");
            case "time zone":
                // No system has a zone of this name, so none contributes a file.
                return site.Request("template r ./web", variables: ("TZ", "Nowhere/Never"));
            default:
                throw new ArgumentOutOfRangeException(nameof(call));
        }
    }
}
