using System;
using System.Linq;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>
/// Processes that keep the processors busy while the bench measures, so that a figure "under load" can be made again by anybody. Each is a
/// shell that counts, and looks once per 20,000 steps whether the bench is still there: none outlives it, however it ends.
/// </summary>
internal sealed class OtherLoad : IDisposable
{
    private const string Count = """while kill -0 "$PPID" 2>/dev/null; do i=0; while [ "$i" -lt 20000 ]; do i=$((i+1)); done; done""";

    /// <summary>
    /// Writes 8 MB that do not compress, waits for the disk to have them, and so on: what an eviction does to disk and processor, without
    /// us.
    /// </summary>
    private const string Write =
        """while kill -0 "$PPID" 2>/dev/null; do """
        + """dd if=/dev/urandom of="$HOME/load" bs=4k count=2048 conv=notrunc,fdatasync 2>/dev/null; done""";

    private readonly int[] _processes;

    /// <param name="home">Whose environment they get.</param>
    /// <param name="processes">How many; 0: none.</param>
    public OtherLoad(BenchHome home, int processes)
        : this(home, processes, Count) { }

    private OtherLoad(BenchHome home, int processes, string script)
    {
        using Contender busy = home.Other("load", "/bin/sh", "-c", script);
        _processes = [.. Enumerable.Range(0, processes).Select(_ => busy.Start())];
    }

    /// <summary>One process that writes to the disk and keeps a processor busy by the way.</summary>
    public static OtherLoad Writing(BenchHome home) => new(home, 1, Write);

    /// <summary>Ends them.</summary>
    public void Dispose()
    {
        foreach (int process in _processes)
        {
            Libc.Kill(process, Libc.SIGKILL);
            Libc.Wait(process, block: true);
        }
    }
}
