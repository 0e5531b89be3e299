using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>Secrets go into the answer and into the private store, and nowhere else; and the daemon runs no program.</summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class SecrecyTests
{
    private const string Printed = "planted-in-the-manifest",
        Unprinted = "planted-and-not-printed",
        Given = "planted-by-set",
        Variable = "planted-in-the-environment",
        InFile = "planted-in-a-values-file",
        ReleaseName = "planted-name";

    [Fact]
    public async Task Planted_secrets_are_nowhere_but_in_the_answer_and_prune_leaves_none()
    {
        await using var home = new DaemonHome(RealHelms.Helm3, "log: {level: debug}\n");
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web")
            .WithValues($"shown: {Printed}\nhidden: {Unprinted}\n")
            .WithTemplate("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  a: {{ .Values.shown }}\n")
            .WriteTo(work);
        File.WriteAllText(Path.Combine(work, "more.yaml"), $"other: {InFile}\n");
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        string trace = home.At("trace");
        Command call = home.Shim(work, "template", ReleaseName, "web", "-f", "more.yaml", "--set", $"given={Given}")
            .With("HELM_NAMESPACE", "planted-namespace")
            .With("UNRELATED", Variable)
            .With("HELMCACHED_TRACE", trace);
        Command bypassed = home.Shim(work, "template", ReleaseName, "web", "--set", $"given={Given}", "--post-renderer", Given)
            .With("HELMCACHED_TRACE", trace);
        Command failing = home.Shim(work, "template", ReleaseName, "web", "--set", $"shown={Given}", "--nonsense", Given)
            .With("HELMCACHED_TRACE", trace);
        for (int i = 0; i < 3; i++)
        {
            CommandResult result = await call.RunAsync();
            Assert.Contains(Printed, result.StdoutText, StringComparison.Ordinal);
            await bypassed.RunAsync();
            await failing.RunAsync();
        }
        await home.EntriesReachAsync(1);
        Command explain = home.Admin(["explain", "--", .. call.Arguments]) with { Directory = work, Environment = call.Environment };
        string[] told =
        [
            (await home.Admin("status", "--json").RunAsync()).StdoutText,
            (await home.Admin("status").RunAsync()).StdoutText,
            (await home.Admin("stats", "--json").RunAsync()).StdoutText,
            (await home.Admin("stats").RunAsync()).StdoutText + (await home.Admin("stats", "--prometheus").RunAsync()).StdoutText,
            (await home.Admin("explain", "--last", "--json").RunAsync()).StdoutText
                + (await home.Admin("explain", "--last", "20").RunAsync()).StdoutText,
            File.ReadAllText(trace),
            File.ReadAllText(Path.Combine(home.State, "daemon.log")),
            (await explain.RunAsync()).StdoutText
                + (await (explain with { Arguments = ["explain", "--json", .. explain.Arguments.Skip(1)] }).RunAsync()).StdoutText,
            (await (explain with { Arguments = [.. explain.Arguments, "--set", $"more={Given}"] }).RunAsync()).StdoutText,
            (await home.Admin("verify").RunAsync()).StdoutText + (await home.Admin("prune", "--all", "--dry-run").RunAsync()).StdoutText,
        ];
        Assert.Contains("miss", told[5], StringComparison.Ordinal);
        Assert.Contains("state: starting -> serving", told[6], StringComparison.Ordinal);
        Assert.Contains("call: hit memory", told[6], StringComparison.Ordinal);
        Assert.Contains("hit", told[7], StringComparison.Ordinal);
        Assert.Contains("miss", told[8], StringComparison.Ordinal);
        Assert.Contains("Verified 1 entry", told[9], StringComparison.Ordinal);
        string[] secrets = [Printed, Unprinted, Given, Variable, InFile, ReleaseName, "planted-namespace"];
        foreach (string text in told)
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));

        // Stored: the manifest and digests, no input.
        string store = Path.Combine(home.State, LiteDbTierOptions.FileName);
        await Eventually.IsTrueAsync("the manifest is on disk", () => RawFiles(home.State).Contains(Printed, StringComparison.Ordinal));
        string raw = RawFiles(home.State);
        Assert.All(secrets.Except([Printed]), secret => Assert.DoesNotContain(secret, raw, StringComparison.Ordinal));
        byte[] material = Material(store);
        Assert.NotEmpty(material);
        Assert.All(secrets, secret => Assert.True(material.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, secret));

        Assert.Equal(0, (await home.Admin("prune", "--all").RunAsync()).ExitCode);
        Assert.DoesNotContain(Printed, RawFiles(home.State), StringComparison.Ordinal);
        await home.StopAsync();
        Assert.DoesNotContain(Printed, RawFiles(home.State), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prune_closes_the_files_in_memory_at_once()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        for (int i = 0; i < 3; i++)
            await fake.Template("--set", $"a={i}").With("FAKEHELM_STDOUT", null).With("FAKEHELM_FLOOD", "1000000").RunAsync();
        Assert.Equal(3_000_000, await BytesAsync());
        Assert.Equal(0, (await fake.Home.Admin("prune", "--all").RunAsync()).ExitCode);
        Assert.Equal(0, await BytesAsync());

        async Task<long> BytesAsync()
        {
            using var status = JsonDocument.Parse((await fake.Home.Admin("status", "--json").RunAsync()).StdoutText);
            return status.RootElement.GetProperty("output_file_bytes").GetInt64();
        }
    }

    [TraceFact]
    public async Task Daemon_executes_nothing()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        int daemon = fake.Home.DaemonIds().Single();
        string log = fake.Home.At("strace");
        string[] arguments = ["-f", "-e", "trace=execve,execveat,connect", "-o", log, "-p", $"{daemon}"];
        using Process strace = Process.Start(new ProcessStartInfo("strace", arguments) { RedirectStandardError = true })!;
        Assert.Contains("attached", await strace.StandardError.ReadLineAsync(), StringComparison.Ordinal);
        for (int i = 0; i < 4; i++)
        {
            await fake.Template("--set", $"a={i % 2}").RunAsync();
            await fake.Template("--debug").RunAsync();
        }
        Assert.True((await fake.Home.StatsAsync()) is { Hits: > 0, Misses: > 0, Bypasses: > 0 });
        await fake.Home.Admin("prune", "--all").RunAsync();
        Assert.Equal(0, (await fake.Home.Admin("stop").RunAsync()).ExitCode);
        await strace.WaitForExitAsync();
        // AF_UNSPEC dissolves a connection; .NET tries it on a socket that another thread still accepts on, to wake that thread.
        string calls = string.Join(
            '\n',
            File.ReadLines(log).Where(line => !line.Contains("sa_family=AF_UNSPEC", StringComparison.Ordinal))
        );
        // The trace did see this process: it tells its end.
        Assert.Contains("+++ exited with 0 +++", calls, StringComparison.Ordinal);
        Assert.DoesNotContain("exec", calls, StringComparison.Ordinal);
        Assert.DoesNotContain("connect(", calls, StringComparison.Ordinal);
    }

    /// <summary>Every byte of every file of the home, as text.</summary>
    private static string RawFiles(string home) =>
        string.Concat(
            Directory
                .GetFiles(home)
                .Where(f => Path.GetExtension(f) is not (".sock" or ".lock"))
                .Select(f => Encoding.Latin1.GetString(File.ReadAllBytes(f)))
        );

    private static byte[] Material(string store)
    {
        // The daemon has it open; a copy of file and log is what a crash would leave.
        string copy = Directory.CreateTempSubdirectory("material").FullName;
        try
        {
            foreach (string file in Directory.GetFiles(Path.GetDirectoryName(store)!, "store*.litedb"))
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            return StoppedStore.Rows(Path.Combine(copy, LiteDbTierOptions.FileName), LiteDbSchema.Entries)[0]["material"].AsBinary;
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }
}
