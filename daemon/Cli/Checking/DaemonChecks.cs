using System.Collections.Generic;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Hosting;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>Is there a daemon, does it answer, is it of this version, and did calls have trouble with it?</summary>
internal static class DaemonChecks
{
    public static IEnumerable<DoctorCheck> Run(Endpoint endpoint)
    {
        foreach (DoctorCheck check in Answer(endpoint))
            yield return check;
        if (DaemonLauncher.IsYoung(endpoint.AvoidPath, DaemonClient.AvoidAfterHang))
            yield return DoctorCheck.Fail(
                "daemon-hung",
                "daemon: it did not answer a recent call in time; calls skip it for 10 s",
                $"see {endpoint.LogPath}; helmcached stop"
            );
        if (DaemonLauncher.Exists(endpoint.StartFailedPath))
            yield return DoctorCheck.Fail(
                "daemon-start",
                "daemon: its last start failed",
                "helmcached serve  (runs it in the foreground and shows why)"
            );
    }

    private static IEnumerable<DoctorCheck> Answer(Endpoint endpoint)
    {
        string? answer = null;
        DoctorCheck? problem = null;
        try
        {
            answer = AdminConnection.Ask(new Message.Status());
        }
        catch (IOException e)
        {
            problem = DoctorCheck.Fail("daemon", "daemon: " + e.Message, $"see {endpoint.LogPath}; helmcached stop");
        }
        if (answer is null)
        {
            yield return problem ?? new DoctorCheck("daemon", CheckOutcome.Note, "daemon: not running (it starts with the next render)");
            yield break;
        }
        StatusReport status = StatusReport.Read(answer);
        (string version, string process) = (status.Version, $"process {status.Pid}");
        yield return version == DaemonHost.Version
            ? DoctorCheck.Ok("daemon", $"daemon: {process} is running, version {version}")
            : DoctorCheck.Fail(
                "daemon",
                $"daemon: {process} is version {version}, but this program is version {DaemonHost.Version}",
                "helmcached stop  (the next render starts the new one)"
            );
        // The daemon looks at us as at any caller: what it says of us holds for the renders that start here.
        if (status.DeclinesCaller is { Length: > 0 } reason)
            yield return new DoctorCheck(
                "daemon-declines",
                CheckOutcome.Note,
                $"daemon: {process} does not serve calls from here: {reason}; the next call starts another daemon, which keeps "
                    + "results in memory only"
            );
        if (status.Socket == endpoint.Apart().SocketPath)
            yield return new DoctorCheck(
                "daemon-apart",
                CheckOutcome.Note,
                $"daemon: {process} serves callers like you, whom the main daemon cannot serve; it keeps results in memory only"
            );
    }
}
