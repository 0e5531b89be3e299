using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Manifests;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Cli;

/// <summary>A second asker reads no YAML, and nothing that is wrong is believed.</summary>
[Trait("Needs", "programs")]
public sealed class KeptProjectionTests
{
    private static readonly string[] s_call = ["template", "shop", "web"];

    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task The_second_asker_gets_what_the_first_one_read(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        (string work, byte[] output) = await RenderAsync(home);
        string read = await ImagesAsync(home, work);
        Assert.Equal("r/web:1\n", read);
        byte[] kept = (
            await AskAsync(home, new Message.Project(Digest.Of(output).ToArray(), default, ViewName.Projection)) as Message.Result
        )!.Stdout.ToArray();
        var manifests = new List<Manifest>();
        Assert.True(Projection.TryRead(kept, Digest.Of(output).ToArray(), manifests, []));
        Assert.Equal("Pod", Assert.Single(manifests).Kind);
        // One that says something else: what it says is what is printed, so nobody read the output.
        ((List<object?>)((Dictionary<string, object?>)manifests[0].Members["spec"]!)["containers"]!).Add(
            new Dictionary<string, object?> { ["image"] = "r/planted:1" }
        );
        await AskAsync(
            home,
            new Message.Project(
                Digest.Of(output).ToArray(),
                Projection.Write(Digest.Of(output).ToArray(), manifests, []),
                ViewName.Projection
            )
        );
        Assert.Equal("r/planted:1\nr/web:1\n", await ImagesAsync(home, work));
        CommandResult difference = await (
            home.Admin(["diff", "--", .. s_call, "---", .. s_call, "--set", "tag=2"]) with
            {
                Directory = work,
            }
        ).RunAsync();
        Assert.Contains("-  - image: \"r/planted:1\"\n", difference.StdoutText, StringComparison.Ordinal);
        // Read anew on demand, and that is kept.
        Assert.Equal(
            "r/web:1\n",
            (
                await (home.Admin(["images", "--quiet", "--", .. s_call]) with { Directory = work })
                    .With("HELMCACHED_RECACHE", "1")
                    .RunAsync()
            ).StdoutText
        );
        Assert.Equal("r/web:1\n", await ImagesAsync(home, work));
    }

    public static TheoryData<string, string, string> Printed =>
        new()
        {
            { "resources --json", "", ViewName.ResourcesJson(ViewName.DefaultFormat) },
            {
                "resources --json --name-format",
                "{{ .kind }}-{{ .metadata.name }}",
                ViewName.ResourcesJson("{{ .kind }}-{{ .metadata.name }}")
            },
            { "images --json", "", ViewName.ImagesJson },
            { "images --quiet", "", ViewName.ImagesQuiet },
        };

