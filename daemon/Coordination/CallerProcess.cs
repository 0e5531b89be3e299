using System;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Coordination;

/// <summary>
/// The process behind a connection, by a descriptor of it: it is known to live, whatever it becomes, and to have ended, as soon as it has,
/// with nothing kept open in it.
/// </summary>
internal sealed class CallerProcess : IDisposable
{
    private const int WatcherStackBytes = 128 * 1024;

    private readonly Lock _gate = new();
    private readonly int _pid;
    private int _descriptor;

    private CallerProcess(int descriptor, int pid)
    {
        _descriptor = descriptor;
        _pid = pid;
    }

    /// <summary>Its number in /proc; 0 when it is not visible there.</summary>
    public int Id => _pid;

    /// <summary>
    /// The peer of a connected socket; null where the kernel has no such descriptors (before Linux 5.3), or none is left.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="pid">The peer by the numbers of /proc; 0 when it is not visible there.</param>
    public static CallerProcess? Of(int socket, int pid) =>
        Libc.ConnectedProcess(socket) is var descriptor and >= 0 ? new CallerProcess(descriptor, pid) : null;

    /// <summary>Whether it lives and was not stopped by a signal (Ctrl-Z).</summary>
    public bool IsThere
    {
        get
        {
            lock (_gate)
                return _descriptor >= 0 && Libc.Poll(_descriptor, Libc.POLLIN, 0) == 0 && !IsStopped;
        }
    }

    /// <summary>Whether it was stopped by a signal (Ctrl-Z).</summary>
    public bool IsStopped => Look(_pid).State == 'T';

    /// <summary>Calls back, once, when the process has ended, and disposes of this.</summary>
    public void WhenEnded(Action ended) =>
        new Thread(
            () =>
            {
                int descriptor = _descriptor;
                while (descriptor >= 0 && Libc.Poll(descriptor, Libc.POLLIN, -1) == 0) { }
                Dispose();
                ended();
            },
            WatcherStackBytes
        )
        {
            IsBackground = true,
            Name = "turn",
        }.Start();

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_descriptor >= 0)
                Libc.Close(_descriptor);
            _descriptor = -1;
        }
    }

    /// <summary>The processes above it, nearest first, by the numbers of /proc; none where it is not visible there.</summary>
    public IEnumerable<int> Ancestors()
    {
        const int MaxSteps = 64;
        int pid = _pid;
        for (int i = 0; i < MaxSteps && pid > 1; i++)
        {
            pid = Look(pid).Parent;
            if (pid > 0)
                yield return pid;
        }
    }

    /// <summary>
    /// proc_pid_stat(5): state and parent follow the name, which may itself hold blanks and brackets. Nothing where there is no such
    /// process.
    /// </summary>
    private static (char State, int Parent) Look(int pid)
    {
        const int Most = 4096;
        if (
            pid <= 0
            || Libc.ReadFile(
                Libc.PathBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat")),
                Most,
                out ReadOnlySpan<byte> stat
            ) != 0
        )
            return default;
        ReadOnlySpan<byte> rest = stat[(stat.LastIndexOf((byte)')') + 1)..];
        return rest.Length > 3 && Utf8Parser.TryParse(rest[3..], out int parent, out _) ? ((char)rest[1], parent) : default;
    }
}
