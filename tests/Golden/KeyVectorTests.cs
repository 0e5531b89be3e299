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
    private const int FrozenFor = 1;

    [Theory]
    [InlineData("plain", "6e9c8514d8a6bea3915e93f2a541c1084a89b7be6c9728528e5519af5a440b04")]
    [InlineData("flags", "13dade7abaaff5003bfb97dcf86160366eb5a40169bdff334d256b8f56a68088")]
    [InlineData("values", "47b964ab311e2c6951e0999a17bb4acb6ed6bcb42bcc7c59810b17efb6224794")]
    [InlineData("start-up", "3df1209897ccc786be3b63a4ce0b0000f0e902922e346811964176e39b1eedf6")]
    [InlineData("subchart", "65e0549340c1129ae2abbea20f915924fc058819f922a648875ebad590d5570d")]
    [InlineData("time zone", "11caad75fddf9cc0893eb66a1567bd4033ffae64f0972cae9936a1fa70b6a397")]
    public void Key_is_what_it_was(string call, string key)
    {
        Assert.True(Fingerprinter.RecipeVersion == FrozenFor, "RecipeVersion was raised: set FrozenFor, and freeze the new keys of all calls of this test.");
        using var site = new CallSite();
        Message.Render request = Arrange(site, call);
        using var ledger = new SqliteTier(SqliteTierOptions.In(site.At()), TimeProvider.System, _ => { });
        var known = Assert.IsType<FingerprintOutcome.Known>(new Fingerprinter(TimeProvider.System, new HelmBinaries(ledger), freeze: false).Compute(request));
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
