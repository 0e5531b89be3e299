using System;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Shim;

/// <summary>Writes a result as helm would have.</summary>
internal static class Replay
{
    /// <summary>
    /// Writes both streams and returns the exit code. A broken pipe ends this process by SIGPIPE as it ends helm; any
    /// other failure to write is ignored, as helm ignores it.
    /// </summary>
    public static int Write(int exitCode, ReadOnlySpan<byte> stderr, ReadOnlySpan<byte> stdout)
    {
        if (Libc.WriteAll(2, stderr) == Libc.EPIPE || Libc.WriteAll(1, stdout) == Libc.EPIPE)
            Libc.DieBy(Libc.SIGPIPE);
        return exitCode;
    }

    /// <summary>
    /// As <see cref="Write(int, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>, with the standard output in a file of this length.
    /// </summary>
    public static int Write(int exitCode, ReadOnlySpan<byte> stderr, int stdout, int stdoutLength)
    {
        if (Libc.WriteAll(2, stderr) == Libc.EPIPE || Libc.SendFile(1, stdout, stdoutLength) == Libc.EPIPE)
            Libc.DieBy(Libc.SIGPIPE);
        return exitCode;
    }

    /// <summary>
    /// Writes files below a directory, and then both streams; null, and nothing written, where real helm is to do it: see
    /// <see cref="OutputWriter"/>.
    /// </summary>
    public static int? Write(int exitCode, ReadOnlySpan<byte> stderr, string directory, OutputTree files) =>
        OutputWriter.TryWrite(directory, files) ? Write(exitCode, stderr, files.Output(directory)) : null;

    /// <summary>All of a memory file.</summary>
    /// <exception cref="InvalidOperationException">It cannot be read.</exception>
    public static byte[] All(int file)
    {
        byte[] all = GC.AllocateUninitializedArray<byte>((int)Libc.Length(file));
        for (int at = 0; at < all.Length; )
        {
            int count = Libc.ReadAt(file, all.AsSpan(at), at);
            if (count <= 0)
                throw new InvalidOperationException($"the captured output cannot be read (errno {-count})");
            at += count;
        }
        return all;
    }

    /// <summary>As <see cref="Write(int, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>, with both streams in files.</summary>
    public static int Write(int exitCode, int stderr, int stdout)
    {
        if (Libc.SendFile(2, stderr, Libc.Length(stderr)) == Libc.EPIPE || Libc.SendFile(1, stdout, Libc.Length(stdout)) == Libc.EPIPE)
            Libc.DieBy(Libc.SIGPIPE);
        return exitCode;
    }
}
