using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary>
/// Admin commands and a daemon that is hung, leaving, dying or none of ours: each ends, with one line that says what is wrong and
/// what to do, and the exit code of a failure; never with a stack trace.
/// </summary>
[Trait("Needs", "programs")]
public sealed class AdminFaultTests
{
    private static readonly string[] s_all =
    [
        "status",
        "status --json",
        "stats",
        "stats --json",
        "stats --reset --yes",
        "start",
        "stop",
        "prune --all",
        "prune --older-than 1h --dry-run",
        "explain -- template r .",
        "explain --json -- template r .",
        "verify",
        "verify --sample 1",
    ];

    [Fact]
    public async Task Hung_daemon_is_named_by_its_process()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        int daemon = fake.Home.DaemonIds().Single();
        using (Signals.Hang(daemon))
        {
            foreach ((string command, CommandResult result) in await RunAllAsync(fake))
                AssertOneLine(command, result, $"process {daemon}", $"kill -KILL {daemon}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Daemon_that_hangs_up_or_babbles_is_no_stack_trace(bool babbles)
    {
        await using var fake = new FakeHelmHome();
        using var stranger = new Stranger(
            fake,
            async peer =>
            {
                if (babbles)
                    await peer.SendAsync(Enumerable.Range(0, 5000).Select(i => (byte)(i * 31)).ToArray());
            }
        );
        foreach ((string command, CommandResult result) in await RunAllAsync(fake))
            AssertOneLine(command, result, "without replying", "daemon.log");
    }

    /// <summary>Accepts, reads nothing and dies: as a daemon that is killed in the middle of a question.</summary>
    [Theory]
    [InlineData("status", 3)]
    [InlineData("stats --json", 0)]
    [InlineData("start", 0)]
    [InlineData("stop", 0)]
    [InlineData("prune --all", 0)]
    [InlineData("verify", 3)]
    public async Task Daemon_that_dies_while_it_is_asked_does_not_run(string command, int exitCode)
    {
        await using var fake = new FakeHelmHome();
        Stranger? stranger = null;
        stranger = new Stranger(
            fake,
            _ =>
            {
                stranger!.Dispose();
                return Task.CompletedTask;
            }
        );
        CommandResult result = await fake.Home.Admin(command.Split(' ')).RunAsync();
        Assert.True(result.ExitCode == exitCode, $"{result}{result.StdoutText}");
        Assert.DoesNotContain("   at ", result.StderrText, StringComparison.Ordinal);
        Assert.Equal(command == "start" ? 1 : 0, fake.Home.DaemonIds().Count);
    }

    [Fact]
    public async Task Start_waits_for_a_daemon_that_is_leaving()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        int old = fake.Home.DaemonIds().Single();
        Task<CommandResult> rendering = fake.HeldTemplate().RunAsync();
        await fake.RunsReachAsync(1);
        Task<CommandResult> stop = fake.Home.Admin("stop").RunAsync();
        await Eventually.IsTrueAsync("the daemon listens no longer", () => !File.Exists(Path.Combine(fake.Home.State, "daemon.sock")));
        Assert.Equal(3, (await fake.Home.Admin("status").RunAsync()).ExitCode);

        Task<CommandResult> start = fake.Home.Admin("start").RunAsync();
        await Eventually.IsTrueAsync("start has tried", () => fake.Home.ProcessIds("start").Count == 1);
        fake.LetGo();
        Assert.Equal(0, (await start).ExitCode);
        Assert.NotEqual(old, await fake.Home.DaemonIdAsync());
        Assert.Equal(FakeHelmHome.Output, (await rendering).StdoutText);
        // `stop` waits for the lock to be free, which the new daemon may have taken first.
        await stop;
    }

    [Fact]
    public async Task Start_gives_up_on_a_lock_that_stays_held()
    {
        await using var fake = new FakeHelmHome();
        using IDisposable held = fake.Home.HoldLock();
        AssertOneLine("start", await fake.Home.Admin("start").RunAsync(), "neither listens nor exits", "fuser");
        File.WriteAllText(Path.Combine(fake.Home.State, "store.litedb"), "");
        AssertOneLine("prune", await fake.Home.Admin("prune", "--all").RunAsync(), "starting or stopping");
    }

    private static async Task<IEnumerable<(string Command, CommandResult Result)>> RunAllAsync(FakeHelmHome fake) =>
        await Task.WhenAll(s_all.Select(async command => (command, await fake.Home.Admin(command.Split(' ')).RunAsync())));

    private static void AssertOneLine(string command, CommandResult result, params string[] words)
    {
        Assert.True(
            result.ExitCode == (command.StartsWith("verify", StringComparison.Ordinal) ? 5 : 1) && result.Stdout.IsEmpty,
            $"{command}: {result}{result.StdoutText}"
        );
        Assert.True(
            result.StderrText.StartsWith("helmcached: ", StringComparison.Ordinal)
                && result.StderrText.IndexOf('\n') == result.StderrText.Length - 1,
            $"{command}: {result}"
        );
        Assert.All(words, word => Assert.Contains(word, result.StderrText, StringComparison.Ordinal));
    }

    /// <summary>Listens where the daemon would, reads one question of each caller, acts and hangs up.</summary>
    private sealed class Stranger : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly CancellationTokenSource _over = new();
        private readonly string _path;

        public Stranger(FakeHelmHome fake, Func<Socket, Task> act)
        {
            Directory.CreateDirectory(fake.Home.State, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            _path = Path.Combine(fake.Home.State, "daemon.sock");
            _listener.Bind(new UnixDomainSocketEndPoint(_path));
            _listener.Listen();
            _ = ServeAsync(act);
        }

        public void Dispose()
        {
            _over.Cancel();
            File.Delete(_path);
            _listener.Dispose();
        }

        private async Task ServeAsync(Func<Socket, Task> act)
        {
            try
            {
                while (true)
                {
                    using Socket peer = await _listener.AcceptAsync(_over.Token);
                    await peer.ReceiveAsync(new byte[64 * 1024], _over.Token);
                    await act(peer);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return; // Over, or the caller has left.
            }
        }
    }
}
