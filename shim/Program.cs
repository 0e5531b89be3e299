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
    private static int Main(string[] args)
    {
        var call = new Call(args);
        if (!call.MayAsk)
            return RealHelm.Become(call);
        try
        {
            return Serve(call);
        }
#pragma warning disable CA1031 // Never in the way: whatever is wrong with us, the caller gets the real helm.
        catch (Exception e)
#pragma warning restore CA1031
        {
            call.Trace.Bypassed(BypassReason.Faulted, e.GetType().Name);
            return RealHelm.Become(call);
        }
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
                call.Trace.NotServed(silent ? "daemon-silent" : "daemon-gone");
                return RealHelm.Become(call);
        }
    }
}
