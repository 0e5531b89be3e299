using System;
using System.Diagnostics;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Asks the running daemon to finish, and waits for its lock to be free.</summary>
internal static class StopCommand
{
    /// <summary>The daemon's own deadline, and a little for its store.</summary>
    private static readonly TimeSpan Patience = DaemonHost.DrainDeadline + TimeSpan.FromSeconds(5);

    public static int Run()
    {
        Endpoint endpoint = AdminConnection.Endpoint();
        if (AdminConnection.Ask(new Message.Stop()) is null)
        {
            Console.WriteLine($"helmcached does not run for {endpoint.Home}");
            return ExitCodes.Ok;
        }
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Patience)
        {
            int free = Libc.TryLock(Libc.PathBytes(endpoint.LockPath), out _);
            if (free >= 0)
            {
                Libc.Close(free);
                Console.WriteLine($"helmcached stopped for {endpoint.Home}");
                return ExitCodes.Ok;
            }
            Libc.Poll([], DaemonLauncher.LookEveryMilliseconds);
        }
        Console.Error.WriteLine($"helmcached: the daemon for {endpoint.Home} was asked to stop but still runs; see {endpoint.LogPath}");
        return ExitCodes.Failed;
    }
}
