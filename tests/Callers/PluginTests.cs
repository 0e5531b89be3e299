using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Callers;

/// <summary>
/// A plugin that renders by <c>$HELM_BIN template</c>, as helm-diff does. helm hands it its own settings as HELM_ variables: they
/// must not keep the nested render from the entry that a direct call made, nor the other way round.
/// </summary>
[Trait("Needs", "programs")]
public sealed class PluginTests
{
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Helm_diff_hits(int major)
    {
        await using var stage = new CallerStage(major);
        AddPlugin(stage);
        await stage.PlayAsync(
            4,
            helm => [Call(stage, helm, "mini-diff", "shop", "web", "--namespace", "ns"), Call(stage, helm, "mini-diff", "shop", "web")]
        );
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Plugin_and_direct_call_share_their_entries(int major)
    {
        await using var stage = new CallerStage(major);
        AddPlugin(stage);
        Assert.Equal(0, (await stage.Home.Admin("start").RunAsync()).ExitCode);
        CommandResult direct = await Call(
                stage,
                stage.Home.ShimPath,
                "template",
                "shop",
                "web",
                "--is-upgrade",
                "--dry-run=client",
                "--include-crds",
                "-f",
                "web/values.yaml"
            )
            .RunAsync();
        CommandResult nested = await Call(stage, stage.Home.ShimPath, "mini-diff", "shop", "web").RunAsync();
        Assert.Null(nested.DifferenceFrom(direct));
        Stats stats = await stage.Home.StatsAsync();
        // The plugin asks for the version, too, which nobody has asked for before.
        Assert.True(stats is { Hits: 1, HelmRuns: 2, Bypasses: 0 }, stats.ToString());
    }

    private static Command Call(CallerStage stage, string helm, params string[] arguments) =>
        stage.Call(helm, stage.Work, arguments).CalledAs(helm).With("HELM_PLUGINS", stage.Home.At("plugins"));

    /// <summary>Copies its values to a random file first, as helm-diff does with those on standard input.</summary>
    private static void AddPlugin(CallerStage stage)
    {
        CallerStage.Write(
            stage.Home.At("plugins", "mini-diff", "plugin.yaml"),
            "name: mini-diff\nversion: 1.0.0\nusage: diff\ndescription: diff\ncommand: $HELM_PLUGIN_DIR/run.sh\n"
        );
        string script = CallerStage.Write(
            stage.Home.At("plugins", "mini-diff", "run.sh"),
            """
            #!/bin/sh
            set -e
            "$HELM_BIN" version >/dev/null
            release="$1" chart="$2"
            shift 2
            [ -n "$HELM_NAMESPACE" ] && [ -n "$HELM_PLUGIN_DIR" ]
            values="$(mktemp "$TMPDIR/helm-diff-stdin-valuesXXXXXX")"
            cat "$chart/values.yaml" >"$values"
            exec "$HELM_BIN" template "$release" "$chart" "$@" --values "$values" --is-upgrade --dry-run=client --include-crds

            """
        );
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