    [Theory, MemberData(nameof(Printed))]
    public async Task What_was_printed_is_printed_again_as_it_is(string words, string format, string view)
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        (string work, byte[] output) = await RenderAsync(home);
        Command ask = home.Admin([.. words.Split(' '), .. format.Length > 0 ? (string[])[format] : [], "--", "helm", .. s_call]) with
        {
            Directory = work,
        };
        string first = (await ask.RunAsync()).StdoutText;
        Assert.Contains("web", first, StringComparison.Ordinal);
        byte[] digest = Digest.Of(output).ToArray();
        Assert.Equal(
            first,
            Encoding.UTF8.GetString((await AskAsync(home, new Message.Project(digest, default, view)) as Message.Result)!.Stdout.Span)
        );
        // Whether it came from there shows when something else lies there; a long one travels as a file.
        foreach (int length in (int[])[10, 200_000])
        {
            string planted = new string('x', length) + "\n";
            await AskAsync(home, new Message.Project(digest, Encoding.ASCII.GetBytes(planted), view));
            // Memory has the one from before; what is in it goes with its entry.
            await home.StopAsync();
            await home.StartAsync();
            long hits = (await home.StatsAsync()).Hits;
            Assert.Equal(planted, (await ask.RunAsync()).StdoutText);
            Assert.Equal(planted, (await ask.RunAsync()).StdoutText);
            Assert.Equal(hits + 2, (await home.StatsAsync()).Hits);
            Assert.Equal(first, (await ask.With("HELMCACHED_DISABLE", "1").RunAsync()).StdoutText);
        }
        CommandResult full = await (
            ask with
            {
                File = "/bin/sh",
                Arguments = ["-c", "exec \"$0\" \"$@\" > /dev/full", ask.File, .. ask.Arguments],
            }
        ).RunAsync();
        Assert.Equal((1, "helmcached: No space left on device\n"), (full.ExitCode, full.StderrText));
        // What reads its input from somewhere is no plain call, and another call has nothing to do with it.
        CommandResult read = await (ask with { Arguments = [.. ask.Arguments, "-f", "-"], Stdin = "tag: '7'\n"u8.ToArray() }).RunAsync();
        Assert.True(read.ExitCode == 0, read.ToString());
        Assert.Contains("r/web:7", read.StdoutText, StringComparison.Ordinal);
        Assert.Equal(first, (await ask.With("HELMCACHED_RECACHE", "1").RunAsync()).StdoutText);
    }

    [Fact]
    public async Task A_real_helm_beside_the_program_is_not_taken_for_the_shim()
    {
        await using var home = new DaemonHome(RealHelms.Helm4) { DaemonPath = "/nonexistent" };
        (string work, string bin) = (
            Directory.CreateDirectory(home.At("work")).FullName,
            Directory.CreateDirectory(home.At("bin")).FullName
        );
        Chart("web").WithConfigMap("c", "a: b").WriteTo(work);
        File.Copy(Repository.Daemon, Path.Combine(bin, "helmcached"));
        File.CreateSymbolicLink(Path.Combine(bin, "helm"), RealHelms.Helm4);
        CommandResult result = await (
            home.Admin(["resources", "--json", "--", .. s_call]) with
            {
                File = Path.Combine(bin, "helmcached"),
                Directory = work,
            }
        ).RunAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("is missing or is not the shim", result.StderrText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("of another output")]
    [InlineData("no projection")]
    public async Task What_is_not_of_this_output_is_not_believed(string what)
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        (string work, byte[] output) = await RenderAsync(home);
        byte[] digest = Digest.Of(output).ToArray();
        byte[] wrong =
            what == "no projection"
                ? "[]"u8.ToArray()
                : Projection.Write(
                    Digest.Of("x"u8).ToArray(),
                    ManifestReader.Read("kind: Pod\nspec: {containers: [{image: wrong}]}\n"u8, []),
                    []
                )!;
        await AskAsync(home, new Message.Project(digest, wrong, ViewName.Projection));
        Assert.Equal(
            wrong,
            (await AskAsync(home, new Message.Project(digest, default, ViewName.Projection)) as Message.Result)!.Stdout.ToArray()
        );
        Assert.Equal("r/web:1\n", await ImagesAsync(home, work));
        // The next one finds what that one read.
        Assert.True(
            Projection.TryRead(
                (await AskAsync(home, new Message.Project(digest, default, ViewName.Projection)) as Message.Result)!.Stdout,
                digest,
                [],
                []
            )
        );
    }

    [Theory]
    [InlineData("store: {secrets: memory}\n", true)]
    [InlineData("store: {secrets: never}\n", true)]
    [InlineData("{}\n", false)]
    public async Task Nothing_is_kept_of_what_may_not_be_on_disk(string configuration, bool isSecret)
    {
        await using var home = new DaemonHome(RealHelms.Helm4, configuration);
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web")
            .WithTemplate("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter2-planted}\n")
            .WriteTo(work);
        await home.StartAsync();
        Command ask = home.Admin(["resources", "--json", "--", .. s_call]) with { Directory = work };
        CommandResult result = await (isSecret ? ask : ask.With("HELMCACHED_READONLY", "1")).RunAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(result.StdoutText, (await (isSecret ? ask : ask.With("HELMCACHED_READONLY", "1")).RunAsync()).StdoutText);
        byte[] output = (await home.Real(work, s_call).RunAsync()).Stdout.ToArray();
        foreach (string view in (string[])[ViewName.Projection, ViewName.ResourcesJson(ViewName.DefaultFormat)])
            Assert.True(
                (await AskAsync(home, new Message.Project(Digest.Of(output).ToArray(), default, view)) as Message.Result)!.Stdout.IsEmpty
            );
        await home.StopAsync();
        foreach (string file in Directory.GetFiles(home.State, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(
                "hunter2-planted",
                Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)),
                StringComparison.Ordinal
            );
    }

    private static async Task<(string Work, byte[] Output)> RenderAsync(DaemonHome home)
    {
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web")
            .WithValues("tag: '1'\n")
            .WithTemplate(
                "p.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: 'r/web:{{ .Values.tag }}'}]}\n"
            )
            .WriteTo(work);
        await home.StartAsync();
        byte[] output = (await home.Shim(work, s_call).RunAsync()).Stdout.ToArray();
        await home.EntriesReachAsync(1);
        return (work, output);
    }

    private static async Task<string> ImagesAsync(DaemonHome home, string work)
    {
        // Not as tools write it, so that it is made of what was read, and not printed ready-made.
        CommandResult result = await (home.Admin(["images", "--quiet", .. s_call]) with { Directory = work }).RunAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.StdoutText;
    }

    private static Task<Message?> AskAsync(DaemonHome home, Message question) =>
        Task.Run(() =>
        {
            using DaemonClient daemon = DaemonClient.TryConnect(Endpoint.ForHome(home.State), out _)!;
            Assert.True(daemon.TrySend(question, TimeSpan.FromSeconds(30)));
            return daemon.ReceiveAnswer(out _);
        });
}
