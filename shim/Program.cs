using System;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Shim;

/// <summary>
/// The <c>helm</c> that stands before the real one: asks the daemon, prints what it answers, and for everything else,
/// and after any failure, becomes the real helm.
/// </summary>
internal static class Program
{
    /// <summary>What the native half, where this program begins, answers by becoming real helm itself (shim/Native/fallback.c).</summary>
    private const int NothingDone = -1;

    private static int Main(string[] args)
    {
        Call? call = null;
        try
        {
            call = new Call(args);
            return call.MayAsk ? Serve(call) : RealHelm.Become(call);
        }
#pragma warning disable CA1031 // Never in the way: whatever is wrong with us, the caller gets the real helm.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Recover(call, e);
        }
    }

    private static int Recover(Call? call, Exception fault)
    {
        try
        {
            if (call is not null)
            {
                call.Trace.Bypassed(BypassReason.Faulted, fault.GetType().Name);
                return RealHelm.Become(call);
            }
        }
#pragma warning disable CA1031 // Twice: out of memory, say.
        catch (Exception)
#pragma warning restore CA1031
        {
            if (call is { HasTakenStdin: true })
            {
                // The simpler way knows nothing of what we have taken.
                Libc.WriteAll(2, "helm: standard input cannot be given to helm; give the values in a file\n"u8);
                return 1;
            }
        }
        return NothingDone;
    }

    private static int Serve(Call call)
    {
        Libc.IgnoreWhatGoIgnores();
        if (call.Request() is not { } request)
            return RealHelm.Become(call);
        using DaemonClient? daemon = Daemon.Connect(call.Trace);
        if (daemon is null)
            return RealHelm.Become(call);
        bool asked = daemon.TrySend(request, DaemonClient.FirstReplyDeadline, out bool silent);
        Message? answer = asked ? daemon.ReceiveAnswer(out silent) : null;
        if (silent)
            Daemon.Avoid();
        else if (answer is not null)
            Daemon.Answered();
        switch (answer)
        {
            case Message.Result result:
                call.Trace.Hit(result.Source, result.Microseconds, result.Key);
                return Replay.Write(result.ExitCode, result.Stderr.Span, result.Stdout.Span);
            case Message.ResultDescriptor result when daemon.TakeOutput(result.StdoutLength) is var output and >= 0:
                call.Trace.Hit(result.Source, result.Microseconds, result.Key);
                return Replay.Write(result.ExitCode, result.Stderr.Span, output, result.StdoutLength);
            case Message.Lease lease:
                return LeasedRun.Render(call, daemon, lease);
            case Message.Bypass bypass:
                call.Trace.Bypassed(bypass.Reason, bypass.Detail);
                return RealHelm.Become(call);
            default:
                call.Trace.NotServed(silent ? "daemon-silent" : daemon.WasLate ? "daemon-late" : "daemon-gone");
                return RealHelm.Become(call);
        }
    }
}
