using System;
using System.Diagnostics;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Hosting;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Starts the daemon in the background and waits until it listens; for one that is leaving, until it has left.</summary>
internal static class StartCommand
{
    /// <summary>
    /// One that cannot start ends, which is seen at once. This is for one that is on its way: a busy machine with a slow disk takes
    /// seconds.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>While another daemon is leaving: its own deadline, and a little for its store.</summary>
    private static readonly TimeSpan PatienceWithOther = DaemonHost.DrainDeadline + TimeSpan.FromSeconds(5);

    /// <summary>Pause before the next try while another daemon has the lock.</summary>
    private const int PauseMilliseconds = 100;

    /// <param name="quiet">Says only what went wrong, and does not wait for helm to be armed.</param>
    public static int Run(bool quiet = false)
    {
        Endpoint endpoint = AdminConnection.ServingEndpoint();
        if (AdminConnection.Exchange(new Message.Status(), endpoint) is not null)
        {
            return Runs($"helmcached is already running for {endpoint.Home}");
        }
        if ((HomeDirectory.Problem(endpoint) ?? DaemonLauncher.LimitProblem) is { } problem)
            throw new IOException(problem);
        string? path = DaemonProgram.Find(out _);
        int child = path is null ? -Libc.ENOENT : DaemonLauncher.Spawn(path, endpoint);
        bool other = false;
        long started = Stopwatch.GetTimestamp();
        while (child > 0 && Stopwatch.GetElapsedTime(started) < (other ? PatienceWithOther : Patience))
        {
            using (DaemonClient? daemon = DaemonClient.TryConnect(endpoint, out _))
            {
                if (daemon is not null && (daemon.PeerId == child || Libc.Wait(child, block: false) is not null))
                {
                    // Ours serves, or another one does and ours is gone: it would take the lock after a stop otherwise.
                    return Runs($"helmcached started for {endpoint.Home}");
                }
            }
            if (Libc.Wait(child, block: false) is { } status)
            {
                if (status != 0)
                    break;
                // Another daemon has the lock, and is on its way up or out. When it is gone, the next of ours can have it.
                other = true;
                Libc.Poll([], PauseMilliseconds);
                child = DaemonLauncher.Spawn(path!, endpoint);
            }
            Libc.Poll([], DaemonLauncher.LookEveryMilliseconds);
        }
        Console.Error.WriteLine(
            other
                ? $"helmcached: the process that holds {endpoint.LockPath} neither listens nor exits; see {endpoint.LogPath}, or end "
                    + $"it (`fuser {endpoint.LockPath}` names it)"
                : $"helmcached: the daemon did not start for {endpoint.Home}; run `helmcached serve` to see why"
        );
        return ExitCodes.Failed;

        int Runs(string says)
        {
            if (!quiet)
            {
                Console.WriteLine(says);
                ArmCommand.WaitForHelm(endpoint);
            }
            return ExitCodes.Ok;
        }
    }
}
