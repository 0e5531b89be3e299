using CacheDaemon.Client;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Shim;

/// <summary>The way to the daemon: connect, or start one, or leave it alone for a while.</summary>
internal static class Daemon
{
    /// <summary>A connection, or null when this call should do without.</summary>
    public static DaemonClient? Connect(Trace trace)
    {
        if (Endpoint.Resolve() is not { } endpoint)
            return NotServed(trace, "no-home");
        if (DaemonClient.TryConnect(endpoint, out int errno) is { } daemon)
        {
            if (!DaemonLauncher.IsYoung(endpoint.AvoidPath, DaemonClient.AvoidAfterHang))
                return daemon;
            daemon.Dispose();
            return NotServed(trace, "daemon-avoided");
        }
        // No socket file, or nobody behind it: there is no daemon. Anything else (no permission, backlog full) is not
        // cured by a second one.
        const int ConnectionRefused = 111;
        if (errno is not (Libc.ENOENT or ConnectionRefused))
            return NotServed(trace, "daemon-unreachable");
        return DaemonLauncher.StartAndConnect(endpoint) ?? NotServed(trace, "daemon-not-up");
    }

    /// <summary>Notes that the daemon did not answer in time, for the calls that follow.</summary>
    public static void Avoid()
    {
        if (Endpoint.Resolve() is { } endpoint)
            DaemonLauncher.Touch(endpoint.AvoidPath);
    }

    private static DaemonClient? NotServed(Trace trace, string why)
    {
        trace.NotServed(why);
        return null;
    }
}
