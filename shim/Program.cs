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
    public const int NothingDone = -1;

    private static int Main(string[] args) => KeptView.IsWanted(args) ? KeptView.TryPrint(args) : Serve(args);

    private static int Serve(string[] args)
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
            if (call is { Inputs.Any: true })
            {
                // The simpler way knows nothing of what we have taken.
                Libc.WriteAll(2, "helm: input that was already read cannot be passed on to helm; put the values in a file\n"u8);
                return 1;
            }
        }
        return NothingDone;
    }

    private static int Serve(Call call)
    {
        Libc.IgnoreWhatGoIgnores();
        if (call.TakesTurns)
            return TurnedRun.Run(call);
        if (call.Request() is not { } request)
            return RealHelm.Become(call);
        if (Endpoint.Resolve() is { } endpoint)
            return Serve(call, request, endpoint);
        call.Trace.NotServed("no-home");
        return RealHelm.Become(call);
    }

    private static int WriteFiles(Call call, DaemonClient daemon, int? exitCode, string source, long microseconds, ReadOnlyMemory<byte> key)
    {
        if (exitCode is null)
        {
            daemon.TrySend(new Message.Abandon(Message.Abandon.NoLease, RefuseReason.Interrupted), DaemonClient.PublishDeadline);
            call.Trace.Bypassed(BypassReason.OutputDirectory, "helm has to decide about what is there");
            return RealHelm.Become(call);
        }
        call.Trace.Hit(source, microseconds, key);
        return exitCode.Value;
    }

    private static int Serve(Call call, Message.Render request, Endpoint endpoint)
    {
        using DaemonClient? daemon = Daemon.Connect(endpoint, call.Trace);
        if (daemon is null)
            return RealHelm.Become(call);
        call.Trace.Asks();
        switch (Daemon.Ask(daemon, endpoint, request, out string why))
        {
            case Message.Result result when call.OutputDirectory is { } directory:
                return WriteFiles(
                    call,
                    daemon,
                    Replay.Write(result.ExitCode, result.Stderr.Span, directory, OutputTree.Decode(result.Stdout)),
                    result.Source,
                    result.Microseconds,
                    result.Key
                );
            case Message.ResultDescriptor result
                when call.OutputDirectory is { } directory && daemon.TakeOutput(result.StdoutLength) is var tree and >= 0:
                return WriteFiles(
                    call,
                    daemon,
                    Replay.Write(result.ExitCode, result.Stderr.Span, directory, OutputTree.Decode(Replay.All(tree))),
                    result.Source,
                    result.Microseconds,
                    result.Key
                );
            case Message.Result result:
                call.Trace.Hit(result.Source, result.Microseconds, result.Key);
                return Replay.Write(result.ExitCode, result.Stderr.Span, result.Stdout.Span);
            case Message.ResultDescriptor result when daemon.TakeOutput(result.StdoutLength) is var output and >= 0:
                call.Trace.Hit(result.Source, result.Microseconds, result.Key);
                return Replay.Write(result.ExitCode, result.Stderr.Span, output, result.StdoutLength);
            case Message.Lease lease:
                return LeasedRun.Render(call, endpoint, daemon, lease);
            // It is of other callers, who see other files or may read others.
            case Message.Bypass
            {
                Reason: BypassReason.OtherMountNamespace
                    or BypassReason.OtherRoot
                    or BypassReason.OtherCredentials
                    or BypassReason.CallerUnknown
            } when !endpoint.IsApart:
                daemon.Dispose();
                return Serve(call, request, endpoint.Apart());
            case Message.Bypass bypass:
                call.Trace.Bypassed(bypass.Reason, bypass.Detail);
                return RealHelm.Become(call);
            default:
                call.Trace.NotServed(why);
                return RealHelm.Become(call);
        }
    }
}
