using System;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>
/// Names the tool that called helm: the parent of the shim, by the name of its process and nothing else of it. Costs a call
/// one small file of /proc; the parent's own is read once in <see cref="TrustFor"/>. Where there is no /proc, and where the
/// parent cannot be seen, the name is empty. Thread-safe.
/// </summary>
internal sealed class CallerNames
{
    /// <summary>
    /// How long a parent is taken to be what it was: a number is used again only after all others, and a process that changes
    /// its name (a shell that becomes another program) does so at its start.
    /// </summary>
    public static readonly TimeSpan TrustFor = TimeSpan.FromSeconds(2);

    /// <summary>Parents remembered at once; beyond it all are forgotten.</summary>
    private const int MaxParents = 256;

    /// <summary>proc_pid_stat(5): number, name of at most 15 bytes (64 for kernel threads), state, parent come first.</summary>
    private const int StatBytes = 160;

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, (string Name, long At)> _parents = [];

    public CallerNames(TimeProvider time) => _time = time;

    /// <summary>The name of the process that started <paramref name="pid"/>; empty when it cannot be told.</summary>
    public string ParentOf(int pid)
    {
        if (pid <= 0)
            return "";
        Span<byte> buffer = stackalloc byte[StatBytes];
        if (!TryParse(Read(pid, buffer), out _, out int parent) || parent <= 0)
            return "";
        long now = _time.GetTimestamp();
        lock (_gate)
        {
            if (_parents.TryGetValue(parent, out (string Name, long At) known) && _time.GetElapsedTime(known.At, now) < TrustFor)
                return known.Name;
        }
        string name = TryParse(Read(parent, buffer), out ReadOnlySpan<byte> bytes, out _) ? Printable(bytes) : "";
        lock (_gate)
        {
            if (_parents.Count >= MaxParents)
                _parents.Clear();
            _parents[parent] = (name, now);
        }
        return name;
    }

    /// <summary>Name and parent from a line of /proc/PID/stat. The name stands in brackets and may hold blanks and brackets itself.</summary>
    public static bool TryParse(ReadOnlySpan<byte> stat, out ReadOnlySpan<byte> name, out int parent)
    {
        int open = stat.IndexOf((byte)'('), close = stat.LastIndexOf((byte)')');
        name = default;
        parent = 0;
        // After the bracket: blank, one letter, blank, number.
        if (open < 0 || close <= open || stat.Length < close + 5)
            return false;
        name = stat[(open + 1)..close];
        return Utf8Parser.TryParse(stat[(close + 4)..], out parent, out _);
    }

    private static ReadOnlySpan<byte> Read(int pid, Span<byte> buffer)
    {
        Span<byte> path = stackalloc byte[32];
        "/proc/"u8.CopyTo(path);
        Utf8Formatter.TryFormat(pid, path[6..], out int digits);
        "/stat\0"u8.CopyTo(path[(6 + digits)..]);
        if (Libc.Open(path, out int descriptor) != 0)
            return default;
        int error = Libc.Read(descriptor, buffer, out int count);
        Libc.Close(descriptor);
        return error == 0 ? buffer[..count] : default;
    }

    /// <summary>A process chooses its name: nothing in it may steer a terminal or break a line.</summary>
    private static string Printable(ReadOnlySpan<byte> name)
    {
        char[] text = Encoding.UTF8.GetString(name).ToCharArray();
        for (int i = 0; i < text.Length; i++)
            if (char.IsControl(text[i]))
                text[i] = '?';
        return new string(text);
    }
}
