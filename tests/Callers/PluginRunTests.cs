using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Callers;

/// <summary>
/// Programs that helm starts in the middle of a render: post-renderers, and the plugins that fetch values, files and charts of a scheme of
/// their own. What they do is nobody's to know, so such a call is real helm's, and nothing is kept of it; where the plugin is only there,
/// renders are proved and kept as ever.
/// </summary>
[Trait("Needs", "programs")]
public sealed class PluginRunTests
{
    /// <summary>What the plugin gives out: another number at each run.</summary>
    private const string Fetch = """
        #!/bin/sh
        n=$(cat "$COUNTER" 2>/dev/null || echo 0); n=$((n + 1)); echo $n > "$COUNTER"
        case "$4" in
            *.tgz) cat "$CHART" ;;
            *) echo "image: {tag: fetched-$n}" ;;
        esac

        """;

    private const string Render = """
        #!/bin/sh
        n=$(cat "$COUNTER" 2>/dev/null || echo 0); n=$((n + 1)); echo $n > "$COUNTER"
        cat; echo "# run $n"

        """;

    public static IEnumerable<object[]> Calls()
    {
        string[][] calls =
        [
            ["template", "shop", "web", "-f", "counted://values.yaml"],
            ["template", "shop", "web", "--values=web/values.yaml,counted://values.yaml"],
            ["template", "shop", "web", "--set-file", "a=counted://text"],
            ["template", "shop", "counted://host/web-1.0.0.tgz"],
            ["template", "shop", "web", "--post-renderer", "{post}"],
            ["template", "shop", "web", "--post-renderer={post}", "--post-renderer-args", "x"],
        ];
        foreach (int major in RealHelms.Numbers)
        foreach (string[] call in calls)
            yield return [major, string.Join(' ', call)];
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task I11_render_in_which_a_plugin_runs_is_real_helm_s_each_time(int major, string line)
    {
        await using var stage = new CallerStage(major);
        await stage.Home.StartAsync();
        Command real = Call(stage, stage.Home.RealHelm, line),
            ours = Call(stage, stage.Home.ShimPath, line);
        for (int i = 0; i < 2; i++)
        {
            File.WriteAllText(Counter(stage), $"{i}");
            CommandResult expected = await real.RunAsync();
            string after = File.ReadAllText(Counter(stage));
            File.WriteAllText(Counter(stage), $"{i}");
            Assert.Null((await ours.RunAsync()).DifferenceFrom(expected));
            // As often as under real helm: a plugin may well do something.
            Assert.Equal(after, File.ReadAllText(Counter(stage)));
            if (expected.ExitCode == 0)
                Assert.NotEqual($"{i}", after.Trim());
        }
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats is { Hits: 0, Stored: 0, Entries: 0, Errors: 0 }, stats.ToString());
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task I11_plugins_that_are_only_there_change_nothing(int major)
    {
        await using var stage = new CallerStage(major);
        Command real = Call(stage, stage.Home.RealHelm, "template shop web"),
            ours = Call(stage, stage.Home.ShimPath, "template shop web");
        await stage.Home.StartAsync();
        CommandResult expected = await real.RunAsync();
        for (int i = 0; i < 2; i++)
            Assert.Null((await ours.RunAsync()).DifferenceFrom(expected));
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats is { Hits: 1, HelmRuns: 1, Bypasses: 0 }, stats.ToString());
        Assert.False(File.Exists(Counter(stage)));
    }

    private static string Counter(CallerStage stage) => stage.Home.At("counter");

    private static Command Call(CallerStage stage, string helm, string line)
    {
        string plugins = stage.Home.At("plugins"),
            post = stage.Major == 3 ? AddProgram(stage.Home.At("post.sh"), Render) : "counted-post";
        if (stage.Major == 3)
        {
            CallerStage.Write(
                Path.Combine(plugins, "counted", "plugin.yaml"),
                "name: counted\nversion: 1.0.0\nusage: x\ndescription: x\ncommand: \"true\"\ndownloaders:\n- command: fetch.sh\n"
                    + "  protocols: [counted]\n"
            );
        }
        else
        {
            CallerStage.Write(
                Path.Combine(plugins, "counted", "plugin.yaml"),
                "apiVersion: v1\ntype: getter/v1\nname: counted\nversion: 1.0.0\nruntime: subprocess\nconfig:\n"
                    + "  protocols: [counted]\nruntimeConfig:\n  protocolCommands:\n  - protocols: [counted]\n    platformCommand:\n"
                    + "    - command: fetch.sh\n"
            );
            CallerStage.Write(
                Path.Combine(plugins, "counted-post", "plugin.yaml"),
                "apiVersion: v1\ntype: postrenderer/v1\nname: counted-post\nversion: 1.0.0\nruntime: subprocess\nruntimeConfig:\n"
                    + "  platformCommand:\n  - command: ${HELM_PLUGIN_DIR}/post.sh\n"
            );
            AddProgram(Path.Combine(plugins, "counted-post", "post.sh"), Render);
        }
        AddProgram(Path.Combine(plugins, "counted", "fetch.sh"), Fetch);
        return stage
            .Call(helm, stage.Work, line.Replace("{post}", post, StringComparison.Ordinal).Split(' '))
            .With("HELM_PLUGINS", plugins)
            .With("COUNTER", Counter(stage));
    }

    private static string AddProgram(string path, string text)
    {
        CallerStage.Write(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
