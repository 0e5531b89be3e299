using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Cli;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Sdk;

namespace CacheDaemon.Tests.Conformance;

/// <summary>
/// What is done with each case of the <see cref="CaseTable"/>; a class each for helm 3, 4 and 4.2, so that they run side by side.
/// Real helm says what the case is: the same twice, the same after noise, something else after an edit. For each case and each helm:
/// stdout, stderr and exit code through the shim are real helm's, byte for byte, when nothing is cached, when it is, and after an
/// input changed; and what should be served from the cache was. One daemon serves all cases of a class, as one does for a user.
/// </summary>
[Trait("Needs", "programs")]
public abstract class ConformanceTests(ConformanceHome shared)
{
    private protected async Task CheckAsync(string name)
    {
        DaemonHome home = shared.Home;
        using var run = new CaseRun(CaseTable.Get(name), home);
        // By the connection that the commands use, but without a process for each question.
        Ask(home, new Message.Prune(All: true, null, null, null, DryRun: false));
        Stats before = StatsOf(home);

        CommandResult reference = await run.RealAsync();
        run.Case.CheckMeaning(reference);
        await AssertSameAsync("cold", run, reference);
        await AssertSameAsync("warm", run, reference);
        Stats stats = StatsOf(home).Since(before);
        AssertOutcome(run.Case, stats);

        if (run.Case.Noise is not null)
        {
            run.MakeNoise();
            await AssertSameAsync("after noise", run, reference);
            Stats after = StatsOf(home).Since(before);
            Assert.True(after.Hits == stats.Hits + 1, $"a change that is no input missed: {after}");
            AssertSame("real helm after noise", reference, await run.RealAsync());
        }
        if (run.Case.Edit is not null)
        {
            run.Edit();
            CommandResult edited = await run.RealAsync();
            Assert.False(edited.Equals(reference), $"the edit does not show in real helm's output: {edited}");
            await AssertSameAsync("after the edit", run, edited);
            await AssertSameAsync("after the edit, again", run, edited);
        }
        else if (Directory.Exists(run.Templates))
        {
            // One mutation for each case: a template more, whether or not its output is asked for.
            long hits = StatsOf(home).Hits;
            File.WriteAllText(Path.Combine(run.Templates, "mutation.yaml"), "mutation: 1\n");
            await AssertSameAsync("with a template more", run, await run.RealAsync());
            Assert.True(StatsOf(home).Hits == hits, "a call with a template more was answered from the cache");
        }
        Stats whole = StatsOf(home).Since(before);
        Assert.True(whole.Errors == 0, $"the daemon counted errors: {whole}");
    }

    private static Stats StatsOf(DaemonHome home) => Stats.Parse(Ask(home, new Message.Stats(Reset: false)));

    private static string Ask(DaemonHome home, Message question) =>
        Assert.IsType<Message.Json>(AdminConnection.Exchange(question, CacheDaemon.Client.Endpoint.ForHome(home.State))).Text;

    /// <summary>That the shim answers so; when it does not, whether real helm still does.</summary>
    private static async Task AssertSameAsync(string when, CaseRun run, CommandResult expected)
    {
        if ((await run.ShimAsync()).DifferenceFrom(expected) is not { } difference)
            return;
        string own = (await run.RealAsync()).DifferenceFrom(expected) is { } helms
            ? $"; the case's own fault, real helm differs from itself: {helms}"
            : "";
        throw new XunitException($"{when}: {difference}{own}");
    }

