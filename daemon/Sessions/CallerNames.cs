using System;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>
/// Names the tool that called helm: the parent of the shim, by the name of its process and nothing else of it. Where that is a shell, or
/// one of the programs that only start others, the tool is looked for above it. Costs a call one small file of /proc; the parent's own, and
/// those above it, are read once in <see cref="TrustFor"/>. Where there is no /proc, and where the parent cannot be seen, the name is
/// empty. Thread-safe.
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

    /// <summary>
    /// proc_pid_stat(5): number, name of at most 15 bytes (64 for kernel threads), state, parent, group, session, terminal come first.
    /// </summary>
    private const int StatBytes = 160;

    /// <summary>Processes looked at above the parent; a script that calls a script that calls make has five.</summary>
    private const int MaxSteps = 8;

    private static readonly FrozenSet<string> s_shells = FrozenSet.ToFrozenSet(
        ["sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "busybox", "pwsh"],
        StringComparer.Ordinal
    );

    /// <summary>What starts other programs on behalf of somebody.</summary>
    private static readonly FrozenSet<string> s_starters = FrozenSet.ToFrozenSet(
        ["xargs", "parallel", "make", "gmake", "env", "sudo", "doas", "timeout", "nice", "ionice", "nohup", "setsid", "stdbuf", "time"],
        StringComparer.Ordinal
    );

    /// <summary>Above these is nobody.</summary>
    private static readonly FrozenSet<string> s_inits = FrozenSet.ToFrozenSet(
        ["systemd", "init", "tini", "dumb-init", "docker-init"],
        StringComparer.Ordinal
    );

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
        string name = ToolFrom(parent, buffer);
        lock (_gate)
        {
            if (_parents.Count >= MaxParents)
                _parents.Clear();
            _parents[parent] = (name, now);
        }
        return name;
    }

    /// <summary>
    /// The name of the tool that a process is, or works for. That is the first above the shells and starters; where there is none, since a
    /// person types at a shell, the starter nearest to helm, else the process itself.
    /// </summary>
    private static string ToolFrom(int pid, Span<byte> buffer)
    {
        string first = "",
            starter = "";
        for (int step = 0; step <= MaxSteps; step++)
        {
            ReadOnlySpan<byte> stat = Read(pid, buffer);
            if (!TryParse(stat, out ReadOnlySpan<byte> bytes, out int parent))
                break;
            string name = Printable(bytes);
            if (step == 0)
                first = name;
            bool isStarter = s_starters.Contains(name);
            if (!isStarter && !s_shells.Contains(name))
                return step > 0 && s_inits.Contains(name)
                    ? starter.Length > 0
                        ? starter
                        : first
                    : name;
            if (isStarter && starter.Length == 0)
                starter = name;
            if (parent <= 0 || (!isStarter && LeadsTerminal(stat, pid)))
                break;
            pid = parent;
        }
        return starter.Length > 0 ? starter : first;
    }

    /// <summary>
    /// Whether the process leads the session of a terminal: the shell that a person types at, above which is only the terminal's program.
    /// </summary>
    private static bool LeadsTerminal(ReadOnlySpan<byte> stat, int pid)
    {
        // After the bracket: state, parent, group, session, terminal.
        int field = 0,
            session = 0,
            terminal = 0;
        bool known = true;
        ReadOnlySpan<byte> rest = stat[(stat.LastIndexOf((byte)')') + 2)..];
        foreach (Range range in rest.Split((byte)' '))
        {
            if (field == 3)
                known &= Utf8Parser.TryParse(rest[range], out session, out _);
            else if (field == 4)
                known &= Utf8Parser.TryParse(rest[range], out terminal, out _);
            field++;
        }
        return known && session == pid && terminal != 0;
    }

    /// <summary>
    /// Name and parent from a line of /proc/PID/stat. The name stands in brackets and may hold blanks and brackets itself.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> stat, out ReadOnlySpan<byte> name, out int parent)
    {
        int open = stat.IndexOf((byte)'('),
            close = stat.LastIndexOf((byte)')');
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
