using System;
using System.Collections.Generic;
using System.Text;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Client;

/// <summary>What a process is doing at one moment, as the kernel tells it in <c>/proc</c> (proc_pid_stat(5)).</summary>
/// <param name="IsRunnable">A thread of it runs, or would if it were given a processor. False also when nothing can be seen.</param>
/// <param name="Ticks">Processor time that it has used, in clock ticks (100 a second).</param>
internal readonly record struct ProcessLook(bool IsRunnable, long Ticks)
{
    /// <summary>Clock ticks in a second: what <c>/proc</c> shows is scaled to this on every architecture (USER_HZ).</summary>
    public const int TicksPerSecond = 100;

    /// <summary>A line of <c>stat</c> has some 300 bytes.</summary>
    private const int MaxLineBytes = 4096;

    /// <summary>Looks at a process; 0 for one that is not visible here.</summary>
    public static ProcessLook At(int pid)
    {
        if (pid <= 0 || !TryRead($"/proc/{pid}/stat", out _, out long ticks))
            return default;
        string tasks = $"/proc/{pid}/task";
        var threads = new List<byte[]>();
        _ = Libc.ReadDirectory(Libc.PathBytes(tasks), threads);
        foreach (byte[] thread in threads)
            if (TryRead($"{tasks}/{Encoding.ASCII.GetString(thread)}/stat", out char state, out _) && state == 'R')
                return new ProcessLook(true, ticks);
        return new ProcessLook(false, ticks);
    }

    /// <summary>State, and user and system time (fields 3, 14 and 15), behind a name that may itself hold blanks and brackets.</summary>
    private static bool TryRead(string path, out char state, out long ticks)
    {
        (state, ticks) = ('?', 0);
        if (Libc.ReadFile(Libc.PathBytes(path), MaxLineBytes, out ReadOnlySpan<byte> line) != 0)
            return false;
        ReadOnlySpan<byte> fields = line[(line.LastIndexOf((byte)')') + 1)..].TrimStart((byte)' ');
        if (fields.IsEmpty)
            return false;
        state = (char)fields[0];
        const int UserTime = 11,
            SystemTime = 12;
        int at = 0;
        foreach (Range field in fields.Split((byte)' '))
        {
            if (at is UserTime or SystemTime && System.Buffers.Text.Utf8Parser.TryParse(fields[field], out long value, out _))
                ticks += value;
            at++;
        }
        return at > SystemTime;
    }
}
