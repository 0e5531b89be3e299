using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;

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
    public string ShimPath { get => _shimPath ?? Repository.Shim; init => _shimPath = value; }

    /// <summary>The daemon under test.</summary>
    public string DaemonPath { get => _daemonPath ?? Repository.Daemon; init => _daemonPath = value; }

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

    /// <summary>
    /// Process ids of the daemons that serve this home: they carry its directory in their environment, so no other
    /// test's (and no user's) process can be meant.
    /// </summary>
    public IReadOnlyList<int> DaemonIds() =>
        [.. Processes().Where(p => p.Arguments.Length > 1 && p.Arguments[1] == "serve").Select(p => p.Id)];

    /// <summary>Ids of all processes of this home whose command line contains <paramref name="argument"/>.</summary>
    public IReadOnlyList<int> ProcessIds(string argument) =>
        [.. Processes().Where(p => p.Arguments.Contains(argument)).Select(p => p.Id)];

    /// <summary>Starts the daemon before the first shim does: on a busy machine a shim does not wait for it, and its call would go without.</summary>
    public async Task StartAsync()
    {
        CommandResult result = await Admin("start").RunAsync().ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"helmcached start: {result}");
    }

    /// <summary>Stops the daemon by its own command, and by signal when it does not obey.</summary>
    public async Task StopAsync()
    {
        if (DaemonIds().Count > 0)
            await Admin("stop").RunAsync().ConfigureAwait(false);
        long started = Stopwatch.GetTimestamp();
        while (DaemonIds() is { Count: > 0 } ids)
        {
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(5))
                Kill(ids);
            await Task.Delay(5).ConfigureAwait(false);
        }
    }

    /// <summary>SIGKILL to these processes; gone ones are fine.</summary>
    public static void Kill(IEnumerable<int> ids)
    {
        foreach (int id in ids)
        {
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
                process.WaitForExit(5000);
            }
            catch (ArgumentException)
            {
                // Ended by itself meanwhile.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync().ConfigureAwait(false);
        }
        finally
        {
            // Proof runs and helms that a test left behind.
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
