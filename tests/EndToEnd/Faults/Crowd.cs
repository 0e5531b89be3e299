using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>
/// Callers that render all the time, some of it for the first time and some of it again and again, while something
/// happens to the daemon. Each answer is compared with what helm prints for that very call.
/// </summary>
internal sealed class Crowd(FakeHelmHome fake, ITestOutputHelper output)
{
    /// <summary>Renders that everybody asks for.</summary>
    private const int Popular = 6;

    /// <summary>One call in this many is new.</summary>
    private const int NewEvery = 3;

    private const int MaxShown = 5;

    private readonly ConcurrentQueue<string> _differences = new();
    private readonly ConcurrentQueue<TimeSpan> _latencies = new();
    private byte[]? _flood;
    private int _calls;
    private int _wrong;
    private int _failed;
    private int _lastNew = Popular;

    /// <summary>How many call at the same time.</summary>
    public int Callers { get; init; } = 8;

    /// <summary>Rounds of calls of each caller after the fault is over; at least one, to see that things work again.</summary>
    public int RoundsAfter { get; init; } = 3;

    /// <summary>Bytes of each output; null: one line.</summary>
    public int? OutputBytes { get; init; }

    /// <summary>How the commands are run: in another namespace, by another user.</summary>
    public Func<Command, Command> Through { get; init; } = command => command;

    /// <summary>Calls made so far.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>
    /// Lets the callers call until <paramref name="action"/> is over and a little longer, then asserts that each had the
    /// right bytes and exit code, and prints the row of the report.
    /// </summary>
    public async Task EndureAsync(string fault, string how, Func<Task> action)
    {
        TimeSpan plain = await PlainHelmAsync();
        using var over = new CancellationTokenSource();
        Task[] callers = [.. Enumerable.Range(0, Callers).Select(seed => CallAsync(seed, over.Token))];
        try
        {
            await action();
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(callers);
        }
        new FaultReport(fault, how, _calls, _wrong, _failed, _latencies.Max() - plain).Print(output);
        Assert.True(
            _wrong == 0 && _failed == 0,
            $"{_wrong} wrong and {_failed} failed of {_calls} calls:\n{string.Join('\n', _differences)}"
        );
    }

    /// <summary>Waits until so many calls more were made.</summary>
    public Task CallsAsync(int more)
    {
        int goal = Calls + more;
        return Eventually.IsTrueAsync($"{more} calls", () => Calls >= goal);
    }

    /// <summary>The call number <paramref name="n"/> and what helm prints for it.</summary>
    public (Command Command, ReadOnlyMemory<byte> Expected) CallOf(int n)
    {
        string line = $"n: {n}\n";
        Command command = fake.Template("--set", $"a={n}").With("FAKEHELM_STDOUT", line);
        if (OutputBytes is not { } bytes)
            return (Through(command), Encoding.UTF8.GetBytes(line));
        // FakeHelm floods with one and the same text, so let its length tell the calls apart.
        _flood ??= FakeHelmHome.Flood(bytes + 10_000);
        return (Through(command.With("FAKEHELM_STDOUT", null).With("FAKEHELM_FLOOD", $"{bytes + n}")), _flood.AsMemory(0, bytes + n));
    }

    /// <summary>A call known by now is answered from the cache, and rightly: the fault is over and has left no trace.</summary>
    public async Task AssertServedAsync()
    {
        (Command command, ReadOnlyMemory<byte> expected) = CallOf(0);
        await Eventually.IsTrueAsync(
            "calls are served again",
            async () =>
            {
                CommandResult result = await command.With("HELMCACHED_TRACE", "1").RunAsync();
                Assert.True(result.Stdout.Span.SequenceEqual(expected.Span), result.StdoutText);
                return result.StderrText.StartsWith("helmcached: hit", StringComparison.Ordinal);
            }
        );
    }

    /// <summary>Median time of a call that has nothing to do with us, under the same load.</summary>
    private async Task<TimeSpan> PlainHelmAsync()
    {
        int each = OutputBytes > 10_000_000 ? 1 : 4;
        Command plain = CallOf(0).Command.With("HELMCACHED_DISABLE", "1");
        var times = new ConcurrentQueue<TimeSpan>();
        await Task.WhenAll(
            Enumerable
                .Range(0, Callers)
                .Select(async _ =>
                {
                    for (int i = 0; i < each; i++)
                    {
                        long started = Stopwatch.GetTimestamp();
                        using Process process = plain.Start();
                        await plain.CompleteAsync(process, Stream.Null);
                        times.Enqueue(Stopwatch.GetElapsedTime(started));
                    }
                })
        );
        return times.Order().ElementAt(times.Count / 2);
    }

    private async Task CallAsync(int seed, CancellationToken over)
    {
        var random = new Random(seed);
        int left = RoundsAfter;
        while (!over.IsCancellationRequested || left-- > 0)
        {
            int n = random.Next(NewEvery) == 0 ? Interlocked.Increment(ref _lastNew) : random.Next(Popular);
            (Command command, ReadOnlyMemory<byte> expected) = CallOf(n);
            long started = Stopwatch.GetTimestamp();
            try
            {
                using Process process = command.Start();
                using var printed = new ComparedStream(expected);
                Judge(await command.CompleteAsync(process, printed), printed);
            }
            catch (TimeoutException e)
            {
                Interlocked.Increment(ref _failed);
                Show(e.Message);
            }
            _latencies.Enqueue(Stopwatch.GetElapsedTime(started));
            Interlocked.Increment(ref _calls);
        }
    }

    private void Judge(CommandResult result, ComparedStream printed)
    {
        if (result.ExitCode == 0 && result.Stderr.IsEmpty && printed.IsEqual)
            return;
        Interlocked.Increment(ref result.ExitCode == 0 ? ref _wrong : ref _failed);
        Show($"exit {result.ExitCode}, stderr: {result.StderrText}; stdout: {printed}");
    }

    private void Show(string difference)
    {
        if (_differences.Count < MaxShown)
            _differences.Enqueue(difference);
    }
}
