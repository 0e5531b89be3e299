using System;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Shim;

/// <summary>Writes a result as helm would have (helm-inputs 8.2).</summary>
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

    /// <summary>As <see cref="Write(int, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>, with the standard output in a file of this length.</summary>
    public static int Write(int exitCode, ReadOnlySpan<byte> stderr, int stdout, int stdoutLength)
    {
        if (Libc.WriteAll(2, stderr) == Libc.EPIPE || Libc.SendFile(1, stdout, stdoutLength) == Libc.EPIPE)
            Libc.DieBy(Libc.SIGPIPE);
        return exitCode;
    }

    /// <summary>As <see cref="Write(int, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>, with both streams in files.</summary>
    public static int Write(int exitCode, int stderr, int stdout)
    {
        if (Libc.SendFile(2, stderr, Libc.Length(stderr)) == Libc.EPIPE || Libc.SendFile(1, stdout, Libc.Length(stdout)) == Libc.EPIPE)
            Libc.DieBy(Libc.SIGPIPE);
        return exitCode;
    }
}
