using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Inputs;

/// <summary>
/// Inputs that change too fast to be told by their time stamps, or in the middle of a render (docs/key.md, "How a file counts as
/// unchanged").
/// </summary>
[Trait("Needs", "programs")]
public sealed class ChangeTests
{
    /// <summary>How a file gets its next content of the same size, keeping its name and its time of modification.</summary>
    private static readonly Dictionary<string, Action<string, string>> s_writes = new()
    {
        ["in place"] = File.WriteAllText,
        ["by rename"] = (path, text) =>
        {
            File.WriteAllText(path + "~", text);
            File.SetLastWriteTimeUtc(path + "~", DateTime.UnixEpoch);
            File.Move(path + "~", path, overwrite: true);
        },
        ["through a link"] = (path, text) =>
        {
            string target = path + ".target";
            File.WriteAllText(target, text);
            File.SetLastWriteTimeUtc(target, DateTime.UnixEpoch);
            if (File.ResolveLinkTarget(path, returnFinalTarget: false) is null)
            {
                File.Delete(path);
                File.CreateSymbolicLink(path, target);
            }
        },
        ["one byte"] = (path, text) =>
        {
            using FileStream stream = File.OpenWrite(path);
            stream.Position = text.Length - 2;
            stream.WriteByte((byte)text[^2]);
        },
    };

    public static IEnumerable<object[]> FilesAndWrites() =>
        from file in (string[])["web/values.yaml", "web/files/f.txt", "v.yaml", "s.txt"]
        from write in s_writes.Keys
        where write != "through a link" || !file.StartsWith("web/", StringComparison.Ordinal)
        select new object[] { file, write };

    /// <summary>
    /// Edit, call, edit, call, without a pause: many edits fall into one tick of the file system's clock, and often into the
    /// tick in which the daemon read the file before.
    /// </summary>
    [Theory]
    [MemberData(nameof(FilesAndWrites))]
    public async Task Edits_within_one_tick_that_keep_size_and_time_are_seen(string file, string write)
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string work = Arrange(home);
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        for (int round = 0; round < 30; round++)
        {
            char digit = (char)('0' + round % 10);
            string path = Path.Combine(work, file);
            s_writes[write](path, $"{Path.GetFileNameWithoutExtension(file)}: {digit}\n");
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
            CommandResult result = await home.Shim(work, "template", "r", "web", "-f", "v.yaml", "--set-file", "s=s.txt").RunAsync();
            Assert.Equal(0, result.ExitCode);
            Assert.Contains($"{Path.GetFileNameWithoutExtension(file)}:{digit}", result.StdoutText, StringComparison.Ordinal);
        }
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { HelmRuns: 10, Hits: 20, Errors: 0 }, stats.ToString());
    }

    [Theory]
    [InlineData("web/values.yaml")]
    [InlineData("web/templates/c.yaml")]
    [InlineData("web/charts/new/Chart.yaml")]
    [InlineData("v.yaml")]
    [InlineData("s.txt")]
    [InlineData("kube")]
    public async Task Edit_in_the_middle_of_a_render_stores_nothing_and_waiters_render_again(string file)
    {
        await using var fake = new FakeHelmHome();
        foreach (
            (string name, string text) in ((string, string)[])
                [("v.yaml", "b: 1\n"), ("s.txt", "text"), ("kube", "apiVersion: v1\nkind: Config\n")]
        )
            File.WriteAllText(Path.Combine(fake.Work, name), text);
        await fake.StartDaemonAsync();
        string[] more = ["-f", "v.yaml", "--set-file", "s=s.txt", "--kubeconfig", "kube"];
        Task<CommandResult> first = fake.HeldTemplate(more).RunAsync();
        await fake.RunsReachAsync(1);
        Task<CommandResult>[] waiters =
        [
            .. Enumerable.Range(0, 5).Select(_ => fake.HeldTemplate(more).With("FAKEHELM_STDOUT", "new: 1\n").RunAsync()),
        ];
        await fake.WaitersReachAsync(5);

        string path = Path.Combine(fake.Work, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.AppendAllText(
            path,
            file == "kube" ? "current-context: c\ncontexts: [{name: c, context: {namespace: blue}}]\n" : "\nname: more\n"
        );
        fake.LetGo();
        // The holder's caller gets what helm gave to it; the others what helm gives now.
        Assert.Equal(FakeHelmHome.Output, (await first).StdoutText);
        Assert.All(await Task.WhenAll(waiters), result => Assert.Equal((0, "new: 1\n"), (result.ExitCode, result.StdoutText)));
        Stats stats = await fake.Home.StatsAsync();
        Assert.True(stats.RefuseReasons.GetValueOrDefault("inputs-changed") == 1 && stats is { Stored: 1, Errors: 0 }, stats.ToString());
        await fake.Home.EntriesReachAsync(1);
        Assert.Equal(2, fake.Runs);
        Assert.Equal("new: 1\n", (await fake.Template(more).RunAsync()).StdoutText);
    }

    [Fact]
    public async Task Edit_that_is_taken_back_before_the_render_ends_is_noticed()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        string path = Path.Combine(fake.ChartPath, "values.yaml");
        string text = File.ReadAllText(path);
        Task<CommandResult> call = fake.HeldTemplate().RunAsync();
        await fake.RunsReachAsync(1);
        File.WriteAllText(path, "a: 2\n");
        File.WriteAllText(path, text);
        fake.LetGo();
        Assert.Equal(FakeHelmHome.Output, (await call).StdoutText);
        Stats stats = await fake.Home.StatsAsync();
        Assert.True(stats is { Stored: 0, Refused: 1 } && stats.RefuseReasons.ContainsKey("inputs-changed"), stats.ToString());
    }

    private static string Arrange(DaemonHome home)
    {
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web")
            .WithValues("values: x\n")
            .WithFile("files/f.txt", "f: x\n")
            .WithTemplate(
                "all.yaml",
                "all: {{ printf \"values:%v v:%v %v %v\" .Values.values .Values.v (.Values.s | replace \" \" \"\") (.Files.Get "
                    + "\"files/f.txt\" | replace \" \" \"\") | quote }}\n"
            )
            .WriteTo(work);
        File.WriteAllText(Path.Combine(work, "v.yaml"), "v: x\n");
        File.WriteAllText(Path.Combine(work, "s.txt"), "s: x\n");
        return work;
    }
}
