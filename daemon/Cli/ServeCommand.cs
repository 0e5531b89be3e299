using System;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Hosting;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Sessions;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Runs the daemon in this process.</summary>
internal static class ServeCommand
{
    private const int OwnerOnly = 0x3f;

    /// <summary>Below this not all that is allowed at once fits (<see cref="DescriptorShares.Of"/>).</summary>
    private const int FewDescriptors = 40;

    /// <summary>Serves until stopped. A second daemon for the same home ends at once: that is success when nobody watches.</summary>
    /// <param name="detached">Started in the background by a shim or by <c>start</c>: no terminal to talk to.</param>
    /// <param name="apart">For callers of our own kind, whom the daemon with the store declines.</param>
    public static int Run(bool detached, bool apart = false)
    {
        Endpoint endpoint = AdminConnection.Endpoint();
        if (apart)
            endpoint = endpoint.Apart();
        Libc.Umask = OwnerOnly;
        // The caller's soft limit of descriptors says nothing about how many a daemon needs.
        Libc.RaiseMaxDescriptors();
        // The caller that started us may have limited the size of files: a write beyond that fails, instead of ending us.
        Libc.Ignore(Libc.SIGXFSZ);
        // Given up by the end of the process and not before: whoever waits for the lock, as `stop` does, waits until nothing of us is left.
        InstanceLock? instance = InstanceLock.TryTake(endpoint);
        if (instance is null)
        {
            if (!detached)
                Console.Error.WriteLine(
                    $"helmcached: a daemon is already running for {endpoint.Home}; see `helmcached status`, or stop it first"
                );
            return detached ? ExitCodes.Ok : ExitCodes.Failed;
        }
        // A working directory would keep its file system busy for as long as the daemon lives.
        Directory.SetCurrentDirectory("/");
        EffectiveSettings configuration = EffectiveSettings.ForDaemon();
        using var log = new DaemonLog(endpoint.LogPath, TimeProvider.System, echo: !detached, configuration.Options.LogLevel);
        if (Libc.MaxDescriptors < FewDescriptors)
            log.WriteProblem(
                $"only {Libc.MaxDescriptors} open files are allowed (ulimit -Hn): calls that need more run real helm (too-few-descriptors)"
            );
        return ServeAsync(endpoint, instance, configuration, log).GetAwaiter().GetResult() ? ExitCodes.Ok : ExitCodes.ServingFailed;
    }

    /// <summary>Serves until stopped; false when a fault of its own ended it.</summary>
    private static async Task<bool> ServeAsync(Endpoint endpoint, InstanceLock instance, EffectiveSettings configuration, DaemonLog log)
    {
        await using var host = new DaemonHost(
            endpoint,
            instance,
            configuration.Options,
            configuration.Problems,
            TimeProvider.System,
            log,
            (helm, network) => ArmCommand.InProcessOfItsOwnAsync(endpoint, helm, network)
        );
        await host.RunAsync().ConfigureAwait(false);
        return !host.Lifecycle.HasFailed;
    }
}
