using System;
using System.Diagnostics;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Shim;

/// <summary>
/// A miss that is ours to render: runs helm as a child in our own context, its output going to files in memory, hands them to the
/// daemon, then prints them. Where there is an armed copy, that is the helm that runs: it ends before it has written anything
/// where the output would vary, and then this process becomes the real one.
/// </summary>
internal sealed unsafe class LeasedRun
{
    /// <summary>helm ends a render with 0 or 1.</summary>
    private const int MostOfHelm = 1;

    private readonly Endpoint _endpoint;
    private readonly DaemonClient _daemon;
    private readonly Message.Lease _lease;
    private int _stdout = Libc.MemoryFile();
    private readonly int _stderr = Libc.MemoryFile();
    private OutputCapture? _capture;
    private int _child;
    private bool _gaveBack;

    private LeasedRun(Endpoint endpoint, DaemonClient daemon, Message.Lease lease)
    {
        _endpoint = endpoint;
        _daemon = daemon;
        _lease = lease;
    }

    /// <summary>Renders, publishes, prints; returns helm's exit code. Ends by the same signal if helm was ended by one.</summary>
    public static int Render(Call call, Endpoint endpoint, DaemonClient daemon, Message.Lease lease) =>
        new LeasedRun(endpoint, daemon, lease).Run(call);

    private int Run(Call call)
    {
        long started = Stopwatch.GetTimestamp();
        // Signals to us go on to helm, which answers them in its own way (it prints a line and finishes).
        SignalRelay.Prepare();
        if (!Libc.MayWait || !Start(call))
        {
            SignalRelay.Stop();
            Abandon(RefuseReason.Interrupted);
            return RealHelm.Become(call);
        }
        SignalRelay.Start(_child);
        int status = WaitForHelm();
        TimeSpan render = Stopwatch.GetElapsedTime(started);
        // A sandbox may refuse to tell how helm ended, or what it wrote. Nothing is printed yet, so helm may run once more.
        if (status < 0)
            Libc.Kill(_child, Libc.SIGKILL);
        SignalRelay.Stop();
        if (status < 0 || !Libc.IsReadable(_stdout, Libc.Length(_stdout)) || !Libc.IsReadable(_stderr, Libc.Length(_stderr)))
        {
            Abandon(RefuseReason.Interrupted);
            return RealHelm.Become(call);
        }

        // Wait status as of wait(2): the low seven bits are the signal that ended the child, the next byte its exit code.
        int endedBy = status & 0x7f;
        int exitCode = (status >> 8) & 0xff;
        bool endless = exitCode == GoFailure.ExitCode && IsStackOverflow();
        if (
            _lease.Armed is { } armed
            && (endedBy == 0 ? exitCode > MostOfHelm : Libc.IsCrash(endedBy))
            && !(SignalRelay.QuitCame && IsQuit(endedBy, exitCode))
            && !endless
        )
            return Redo(call, armed, endedBy == 0 ? exitCode : -1, render);
        // It has written no file yet, and is not to fail once more.
        if (_capture is not null && !endless)
            return FinishFiles(call, status, exitCode, render);
        bool published = HandOver(status, exitCode, render);
        // A file may lie in the chart (helm template . > all.yaml): what we write into it would look like an input that changed under the
        // render. A pipe's reader waits for nobody.
        bool judgedFirst = IsFile(1) || IsFile(2);
        if (judgedFirst)
            Finish(call, published);
        Replay.Write(0, _stderr, _stdout);
        if (endedBy != 0)
            Libc.DieBy(endedBy);
        if (!judgedFirst)
            Finish(call, published);
        return exitCode;
    }

