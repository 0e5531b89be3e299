using System;
using System.Text;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Tests.RemoteCharts;
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
    private const int FrozenFor = 3;

    [Theory]
    [InlineData("plain", "6eb983b27ec1e5dbddb61cdb854830d16526074d236c738ad9e8ee3f8223850f")]
    [InlineData("flags", "a870557fd2d9efb978d6364141d4acd852a00c7c933a86c671f6d94dc05a2b8c")]
    [InlineData("values", "930314f1a2b3a7a3d456520218128976a45cb7bdd43f908bb11349f3140c5aed")]
    [InlineData("start-up", "5d0ab6cbf25893144f57fc517cb7ed1e466b83b0820f0c20c879c4f76f0c7975")]
    [InlineData("subchart", "fd14fe984bb21b91ea48fcca9f166b6c09df9a7125b4aba6d19eb01dccb4c04f")]
    [InlineData("time zone", "9560c0b3a3a5d334ebbd8c417d9662e401ecf93d7f598a0e03ebd3546fdac2e5")]
    [InlineData("repository", "6c0b7350d5bc84c283cedbc67fb84d66724299ce629f5087ef7a07e957d61df9")]
    public void Key_is_what_it_was(string call, string key)
    {
        Assert.True(
            Fingerprinter.RecipeVersion == FrozenFor,
            "RecipeVersion was raised: set FrozenFor, and freeze the new keys of all calls of this test."
        );
        using var site = new CallSite();
        Message.Render request = Arrange(site, call);
        var known = Assert.IsType<FingerprintOutcome.Known>(new Fingerprinter(TimeProvider.System, new HelmBinaries()).Compute(request));
        string actual = known.Fingerprint.Key.ToString();
        Assert.True(
            actual == key,
            $"The key of '{call}' is now {actual}. If what enters a key was changed on purpose, raise "
                + $"{nameof(Fingerprinter)}.{nameof(Fingerprinter.RecipeVersion)} "
                + "and add a pair of rows to FingerprinterTests; if not, this is a wrong key in the making. Do not edit the vector alone."
        );
    }

    private static Message.Render Arrange(CallSite site, string call)
    {
        switch (call)
        {
            case "plain":
                return site.Request("template r ./web");
            case "flags":
                return site.Request(
                    "template r ./web -n team --set b=2 --set a=1 --set-string c=3 --kube-version 1.30 -a v1/X --include-crds --skip-tests"
                );
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
            case "repository":
                RepositorySite.Arrange(site);
                return site.Request("template r shop/web --version ^1.0.0");
            default:
                throw new ArgumentOutOfRangeException(nameof(call));
        }
    }
}
