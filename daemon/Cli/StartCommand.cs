using System;
using System.Diagnostics;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Starts the daemon in the background and waits until it answers.</summary>
internal static class StartCommand
{
    /// <summary>A person is watching: long enough for a slow disk, short enough not to look hung.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static int Run()
    {
        Endpoint endpoint = AdminConnection.Endpoint();
        if (AdminConnection.Ask(new Message.Status()) is not null)
        {
            Console.WriteLine($"helmcached already runs for {endpoint.Home}");
            return ExitCodes.Ok;
        }
        int child = DaemonLauncher.DaemonPath() is { } path ? DaemonLauncher.Spawn(path, endpoint) : -Libc.ENOENT;
        bool ended = false;
        long started = Stopwatch.GetTimestamp();
        while (child > 0 && Stopwatch.GetElapsedTime(started) < Patience)
        {
            using (DaemonClient? daemon = DaemonClient.TryConnect(endpoint, out _))
            {
                if (daemon is not null)
                {
                    Console.WriteLine($"helmcached started for {endpoint.Home}");
                    return ExitCodes.Ok;
                }
            }
            // Exit code 0: another daemon has the lock and is on its way up.
            if (!ended && Libc.Wait(child, block: false) is { } status)
            {
                ended = true;
                if (status != 0)
                    break;
            }
            Libc.Poll([], DaemonLauncher.LookEveryMilliseconds);
        }
        Console.Error.WriteLine($"helmcached: the daemon did not start for {endpoint.Home}; run `helmcached serve` to see why");
        return ExitCodes.Failed;
    }
}