    /// <summary>
    /// As the end of <see cref="Run"/>, where helm has written files: into our directory, so nothing is where the caller looks for it yet.
    /// What failed fails once more, in the caller's own directory and with its name.
    /// </summary>
    private int FinishFiles(Call call, int status, int exitCode, TimeSpan render)
    {
        OutputTree? tree = _capture!.Take(Replay.All(_stdout), Replay.All(_stderr));
        if (status != 0 || tree is null || !TryHold(tree))
        {
            if (exitCode == MostOfHelm && (status & 0x7f) == 0)
                _daemon.TrySend(
                    new Message.Publish(_lease.LeaseId, exitCode, (long)render.TotalMicroseconds, default, default),
                    DaemonClient.PublishDeadline
                );
            else
                Abandon(RefuseReason.Interrupted);
            if (SignalRelay.EndingCame is var signal and not 0)
                Libc.DieBy(signal);
            return RealHelm.Become(call);
        }
        // The directory may lie in the chart: the daemon looks at that before we write.
        Finish(call, HandOver(status, exitCode, render));
        return Replay.Write(exitCode, Replay.All(_stderr), call.OutputDirectory!, tree) ?? RealHelm.Become(call);
    }

    /// <summary>Puts the files in the place of the standard output.</summary>
    private bool TryHold(OutputTree tree)
    {
        _stdout = Libc.MemoryFile();
        return _stdout >= 0 && Libc.WriteAll(_stdout, tree.Encode().Span) == 0;
    }

    /// <summary>Warnings may come before what is looked for; the stack after it is long.</summary>
    private bool IsStackOverflow()
    {
        Span<byte> start = stackalloc byte[4096];
        return Libc.ReadAt(_stderr, start, 0) is var count and > 0 && GoFailure.IsStackOverflow(start[..count]);
    }

    /// <summary>How a Go program ends that was sent SIGQUIT: with 2, and with GOTRACEBACK=crash by SIGABRT.</summary>
    private static bool IsQuit(int endedBy, int exitCode) => endedBy == 0 ? exitCode == 2 : endedBy == Libc.SIGABRT;

    /// <summary>
    /// Waits for helm to end. Should someone stop it, the lease is given back at once: others must not wait for who knows how long.
    /// </summary>
    private int WaitForHelm()
    {
        int status;
        while (Libc.IsStop(status = Libc.WaitForEndOrStop(_child)))
        {
            if (_gaveBack)
                continue;
            _gaveBack = true;
            try
            {
                Abandon(RefuseReason.Interrupted);
            }
#pragma warning disable CA1031 // As in HandOver.
            catch (Exception)
#pragma warning restore CA1031
            {
                _daemon.Dispose();
            }
        }
        return status;
    }

    private static bool IsFile(int descriptor) => Libc.Stat(descriptor, out FileStamp output) == 0 && output.Kind == FileKind.Regular;

    /// <summary>
    /// The armed copy met a trap, or ended as no helm does: nothing of it is shown, and the real one runs. A trap is published, since it is
    /// the daemon's to know what varies.
    /// </summary>
    private int Redo(Call call, ArmedHelm armed, int exitCode, TimeSpan render)
    {
        try
        {
            Message.Published? verdict = null;
            if (exitCode >= armed.FirstExitCode && exitCode <= armed.LastExitCode)
            {
                var trapped = new Message.Publish(_lease.LeaseId, exitCode, (long)render.TotalMicroseconds, default, default);
                if (_daemon.TrySend(trapped, DaemonClient.PublishDeadline, out bool silent))
                    verdict = _daemon.ReceiveAnswer(out silent) as Message.Published;
                if (silent)
                    Daemon.Avoid(_endpoint);
            }
            else
            {
                Abandon(RefuseReason.Interrupted);
            }
            call.Trace.Missed(_lease, verdict);
        }
#pragma warning disable CA1031 // As in HandOver; the closed connection gives the lease up.
        catch (Exception)
#pragma warning restore CA1031
        {
            _daemon.Dispose();
        }
        // The helm that would run now knows nothing of it, and a signal ends helm as long as it has not begun.
        if (SignalRelay.EndingCame is var signal and not 0)
            Libc.DieBy(signal);
        return RealHelm.Become(call);
    }

