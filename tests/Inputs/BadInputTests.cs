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

/// <summary>Names, sizes and kinds of files that nobody means to use: helm's own answer, from the cache or not, and never a hang.</summary>
[Trait("Needs", "programs")]
public sealed class BadInputTests
{
    public static IEnumerable<object[]> Majors => RealHelms.Majors;

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Names_with_newlines_and_quotes_hit(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work", "line\none \"two\" 'three'\t\\")).FullName;
        Lister().WithFile("new\nline.txt", "1").WithTemplate("a\nb.yaml", "a: {{ .Values.a }}\n").WriteTo(work);
        File.WriteAllText(Path.Combine(work, "v 'x'.yaml"), "a: 5\n");
        await SameAndHitAsync(home, home.Shim(work, "template", "r", "web", "-f", "v 'x'.yaml"));

        // helm takes no such name for -f, which it reads as an address; its words, not ours.
        File.WriteAllText(Path.Combine(work, "v\n.yaml"), "a: 5\n");
        CommandResult refused = await home.Shim(work, "template", "r", "web", "-f", "v\n.yaml").RunAsync();
        Assert.Equal(1, refused.ExitCode);
        Assert.Null(refused.DifferenceFrom(await home.Real(work, "template", "r", "web", "-f", "v\n.yaml").RunAsync()));
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task File_names_that_are_not_text_hit(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        string chart = Lister().WriteTo(work);
        await BashAsync(chart, "printf 1 > $'caf\\xe9.txt'; printf 22 > $'\\xff\\xfe'; mkdir $'\\xc3'; printf 333 > $'\\xc3/a'");
        CommandResult shown = await SameAndHitAsync(home, home.Shim(work, "template", "r", "web"));
        Assert.Contains("caf\\xe9.txt\": 1", shown.StdoutText, StringComparison.Ordinal);

        await BashAsync(chart, "mv $'caf\\xe9.txt' $'caf\\xe8.txt'");
        CommandResult renamed = await home.Shim(work, "template", "r", "web").RunAsync();
        Assert.Null(renamed.DifferenceFrom(await home.Real(work, "template", "r", "web").RunAsync()));
        Assert.Contains("caf\\xe8.txt\": 1", renamed.StdoutText, StringComparison.Ordinal);
    }

    /// <summary>
    /// .NET reads such arguments as replacement characters, so two files would look like one: such calls are helm's alone.
    /// </summary>
    [Theory]
    [InlineData("\"$0\" template r web -f $'caf\\xe9.yaml'")]
    [InlineData("\"$0\" template r web --set a=$'caf\\xe9'")]
    [InlineData("\"$0\" template r $'ch\\xe9'")]
    [InlineData("cd $'ch\\xe9' && \"$0\" template r .")]
    [InlineData("HELM_NAMESPACE=$'caf\\xe9' \"$0\" template r web")]
    [InlineData("HELM_PLUGINS=$'/caf\\xe9' \"$0\" template r web")]
    public async Task Calls_that_are_not_text_are_helms_alone(string script)
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Lister().WriteTo(work);
        await BashAsync(work, "cp -r web $'ch\\xe9'; cp -r web $'ch\\xe8'; echo 'a: 5' > $'caf\\xe9.yaml'; echo 'a: 6' > $'caf\\xe8.yaml'");
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        foreach (string each in (string[])[script, script.Replace("\\xe9", "\\xe8", StringComparison.Ordinal), script])
        {
            CommandResult real = await Script(home, work, each, home.RealHelm).RunAsync();
            Assert.Null((await Script(home, work, each, home.ShimPath).RunAsync()).DifferenceFrom(real));
        }
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { Hits: 0, Misses: 0, Errors: 0 }, stats.ToString());
    }

    /// <summary>Just openable, and just not: the kernel takes 4095 bytes.</summary>
    [Theory]
    [InlineData(3, 4000, true)]
    [InlineData(4, 4000, true)]
    [InlineData(42, 4000, true)]
    [InlineData(3, 4090, false)]
    [InlineData(4, 4200, false)]
    [InlineData(42, 4090, false)]
    public async Task Paths_of_four_kilobytes(int major, int length, bool hits)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Lister().WriteTo(work);
        // Step by step, since the whole would be too long for one call.
        string script = $$"""
            root="$PWD"; while [ ${#PWD} -lt {{length - 150}} ]; do n=$(printf 'x%.0s' $(seq 100)); mkdir -p "$n"; cd "$n"; done
            n=$(printf 'y%.0s' $(seq $(({{length}} - ${#PWD} - 1)))); mkdir -p "$n"; cd "$n"; cp -r "$root/web/." . 2>/dev/null
            "$0" template r .
            """;
        try
        {
            Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
            CommandResult real = await Script(home, work, script, home.RealHelm).RunAsync();
            for (int i = 0; i < 2; i++)
                Assert.Null((await Script(home, work, script, home.ShimPath).RunAsync()).DifferenceFrom(real));
            Stats stats = await home.StatsAsync();
            Assert.True(stats.Errors == 0 && stats.Hits == (hits ? 1 : 0), stats.ToString());
        }
        finally
        {
            await BashAsync(work, "rm -rf -- x*");
        }
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Tree_of_ten_thousand_files_hits(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        ChartBuilder chart = Lister();
        for (int i = 0; i < 10_000; i++)
            chart.WithFile($"data/{i % 100}/{i}.txt", i.ToString(System.Globalization.CultureInfo.InvariantCulture));
        string path = chart.WriteTo(work);
        CommandResult first = await SameAndHitAsync(home, home.Shim(work, "template", "r", "web"));
        Assert.Contains("data/99/9999.txt", first.StdoutText, StringComparison.Ordinal);

        File.WriteAllText(Path.Combine(path, "data/50/5050.txt"), "more than before");
        CommandResult edited = await home.Shim(work, "template", "r", "web").RunAsync();
        Assert.Null(edited.DifferenceFrom(await home.Real(work, "template", "r", "web").RunAsync()));
        Assert.NotEqual(first.StdoutText, edited.StdoutText);
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Values_and_files_of_five_megabytes_hit(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Lister().WithFile("large.bin", [.. Enumerable.Range(0, 5_000_000).Select(i => (byte)(i % 251))]).WriteTo(work);
        File.WriteAllText(Path.Combine(work, "v.yaml"), $"a: \"{new string('v', 5_000_000)}\"\n");
        File.WriteAllText(Path.Combine(work, "t.txt"), new string('t', 5_000_000));
        CommandResult result = await SameAndHitAsync(
            home,
            home.Shim(work, "template", "r", "web", "-f", "v.yaml", "--set-file", "t=t.txt")
        );
        Assert.True(result.Stdout.Length > 10_000_000, result.ToString());
    }

    [Theory]
    // Not Chart.yaml and no kubeconfig: those helm itself waits for, with and without us.
    [InlineData("web/values.yaml", "\"$0\" template r web")]
    [InlineData("web/templates/pipe.yaml", "\"$0\" template r web")]
    [InlineData("v.yaml", "(echo 'a: 5' >v.yaml) & \"$0\" template r web -f v.yaml; wait")]
    [InlineData("s.txt", "(echo text >s.txt) & \"$0\" template r web --set-file a=s.txt; wait")]
    public async Task Named_pipe_as_a_file_is_helms_alone(string pipe, string script)
    {
        foreach (int major in RealHelms.Numbers)
        {
            await using var home = new DaemonHome(RealHelms.Of(major));
            string work = Directory.CreateDirectory(home.At("work")).FullName;
            Lister().WriteTo(work);
            await BashAsync(work, $"rm -f {pipe}; mkfifo {pipe}");
            Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
            CommandResult real = await Script(home, work, script, home.RealHelm).RunAsync();
            for (int i = 0; i < 2; i++)
                Assert.Null((await Script(home, work, script, home.ShimPath).RunAsync()).DifferenceFrom(real));
            Stats stats = await home.StatsAsync();
            Assert.True(stats is { Hits: 0, Entries: 0, Bypasses: 2, Errors: 0 }, stats.ToString());
        }
    }

    /// <summary>By another name than a shell gives a descriptor, it is helm's to say what it means.</summary>
    [Theory]
    [InlineData("echo 'a: 8' >v.yaml; ln -sf /proc/self/cwd/v.yaml l.yaml; \"$0\" template r web -f l.yaml", "\"a\":8")]
    [InlineData("echo 'a: 6' >v.yaml; exec 9<v.yaml; exec \"$0\" template r web -f /proc/$$/fd/9", "\"a\":6")]
    [InlineData("echo 'a: 7' >v.yaml; exec 9<v.yaml; ln -sf /dev/fd/9 l.yaml; \"$0\" template r web -f l.yaml", "\"a\":7")]
    public async Task Other_ways_into_proc_are_helms_alone(string script, string says)
    {
        foreach (int major in RealHelms.Numbers)
        {
            await using var home = new DaemonHome(RealHelms.Of(major));
            string work = Directory.CreateDirectory(home.At("work")).FullName;
            Lister().WriteTo(work);
            Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
            CommandResult real = await Script(home, work, script, home.RealHelm).RunAsync();
            Assert.Contains(says, real.StdoutText, StringComparison.Ordinal);
            for (int i = 0; i < 2; i++)
                Assert.Null((await Script(home, work, script, home.ShimPath).RunAsync()).DifferenceFrom(real));
            Stats stats = await home.StatsAsync();
            Assert.True(stats is { Hits: 0, Entries: 0, Bypasses: 2, Errors: 0 }, stats.ToString());
        }
    }

    /// <summary>The daemon has read it; helm, held meanwhile, does not find it any more.</summary>
    [Theory]
    [InlineData("v.yaml", 3)]
    [InlineData("v.yaml", 4)]
    [InlineData("v.yaml", 42)]
    [InlineData("s.txt", 3)]
    [InlineData("web/Chart.yaml", 3)]
    [InlineData("web/Chart.yaml", 4)]
    [InlineData("web/Chart.yaml", 42)]
    public async Task File_that_vanishes_before_helm_reads_it_is_helms_error(string file, int major)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        string path = Path.Combine(fake.Work, file);
        File.WriteAllText(Path.Combine(fake.Work, "v.yaml"), "a: 5\n");
        File.WriteAllText(Path.Combine(fake.Work, "s.txt"), "text");
        string content = File.ReadAllText(path);
        string[] more = ["-f", "v.yaml", "--set-file", "s=s.txt"];
        Task<CommandResult> call = fake.HeldTemplate(more).With("FAKEHELM_REAL", RealHelms.Of(major)).RunAsync();
        await fake.RunsReachAsync(1);
        File.Delete(path);
        fake.LetGo();
        CommandResult real = await (
            fake.Home.Real(fake.Work, ["template", "r", "web", .. more]) with
            {
                File = RealHelms.Of(major),
            }
        ).RunAsync();
        Assert.Equal(1, real.ExitCode);
        Assert.Null((await call).DifferenceFrom(real));
        Assert.Equal(0, (await fake.Home.StatsAsync()).Entries);

        File.WriteAllText(path, content);
        CommandResult back = await fake.Template(more).With("FAKEHELM_REAL", RealHelms.Of(major)).RunAsync();
        Assert.Equal(0, back.ExitCode);
        Assert.Equal(2, fake.Runs);
    }

    /// <summary>Shows all values, and every name and size in <c>.Files</c>.</summary>
    private static ChartBuilder Lister() =>
        Chart("web")
            .WithTemplate(
                "files.yaml",
                "values: {{ .Values | toJson }}\ndata:\n{{- range $path, $bytes := .Files }}\n"
                    + "  {{ $path | quote }}: {{ len $bytes }}\n{{- end }}\n"
            );

    private static Command Script(DaemonHome home, string work, string script, string helm) =>
        home.Shim(work) with
        {
            File = "/bin/bash",
            Arguments = ["-c", script, helm],
        };

    private static async Task BashAsync(string directory, string script)
    {
        CommandResult result = await new Command("/bin/bash", ["-e", "-c", script])
        {
            Directory = directory,
            Environment = new Dictionary<string, string?> { ["PATH"] = "/usr/bin:/bin" },
        }.RunAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    private static async Task<CommandResult> SameAndHitAsync(DaemonHome home, Command shim)
    {
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        CommandResult real = await (shim with { File = home.RealHelm }).RunAsync();
        Assert.Equal(0, real.ExitCode);
        for (int i = 0; i < 2; i++)
            Assert.Null((await shim.RunAsync()).DifferenceFrom(real));
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { HelmRuns: 1, Hits: 1, Errors: 0 }, stats.ToString());
        return real;
    }
}
