using System;
using System.Text;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
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
    [InlineData("plain", "f41036985ada2a283269c289883e8090f080a7b341941a7acc321b748b388c0d")]
    [InlineData("flags", "b984d311cfd4c7a2d54a49dc01ae3d90ae8cc135138fa553137b0624b191eb7a")]
    [InlineData("values", "31058c0916ef237a4622897a261d10d22a109b33718fc6f396bbaee7d9f41188")]
    [InlineData("start-up", "1cfa3907140545eadff5421555c6c43ef952ecbfeb2418165e4c2410f38a9513")]
    [InlineData("subchart", "e216ac35db7ea7dad7b6b8de1c1031fea15446477ddd2aa0aab6524828c0353e")]
    [InlineData("time zone", "9a69119de2d46e069921724dfd81658b25b7bb0d60a749d589e294e5ad7e8ab3")]
    public void Key_is_what_it_was(string call, string key)
    {
        Assert.True(Fingerprinter.RecipeVersion == FrozenFor, "RecipeVersion was raised: set FrozenFor, and freeze the new keys of all calls of this test.");
        using var site = new CallSite();
        Message.Render request = Arrange(site, call);
        var known = Assert.IsType<FingerprintOutcome.Known>(new Fingerprinter(TimeProvider.System, new HelmBinaries()).Compute(request));
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