    /// <summary>
    /// Gives the daemon what helm made, or the lease back; true when it is to say what becomes of it. No fault in this reaches the caller
    /// of <see cref="Render"/>, who would become helm: helm has run, and what it wrote is still to be printed, once.
    /// </summary>
    private bool HandOver(int status, int exitCode, TimeSpan render)
    {
        if (_gaveBack)
            return false;
        try
        {
            // Sealed before a page of it is in a pipe, after which the kernel says that somebody may still write. Helm has ended, so nobody
            // does.
            if (SignalRelay.Came || (status & 0x7f) != 0 || status < 0 || !Libc.Seal(_stdout))
                Abandon(RefuseReason.Interrupted);
            else if (
                Libc.Length(_stderr) is var errors
                && (errors > Frame.MaxStderrBytes || Libc.Length(_stdout) + errors > Frame.MaxCapturedBytes)
            )
                Abandon(RefuseReason.OutputTooLarge);
            else
                return Publish(exitCode, render);
        }
#pragma warning disable CA1031 // Out of memory above all, under a limit of the caller's. The closed connection gives the lease up.
        catch (Exception)
#pragma warning restore CA1031
        {
            _daemon.Dispose();
        }
        return false;
    }

    /// <summary>What is left to do when the output is printed; as above, no fault in it may have helm print it once more.</summary>
    private void Finish(Call call, bool published)
    {
        try
        {
            // Our caller has its output, but may delete the inputs as soon as we end: the daemon says when it has read what it
            // needs of them. The next call of the same script then finds a stored entry rather than a held lease.
            call.Trace.Missed(_lease, published ? _daemon.ReceiveAnswer(out _) as Message.Published : null);
        }
#pragma warning disable CA1031 // See above.
        catch (Exception)
#pragma warning restore CA1031
        {
            return;
        }
    }

    private bool Publish(int exitCode, TimeSpan render)
    {
        int length = (int)Libc.Length(_stdout);
        bool inline = length <= Frame.MaxInlineBytes;
        Message message = inline
            ? new Message.Publish(_lease.LeaseId, exitCode, (long)render.TotalMicroseconds, Replay.All(_stderr), Replay.All(_stdout))
            : new Message.PublishDescriptor(_lease.LeaseId, exitCode, (long)render.TotalMicroseconds, Replay.All(_stderr), length);
        bool published = _daemon.TrySend(message, DaemonClient.PublishDeadline, out bool silent, inline ? -1 : _stdout);
        if (silent)
            Daemon.Avoid(_endpoint);
        return published;
    }

    /// <summary>
    /// Starts helm. Not where what it writes cannot be caught whole: no memory files, or a limit on the size of files, under which a
    /// large output would end it.
    /// </summary>
    private bool Start(Call call)
    {
        if (_stdout < 0 || _stderr < 0 || Libc.LimitsFileSize)
            return false;
        if (call.OutputDirectory is not null && (_capture = OutputCapture.Start(_endpoint)) is null)
            return false;
        int program = -1;
        if (_lease.Armed is { } armed && !TryOpen(armed, out program))
            return false;
        // A caller may ignore SIGCHLD; then the child's exit code would be lost.
        Libc.SetDefault(Libc.SIGCHLD);
        using var arguments = new NativeStrings(_capture is null ? call.ArgumentVector() : [.. call.ArgumentVector(), _capture.Argument]);
        // The very file that was looked at runs, whatever its path leads to by now.
        fixed (byte* path = Libc.PathBytes(program >= 0 ? $"/proc/self/fd/{program}" : call.Helm.Path!))
            _child = Libc.Spawn(path, arguments.Pointer, RealHelm.ChildEnvironment(), call.Inputs.Copies, _stdout, _stderr);
        if (program >= 0)
            Libc.Close(program);
        return _child > 0;
    }

    /// <summary>Opens the armed copy, if it is still the file that the daemon found to be the one that was tried.</summary>
    private static bool TryOpen(ArmedHelm armed, out int program)
    {
        if (Libc.Open(Libc.PathBytes(armed.Path), out program) != 0)
            return false;
        if (Libc.Stat(program, out FileStamp stamp) == 0 && stamp.IsSameFileAs(armed.Stamp))
            return true;
        Libc.Close(program);
        return false;
    }

    /// <summary>Gives the lease up: others must not wait for this render, and nothing of it will be kept.</summary>
    private void Abandon(RefuseReason reason) => _daemon.TrySend(new Message.Abandon(_lease.LeaseId, reason), DaemonClient.PublishDeadline);
}
