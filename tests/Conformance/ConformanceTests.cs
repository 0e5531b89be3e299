using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Sdk;

namespace CacheDaemon.Tests.Conformance;

/// <summary>
/// What is done with each case of the <see cref="CaseTable"/>; a class each for helm 3, 4 and 4.2, so that they run side by side.
/// For each case and each helm: stdout, stderr and exit code through the shim are real helm's, byte for byte, when nothing is
/// cached, when it is, and after an input changed; and what should be served from the cache was.
/// </summary>
public abstract class ConformanceTests(int major)
{
    private protected async Task CheckOnRealHelmAsync(string name)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        using var run = new CaseRun(CaseTable.Get(name), home);

        CommandResult first = await run.RealAsync();
        run.Case.CheckMeaning(first);
        AssertSame("the second run of real helm", first, await run.RealAsync());
        if (run.Case.Noise is not null)
        {
            run.MakeNoise();
            AssertSame("real helm after noise", first, await run.RealAsync());
        }
        if (run.Case.Edit is not null)
        {
            run.Edit();
            CommandResult edited = await run.RealAsync();
            Assert.False(edited.Equals(first), $"the edit does not show in real helm's output: {edited}");
        }
    }

    private protected async Task CheckThroughShimAsync(string name)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        using var run = new CaseRun(CaseTable.Get(name), home);
        // Started beforehand: a slow machine must not turn the cold call into plain helm, which is right but counts nothing.
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);

        CommandResult reference = await run.RealAsync();
        AssertSame("cold", reference, await run.ShimAsync());
        await WarmAsync(run, reference);
        Stats stats = await home.StatsAsync();
        AssertOutcome(run.Case, stats);

        if (run.Case.Noise is not null)
        {
            run.MakeNoise();
            AssertSame("after noise", reference, await run.ShimAsync());
            Assert.True((await home.StatsAsync()).Hits == stats.Hits + 1, $"a change that is no input missed: {await home.StatsAsync()}");
        }
        if (run.Case.Edit is not null)
        {
            run.Edit();
            CommandResult edited = await run.RealAsync();
            AssertSame("after the edit", edited, await run.ShimAsync());
            AssertSame("after the edit, again", edited, await run.ShimAsync());
        }
        else if (Directory.Exists(run.Templates))
        {
            // One mutation for each case: a template more, whether or not its output is asked for.
            long hits = (await home.StatsAsync()).Hits;
            File.WriteAllText(Path.Combine(run.Templates, "mutation.yaml"), "mutation: 1\n");
            AssertSame("with a template more", await run.RealAsync(), await run.ShimAsync());
            Assert.True((await home.StatsAsync()).Hits == hits, "a call with a template more was answered from the cache");
        }
        Assert.True((await home.StatsAsync()).Errors == 0, $"the daemon counted errors: {await home.StatsAsync()}");
    }

    private static async Task<Stats> WarmAsync(CaseRun run, CommandResult reference)
    {
        AssertSame("warm", reference, await run.ShimAsync());
        return await run.Home.StatsAsync();
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

/// <inheritdoc/>
public sealed class Helm3ConformanceTests() : ConformanceTests(3)
{
    public static IEnumerable<object[]> Cases => CaseTable.Names(3);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Shim_answers_as_helm_3(string name) => CheckThroughShimAsync(name);
}

/// <inheritdoc/>
public sealed class Helm4ConformanceTests() : ConformanceTests(4)
{
    public static IEnumerable<object[]> Cases => CaseTable.Names(4);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Shim_answers_as_helm_4(string name) => CheckThroughShimAsync(name);
}

/// <inheritdoc/>
public sealed class Helm42ConformanceTests() : ConformanceTests(42)
{
    public static IEnumerable<object[]> Cases => CaseTable.Representatives(42);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Shim_answers_as_helm_4_2(string name) => CheckThroughShimAsync(name);
}

/// <summary>Needs no binaries of ours: tells whether a failure of the classes above is the case's own fault.</summary>
public sealed class Helm3CaseTests() : ConformanceTests(3)
{
    public static IEnumerable<object[]> Cases => CaseTable.Names(3);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Case_means_what_it_says_on_helm_3(string name) => CheckOnRealHelmAsync(name);
}

/// <inheritdoc cref="Helm3CaseTests"/>
public sealed class Helm4CaseTests() : ConformanceTests(4)
{
    public static IEnumerable<object[]> Cases => CaseTable.Names(4);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Case_means_what_it_says_on_helm_4(string name) => CheckOnRealHelmAsync(name);
}

/// <inheritdoc cref="Helm3CaseTests"/>
public sealed class Helm42CaseTests() : ConformanceTests(42)
{
    public static IEnumerable<object[]> Cases => CaseTable.Names(42);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Case_means_what_it_says_on_helm_4_2(string name) => CheckOnRealHelmAsync(name);
}
