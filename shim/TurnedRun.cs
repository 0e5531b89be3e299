using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Shim;

/// <summary>
/// The way of a call that writes what others read: waits for its turn, then becomes helm, or prints what an equal call got that ran
/// meanwhile. Where others wait for what comes of it, helm runs as a child whose output is passed on. Without a daemon, or without an
/// answer of it, helm runs as it always did.
/// </summary>
internal static class TurnedRun
{
    public static int Run(Call call)
    {
        if (call.TurnRequest() is not { } request)
            return RealHelm.Become(call);
        if (Endpoint.Resolve() is not { } endpoint)
        {
            call.Trace.NotServed("no-home");
            return RealHelm.Become(call);
        }
        using DaemonClient? daemon = Daemon.Connect(endpoint, call.Trace);
        if (daemon is null)
            return RealHelm.Become(call);
        call.Trace.Asks();
        switch (Daemon.Ask(daemon, endpoint, request, out string why))
        {
            case Message.Turn { IsAwaited: true } turn:
                call.Trace.Coordinated(turn.WaitedMicroseconds);
                return RunForOthers(call, daemon, turn);
            case Message.Turn turn:
                call.Trace.Coordinated(turn.WaitedMicroseconds);
                return RealHelm.Become(call);
            case Message.Result result:
                call.Trace.Joined(result.Source);
                return Replay.Write(result.ExitCode, result.Stderr.Span, result.Stdout.Span);
            case Message.Bypass bypass:
                call.Trace.Bypassed(bypass.Reason, bypass.Detail);
                return RealHelm.Become(call);
            default:
                call.Trace.NotServed(why);
                return RealHelm.Become(call);
        }
    }

    private static unsafe int RunForOthers(Call call, DaemonClient daemon, Message.Turn turn)
    {
        int stdout = Libc.MemoryFile(),
            stderr = Libc.MemoryFile();
        SignalRelay.Prepare();
        int child = -1;
        if (stdout >= 0 && stderr >= 0 && !Libc.LimitsFileSize && Libc.MayWait)
        {
            Libc.SetDefault(Libc.SIGCHLD);
            using var arguments = new NativeStrings(call.ArgumentVector());
            fixed (byte* path = Libc.PathBytes(call.Helm.Path!))
                child = Libc.Spawn(path, arguments.Pointer, RealHelm.ChildEnvironment(), call.Inputs.Copies, stdout, stderr);
        }
        if (child <= 0)
        {
            SignalRelay.Stop();
            daemon.Dispose();
            return RealHelm.Become(call);
        }
        SignalRelay.Start(child);
        int status;
        // Whoever waits must not wait for one that was stopped.
        while (Libc.IsStop(status = Libc.WaitForEndOrStop(child)))
            daemon.Dispose();
        SignalRelay.Stop();
        int exitCode = (status >> 8) & 0xff;
        if (status >= 0 && (status & 0x7f) == 0)
            Tell(daemon, turn, exitCode, stderr, stdout);
        Replay.Write(0, stderr, stdout);
        if (status >= 0 && (status & 0x7f) is var signal and not 0)
            Libc.DieBy(signal);
        return status < 0 ? 1 : exitCode;
    }

    /// <summary>
    /// No fault in this may have helm run once more: it has run, and what it wrote is still to be printed. Who waits learns of it by the
    /// end of the connection.
    /// </summary>
    private static void Tell(DaemonClient daemon, Message.Turn turn, int exitCode, int stderr, int stdout)
    {
        try
        {
            if (SignalRelay.Came)
                daemon.Dispose();
            else if (exitCode == 0 && Libc.Length(stderr) + Libc.Length(stdout) <= Message.Ran.MaxBytes)
                daemon.TrySend(
                    new Message.Ran(turn.TurnId, exitCode, Replay.All(stderr), Replay.All(stdout)),
                    DaemonClient.PublishDeadline
                );
            else
                daemon.TrySend(new Message.Ran(turn.TurnId, exitCode == 0 ? 1 : exitCode, default, default), DaemonClient.PublishDeadline);
        }
#pragma warning disable CA1031 // See above.
        catch (System.Exception)
#pragma warning restore CA1031
        {
            daemon.Dispose();
        }
    }
}
