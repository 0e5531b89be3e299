using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Shim;

/// <summary>The way to the daemon: connect, or start one, or leave it alone for a while.</summary>
internal static class Daemon
{
    /// <summary>This call is the one that finds out whether a daemon which hung answers again.</summary>
    private static bool s_probes;

    /// <summary>A connection, or null when this call should do without.</summary>
    public static DaemonClient? Connect(Endpoint endpoint, Trace trace)
    {
        if (DaemonClient.TryConnect(endpoint, out int errno) is { } daemon)
        {
            if (!DaemonLauncher.Exists(endpoint.AvoidPath))
                return daemon;
            if (DaemonLauncher.IsYoung(endpoint.AvoidPath, DaemonClient.AvoidAfterHang))
            {
                daemon.Dispose();
                return NotServed(trace, "daemon-avoided");
            }
            // Time to look again. One caller is enough: the mark is made young for the others, and goes if we are answered.
            DaemonLauncher.Touch(endpoint.AvoidPath);
            s_probes = true;
            return daemon;
        }
        // No socket file, or nobody behind it: there is no daemon. Anything else (no permission, backlog full) is not
        // cured by a second one.
        const int ConnectionRefused = 111;
        if (errno is not (Libc.ENOENT or ConnectionRefused))
            return NotServed(trace, "daemon-unreachable");
        return DaemonLauncher.StartAndConnect(endpoint, trace.IsOn, out string why) ?? NotServed(trace, why);
    }

    /// <summary>
    /// The answer to a call's question, and whether the daemon is to be avoided from now on, or no longer; null when none came, with why
    /// for the trace.
    /// </summary>
    public static Message? Ask(DaemonClient daemon, Endpoint endpoint, Message question, out string why)
    {
        bool asked = daemon.TrySend(question, DaemonClient.FirstReplyDeadline, out bool silent);
        Message? answer = asked ? daemon.ReceiveAnswer(out silent) : null;
        if (silent)
            Avoid(endpoint);
        else if (answer is not null)
            Answered(endpoint);
        why =
            silent ? "daemon-silent"
            : daemon.WasLate ? "daemon-late"
            : "daemon-gone";
        return answer;
    }

    /// <summary>The daemon has answered: if it was avoided, it is no longer.</summary>
    private static void Answered(Endpoint endpoint)
    {
        if (s_probes)
            DaemonLauncher.Remove(endpoint.AvoidPath);
        s_probes = false;
    }

    /// <summary>Notes that the daemon did not answer in time, for the calls that follow.</summary>
    public static void Avoid(Endpoint endpoint) => DaemonLauncher.Touch(endpoint.AvoidPath);

    private static DaemonClient? NotServed(Trace trace, string why)
    {
        trace.NotServed(why);
        return null;
    }
}