    private static void AssertOutcome(ConformanceCase @case, Stats stats)
    {
        switch (@case.Expected)
        {
            case Expected.Hit:
                Assert.True(stats is { Hits: 1, Misses: 1, HelmRuns: 1, Bypasses: 0 }, $"expected one miss, then one hit: {stats}");
                break;
            case Expected.Bypass:
                Assert.True(stats is { Hits: 0, Entries: 0, Bypasses: 2 }, $"expected two bypasses: {stats}");
                if (@case.BypassReason is { } reason)
                    Assert.True(stats.BypassReasons.Keys.SequenceEqual([reason]), $"expected bypass reason {reason}: {stats}");
                break;
            case Expected.Failure:
                Assert.True(stats is { Hits: 0, Entries: 0 }, $"a failure was stored: {stats}");
                break;
            case Expected.NeverServed:
                Assert.True(stats.BypassReasons.Keys.SequenceEqual(["known-to-vary"]), $"the second call shall be real helm's: {stats}");
                Assert.True(stats.Hits == 0, $"varying output was served: {stats}");
                break;
            case Expected.Any:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(@case));
        }
    }

    private static void AssertSame(string when, CommandResult expected, CommandResult actual)
    {
        if (actual.DifferenceFrom(expected) is { } difference)
            throw new XunitException($"{when}: {difference}");
    }

    /// <summary>A case with its files in a directory, and a home to run it in.</summary>
    private sealed class CaseRun : IDisposable
    {
        private readonly TemporaryDirectory _directory = new();

        public CaseRun(ConformanceCase @case, DaemonHome home)
        {
            Case = @case;
            Home = home;
            @case.Arrange(_directory.Location);
        }

        public ConformanceCase Case { get; }

        public DaemonHome Home { get; }

        public Task<CommandResult> RealAsync() => Prepare(Home.Real(_directory.Location, Arguments)).RunAsync();

        public Task<CommandResult> ShimAsync() => Prepare(Home.Shim(_directory.Location, Arguments)).RunAsync();

        public void Edit() => Case.Edit!(Case, _directory.Location);

        public void MakeNoise() => Case.Noise!(Case, _directory.Location);

        /// <summary>Where the case's chart has its templates, if it is a directory at the usual place.</summary>
        public string Templates => Path.Combine(_directory.Location, "web", "templates");

        public void Dispose() => _directory.Dispose();

        private IEnumerable<string> Arguments => Case.Arguments.Select(Expand);

        private string Expand(string text) => text.Replace("{dir}", _directory.Location, StringComparison.Ordinal);

        private Command Prepare(Command command)
        {
            foreach ((string variable, string? value) in Case.Environment)
                command = command.With(variable, value is null ? null : Expand(value));
            return Case.Stdin is { } stdin ? command with { Stdin = stdin } : command;
        }
    }
}

/// <summary>One user's home, with the daemon that serves all cases of a class.</summary>
public abstract class ConformanceHome(int major) : IAsyncLifetime
{
    internal DaemonHome Home { get; } = new(RealHelms.Of(major));

    /// <summary>Starts the daemon: a slow machine must not turn a cold call into plain helm, which is right but counts nothing.</summary>
    public Task InitializeAsync() => Home.StartAsync();

    public Task DisposeAsync() => Home.DisposeAsync().AsTask();
}

/// <inheritdoc/>
public sealed class Helm3ConformanceHome() : ConformanceHome(3);

/// <inheritdoc/>
public sealed class Helm4ConformanceHome() : ConformanceHome(4);

/// <inheritdoc/>
public sealed class Helm42ConformanceHome() : ConformanceHome(42);

/// <inheritdoc/>
[Trait("Needs", "programs")]
public sealed class Helm3ConformanceTests(Helm3ConformanceHome shared) : ConformanceTests(shared), IClassFixture<Helm3ConformanceHome>
{
    public static IEnumerable<object[]> Cases => CaseTable.Names(3);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Shim_answers_as_helm_3(string name) => CheckAsync(name);
}

/// <inheritdoc/>
[Trait("Needs", "programs")]
public sealed class Helm4ConformanceTests(Helm4ConformanceHome shared) : ConformanceTests(shared), IClassFixture<Helm4ConformanceHome>
{
    public static IEnumerable<object[]> Cases => CaseTable.Names(4);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Shim_answers_as_helm_4(string name) => CheckAsync(name);
}

/// <inheritdoc/>
[Trait("Needs", "programs")]
public sealed class Helm42ConformanceTests(Helm42ConformanceHome shared) : ConformanceTests(shared), IClassFixture<Helm42ConformanceHome>
{
    public static IEnumerable<object[]> Cases => CaseTable.Names(42);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Shim_answers_as_helm_4_2(string name) => CheckAsync(name);
}
