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
    /// <summary>One read from a pipe: the size of the pipe's buffer.</summary>
    private const int ReadBytes = 256 * 1024;

    private readonly DaemonClient _daemon;
    private readonly Message.Lease _lease;
    private readonly Capture _stdout = new(1);
    private readonly Capture _stderr = new(2);
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
            published = _daemon.TrySend(
                new Message.Publish(_lease.LeaseId, exitCode, (long)render.TotalMicroseconds, _stderr.Bytes, _stdout.Bytes),
                DaemonClient.PublishDeadline);

        Replay.Write(exitCode, _stderr.Rest, _stdout.Rest);
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

    /// <summary>Reads both pipes until helm has closed them.</summary>
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
                int count = Libc.Read(pipes[i].Descriptor, capture.Room(ReadBytes));
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
                GiveUpCapturing();
        }
    }

    /// <summary>Too much to keep: others must not wait for it, and our caller gets it as it comes.</summary>
    private void GiveUpCapturing()
    {
        Abandon(RefuseReason.OutputTooLarge);
        Replay.Write(0, _stderr.Rest, _stdout.Rest);
        _stderr.Clear();
        _stdout.Clear();
    }

    private void Abandon(RefuseReason reason)
    {
        if (!_leaseGone)
            _daemon.TrySend(new Message.Abandon(_lease.LeaseId, reason), DaemonClient.PublishDeadline);
        _leaseGone = true;
    }

    /// <summary>What one of helm's streams gave so far.</summary>
    private sealed class Capture(int descriptor)
    {
        private byte[] _buffer = new byte[ReadBytes];

        public int Descriptor { get; } = descriptor;

        public int Length { get; private set; }

        public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, Length);

        public ReadOnlySpan<byte> Rest => _buffer.AsSpan(0, Length);

        public Span<byte> Room(int count)
        {
            if (_buffer.Length - Length < count)
                Array.Resize(ref _buffer, checked(Math.Max(2 * _buffer.Length, Length + count)));
            return _buffer.AsSpan(Length);
        }

        public void Add(int count) => Length += count;

        public void Clear() => Length = 0;
    }
}
