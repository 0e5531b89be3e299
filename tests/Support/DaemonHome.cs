using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;
using Microsoft.Win32.SafeHandles;

namespace CacheDaemon.Tests.Support;

/// <summary>
/// One user with an empty cache: a state directory, a home directory without any helm configuration, and an environment of
/// nothing else. Shims started from here start (and share) a daemon of their own, which is gone after dispose.
/// </summary>
public sealed class DaemonHome : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string? _shimPath;
    private readonly string? _daemonPath;

    /// <param name="helm">What <c>HELMCACHED_HELM</c> names: a real helm or FakeHelm.</param>
    /// <param name="configuration">Text of the configuration file.</param>
    public DaemonHome(string helm, string configuration = "{}\n")
    {
        RealHelm = helm;
        UserHome = Directory.CreateDirectory(_directory.At("user")).FullName;
        Environment = new Dictionary<string, string?>
        {
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = UserHome,
            ["HELMCACHED_HOME"] = State,
            ["HELMCACHED_HELM"] = helm,
            ["HELMCACHED_CONFIG"] = _directory.Write("config.yaml", configuration),
            ["HELMCACHED_ARMED_DIRECTORY"] = ArmedHelms.Directory,
        };
    }

    /// <summary>What the shim runs on a miss.</summary>
    public string RealHelm { get; }

    /// <summary>The value of <c>HELMCACHED_HOME</c>. Made by the shim or the daemon, not by us.</summary>
    public string State => _directory.At("state");

    /// <summary>The value of <c>HOME</c>: an empty directory.</summary>
    public string UserHome { get; }

    /// <summary>Environment of every command made here.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; }

    /// <summary>The shim under test; a test may put a copy of the binaries elsewhere.</summary>
    public string ShimPath
    {
        get => _shimPath ?? Repository.Shim;
        init => _shimPath = value;
    }

    /// <summary>The daemon under test.</summary>
    public string DaemonPath
    {
        get => _daemonPath ?? Repository.Daemon;
        init => _daemonPath = value;
    }

    /// <summary>A path inside this home's temporary directory.</summary>
    public string At(params ReadOnlySpan<string> parts) => _directory.At(parts);

    /// <summary>The shim with these arguments.</summary>
    public Command Shim(string directory, params IEnumerable<string> arguments) => Make(ShimPath, directory, arguments);

    /// <summary>Real helm with these arguments and exactly the shim's environment.</summary>
    public Command Real(string directory, params IEnumerable<string> arguments) => Make(RealHelm, directory, arguments);

    /// <summary>An admin command.</summary>
    public Command Admin(params IEnumerable<string> arguments) => Make(DaemonPath, "/", arguments);

    /// <summary>The counters, read by the admin command.</summary>
    public async Task<Stats> StatsAsync()
    {
        CommandResult result = await Admin("stats", "--json").RunAsync().ConfigureAwait(false);
        return result.ExitCode == 0
            ? Stats.Parse(result.StdoutText)
            : throw new InvalidOperationException($"helmcached stats --json: {result}");
    }

    /// <summary>Waits until so many callers wait in the daemon, for their turn or for the run of another.</summary>
    public Task WaitingReachAsync(int count) =>
        Eventually.IsTrueAsync(
            $"{count} callers wait",
            async () =>
            {
                using var status = JsonDocument.Parse((await Admin("status", "--json").RunAsync().ConfigureAwait(false)).StdoutText);
                return status.RootElement.GetProperty("waiting").GetInt32() >= count;
            }
        );

    /// <summary>
    /// Process ids of the daemons that serve this home: they carry its directory in their environment, so no other
    /// test's (and no user's) process can be meant.
    /// </summary>
    public IReadOnlyList<int> DaemonIds() =>
        [.. Processes().Where(p => p.Arguments.Length > 1 && p.Arguments[1] == "serve").Select(p => p.Id)];

    /// <summary>
    /// The process id of the one daemon that serves this home. Waits for others that found its lock taken: they end by themselves, but
    /// nobody waits for that who started them.
    /// </summary>
    public async Task<int> DaemonIdAsync()
    {
        IReadOnlyList<int> ids = [];
        await Eventually.IsTrueAsync("one daemon runs", () => (ids = DaemonIds()).Count == 1).ConfigureAwait(false);
        return ids[0];
    }

    /// <summary>Ids of all processes of this home whose command line contains <paramref name="argument"/>.</summary>
    public IReadOnlyList<int> ProcessIds(string argument) => [.. Processes().Where(p => p.Arguments.Contains(argument)).Select(p => p.Id)];

    /// <summary>
    /// Starts the daemon before the first shim does: on a busy machine a shim does not wait for it, and its call would go without.
    /// </summary>
    public async Task StartAsync()
    {
        CommandResult result = await Admin("start").RunAsync().ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"helmcached start: {result}");
    }

    /// <summary>
    /// Holds the lock of the daemon, by this process, until the answer is disposed: as something that never listens would.
    /// </summary>
    public IDisposable HoldLock()
    {
        Directory.CreateDirectory(State);
        int descriptor = Libc.TryLock(Libc.PathBytes(Path.Combine(State, "daemon.lock")), out int errno);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"the lock is held already, or cannot be opened (errno {errno})");
    }

    /// <summary>
    /// Waits until exactly so many entries are on disk: they are written after the caller was answered, by a thread that may have
    /// to wait for its turn.
    /// </summary>
    public Task EntriesReachAsync(int count) =>
        Eventually.IsTrueAsync($"{count} entries on disk", async () => (await StatsAsync().ConfigureAwait(false)).Entries == count);

    /// <summary>
    /// Stops the daemon by its own command, by SIGTERM where that does not reach it, and returns when all of it is gone. A daemon that has
    /// not left by then has a fault, or waits for a caller that the test has left behind: it is killed, and its log told.
    /// </summary>
    /// <exception cref="TimeoutException">It did not leave by itself.</exception>
    public async Task StopAsync()
    {
        if (DaemonIds() is not { Count: > 0 } asked)
            return;
        CommandResult stop = await Admin("stop").RunAsync().ConfigureAwait(false);
        // Not to one that was reached and is on its way out, however long that takes: it would not finish what it writes.
        if (
            !stop.StdoutText.StartsWith("helmcached stopped", StringComparison.Ordinal)
            && !stop.StderrText.Contains("was asked to stop", StringComparison.Ordinal)
        )
            Signals.Send(asked, Signals.Terminate);
        long started = Stopwatch.GetTimestamp();
        // A shim may have started another one meanwhile.
        while (asked.Union(DaemonIds()).Where(id => !Signals.IsGone(id)).ToArray() is { Length: > 0 } left)
        {
            if (Stopwatch.GetElapsedTime(started) > Eventually.Patience)
            {
                Kill(left);
                string log = Path.Combine(State, "daemon.log");
                throw new TimeoutException(
                    $"process {string.Join(' ', left)} has not left; stop said: {stop}{stop.StdoutText}\n"
                        + $"{(File.Exists(log) ? File.ReadAllText(log) : "no log")}"
                );
            }
            if (DaemonIds().Except(asked).ToArray() is { Length: > 0 } more)
            {
                Signals.Send(more, Signals.Terminate);
                asked = [.. asked, .. more];
            }
            await Task.Delay(5).ConfigureAwait(false);
        }
    }

    /// <summary>SIGKILL to these processes, and waits until nothing is left of them; gone ones are fine.</summary>
    public static void Kill(IEnumerable<int> ids)
    {
        int[] all = [.. ids];
        Signals.Send(all, Signals.Kill);
        Eventually.IsTrue($"process {string.Join(' ', all)} is gone", () => all.All(Signals.IsGone));
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync().ConfigureAwait(false);
        }
        finally
        {
            // Helms that a test left behind.
            Kill(Processes().Select(p => p.Id));
            _directory.Dispose();
        }
    }

    private Command Make(string file, string directory, IEnumerable<string> arguments) =>
        new(file, [.. arguments]) { Directory = directory, Environment = Environment };

    private IEnumerable<(int Id, string[] Arguments)> Processes()
    {
        string mark = $"\0HELMCACHED_HOME={State}\0";
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out int id))
                continue;
            string environment;
            string[] arguments;
            try
            {
                environment = "\0" + Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(directory, "environ")));
                if (!environment.Contains(mark, StringComparison.Ordinal))
                    continue;
                arguments = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(directory, "cmdline"))).Split('\0');
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }
            yield return (id, arguments);
        }
    }
}
