using System;
using System.Diagnostics;
using System.Linq;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Hosting;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Asks the running daemon to finish, and waits for its lock to be free.</summary>
internal static class StopCommand
{
    /// <summary>The daemon's own deadline, and a little for its store.</summary>
    private static readonly TimeSpan Patience = DaemonHost.DrainDeadline + TimeSpan.FromSeconds(5);

    public static int Run()
    {
        Endpoint home = AdminConnection.Endpoint();
        Endpoint[] running =
        [
            .. AdminConnection.All(home).Where(endpoint => AdminConnection.Exchange(new Message.Stop(), endpoint) is not null),
        ];
        if (running.Length == 0)
        {
            Console.WriteLine($"helmcached is not running for {home.Home}");
            return ExitCodes.Ok;
        }
        return running.All(WaitFor) ? Stopped(home) : ExitCodes.Failed;
    }

    private static int Stopped(Endpoint endpoint)
    {
        Console.WriteLine($"helmcached stopped for {endpoint.Home}");
        return ExitCodes.Ok;
    }

    private static bool WaitFor(Endpoint endpoint)
    {
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Patience)
        {
            int free = Libc.TryLock(Libc.PathBytes(endpoint.LockPath), out _);
            if (free >= 0)
            {
                Libc.Close(free);
                return true;
            }
            Libc.Poll([], DaemonLauncher.LookEveryMilliseconds);
        }
        Console.Error.WriteLine($"helmcached: the daemon for {endpoint.Home} was asked to stop but still runs; see {endpoint.LogPath}");
        return false;
    }
}
