using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.InteropServices;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Shim;

/// <summary>
/// A miss that is ours to render: runs the real helm as a child in our own context, captures both streams whole, hands
/// them to the daemon, then prints them. The daemon never runs helm.
/// </summary>
internal sealed unsafe class LeasedRun
{
    private readonly DaemonClient _daemon;
    private readonly Message.Lease _lease;
    private readonly Capture _stdout = new();
    private readonly Capture _stderr = new();
    private volatile int _child;
    private volatile bool _interrupted;
    private bool _leaseGone;

    private LeasedRun(DaemonClient daemon, Message.Lease lease)
    {
        _daemon = daemon;
        _lease = lease;
    }

    /// <summary>Renders, publishes, prints; returns helm's exit code. Ends by the same signal if helm was ended by one.</summary>
    public static int Render(Call call, DaemonClient daemon, Message.Lease lease) => new LeasedRun(daemon, lease).Run(call);

    private int Run(Call call)
    {
        long started = Stopwatch.GetTimestamp();
        if (!Start(call, out int outPipe, out int errPipe))
            return RealHelm.Become(call);
        List<PosixSignalRegistration> signals = ForwardSignals();
        Drain(outPipe, errPipe);
        int status = Libc.Wait(_child, block: true) ?? 0;
        TimeSpan render = Stopwatch.GetElapsedTime(started);
        foreach (PosixSignalRegistration registration in signals)
            registration.Dispose();

        // Wait status as of wait(2): the low seven bits are the signal that ended the child, the next byte its exit code.
        int endedBy = status & 0x7f;
        int exitCode = (status >> 8) & 0xff;
        bool published = false;
        if (_interrupted || endedBy != 0 || status < 0)
            Abandon(RefuseReason.Interrupted);
        else if (!_leaseGone)
            published = Publish(exitCode, render);

        Print();
        if (endedBy != 0)
            Libc.DieBy(endedBy);
        // Our caller has its output, but may delete the inputs as soon as we end: the daemon says when it has read what it
        // needs of them. The next call of the same script then finds a stored entry rather than a held lease.
        var verdict = published ? _daemon.ReceiveAnswer(out _) as Message.Published : null;
        if (verdict is { ProofId: not 0 })
            DaemonLauncher.StartProof(verdict.ProofId, call.Helm.Path!);
        call.Trace.Missed(_lease, verdict);
        return exitCode;
    }

    private bool Publish(int exitCode, TimeSpan render)
    {
        byte[] head = MessageCodec.EncodePublishHead(_lease.LeaseId, exitCode, (long)render.TotalMicroseconds, _stderr.Whole(), _stdout.Length);
        bool published = _daemon.TrySend(head, _stdout.Pieces, DaemonClient.PublishDeadline, out bool silent);
        if (silent)
            Daemon.Avoid();
        return published;
    }

    /// <summary>Writes what was captured, as helm would have, and forgets it.</summary>
    private void Print()
    {
        foreach (ReadOnlyMemory<byte> piece in _stderr.Pieces)
            Replay.Write(0, piece.Span, default);
        foreach (ReadOnlyMemory<byte> piece in _stdout.Pieces)
            Replay.Write(0, default, piece.Span);
        _stderr.Clear();
        _stdout.Clear();
    }

    private bool Start(Call call, out int outPipe, out int errPipe)
    {
        outPipe = errPipe = -1;
        int outWrite = -1, errWrite = -1;
        // A caller may ignore SIGCHLD; then the child's exit code would be lost.
        Libc.SetDefault(Libc.SIGCHLD);
        using var arguments = new NativeStrings(call.ArgumentVector());
        bool started = false;
        if (Libc.Pipe(out outPipe, out outWrite) == 0 && Libc.Pipe(out errPipe, out errWrite) == 0)
        {
            fixed (byte* path = Libc.PathBytes(call.Helm.Path!))
                _child = Libc.Spawn(path, arguments.Pointer, RealHelm.ChildEnvironment(), call.ConsumedStdin, outWrite, errWrite);
            started = _child > 0;
        }
        if (outWrite >= 0) Libc.Close(outWrite);
        if (errWrite >= 0) Libc.Close(errWrite);
        if (!started)
        {
            if (outPipe >= 0) Libc.Close(outPipe);
            if (errPipe >= 0) Libc.Close(errPipe);
            Abandon(RefuseReason.Interrupted);
        }
        return started;
    }

    /// <summary>
    /// Signals to us go on to helm, which answers them in its own way (helm-inputs 8.4: it prints a line and finishes);
    /// a render during which one came is never stored.
    /// </summary>
    private List<PosixSignalRegistration> ForwardSignals()
    {
        var registrations = new List<PosixSignalRegistration>();
        foreach ((PosixSignal signal, int number) in (ReadOnlySpan<(PosixSignal, int)>)
            [(PosixSignal.SIGINT, Libc.SIGINT), (PosixSignal.SIGTERM, Libc.SIGTERM), (PosixSignal.SIGHUP, Libc.SIGHUP), (PosixSignal.SIGQUIT, Libc.SIGQUIT)])
            registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                _interrupted = true;
                Libc.Kill(_child, number);
            }));
        return registrations;
    }

    /// <summary>Reads both pipes until helm has closed them. What is too much to keep is passed on as it comes.</summary>
    private void Drain(int outPipe, int errPipe)
    {
        Span<Libc.PollDescriptor> pipes =
        [
            new() { Descriptor = outPipe, Events = Libc.POLLIN },
            new() { Descriptor = errPipe, Events = Libc.POLLIN },
        ];
        int open = 2;
        while (open > 0)
        {
            if (Libc.Poll(pipes, -1) == 0)
                continue;
            for (int i = 0; i < pipes.Length; i++)
            {
                if (pipes[i].Descriptor < 0 || pipes[i].Returned == 0)
                    continue;
                Capture capture = i == 0 ? _stdout : _stderr;
                int count = Libc.Read(pipes[i].Descriptor, capture.Room());
                if (count > 0)
                {
                    capture.Add(count);
                    continue;
                }
                Libc.Close(pipes[i].Descriptor);
                pipes[i].Descriptor = -1;
                open--;
            }
            if (_stdout.Length + (long)_stderr.Length > Frame.MaxCapturedBytes)
                Abandon(RefuseReason.OutputTooLarge);
            if (_leaseGone)
                Print();
        }
    }

    /// <summary>Gives the lease up: others must not wait for this render, and nothing of it will be kept.</summary>
    private void Abandon(RefuseReason reason)
    {
        if (!_leaseGone)
            _daemon.TrySend(new Message.Abandon(_lease.LeaseId, reason), DaemonClient.PublishDeadline);
        _leaseGone = true;
    }
}
