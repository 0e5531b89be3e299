using System;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Shim;

/// <summary>
/// Becomes the real helm by <c>execve</c>: same process, descriptors, signals, limits and terminal, argv[0] as received
/// (helm hands it to plugins as <c>HELM_BIN</c>), so that nothing can tell that we were here.
/// </summary>
internal static unsafe class RealHelm
{
    /// <summary>
    /// Depth of shims below shims at which we stop. Plugins that call helm nest two or three deep; a "real helm" that
    /// is a script which calls us again nests for ever.
    /// </summary>
    private const int MaxDepth = 24;

    private static ReadOnlySpan<byte> DepthPrefix => "HELMCACHED_DEPTH="u8;

    /// <summary>Does not return unless there is no helm to become; then the exit code, the reason being on stderr.</summary>
    public static int Become(Call call)
    {
        if (call.Helm.Path is not { } path)
            return Fail(call.Helm.Problem!, 127);
        if (Depth >= MaxDepth)
            return Fail(
                $"helm: {path} leads back to this shim ({MaxDepth} times already); set {HelmLocator.Variable} to the real helm binary",
                126
            );
        if ((call.Inputs.Lost ?? call.Inputs.GiveBack()) is { } lost)
            return Fail(lost, 1);
        byte** vector = Libc.ArgumentVector;
        if (vector is null && Call.HasUndecodableArgument())
            return Fail("helm: an argument is not UTF-8, and its bytes cannot be found", 126);
        using NativeStrings? decoded = vector is null ? new NativeStrings(call.ArgumentVector()) : null;
        if (decoded is not null)
            vector = decoded.Pointer;
        int errno = Execute(path, vector);
        while (errno == Libc.EACCES && HelmLocator.FindAfter(path).Path is { } next)
        {
            path = next;
            errno = Execute(path, vector);
        }
        return Fail(
            $"helm: cannot run the real helm, {path}: {Marshal.GetPInvokeErrorMessage(errno)}; check the file, or set "
                + $"{HelmLocator.Variable}",
            126
        );
    }

    /// <summary>Returns only on failure, with errno.</summary>
    private static int Execute(string path, byte** vector)
    {
        fixed (byte* p = Libc.PathBytes(path))
        {
            int errno = Execute(p, vector, ChildEnvironment());
            // Our variable is the one too many.
            return errno == Libc.E2BIG ? Execute(p, vector, Libc.EnvironmentBlock) : errno;
        }
    }

    private static int Execute(byte* path, byte** vector, byte** environment)
    {
        int errno = Libc.Exec(path, vector, environment);
        return errno == Libc.ENOEXEC ? ExecByShell(path, vector, environment) : errno;
    }

    /// <summary>The environment for real helm: ours, with the depth counted up. Lives as long as the process.</summary>
    public static byte** ChildEnvironment()
    {
        byte** ours = Libc.EnvironmentBlock;
        int count = 0;
        while (ours[count] is not null)
            count++;
        byte** copy = (byte**)NativeMemory.Alloc((nuint)(count + 2), (nuint)sizeof(byte*));
        int next = 0;
        for (int i = 0; i < count; i++)
            if (!MemoryMarshal.CreateReadOnlySpanFromNullTerminated(ours[i]).StartsWith(DepthPrefix))
                copy[next++] = ours[i];
        byte[] depth = Encoding.UTF8.GetBytes($"HELMCACHED_DEPTH={Depth + 1}\0");
        byte* kept = (byte*)NativeMemory.Alloc((nuint)depth.Length);
        depth.CopyTo(new Span<byte>(kept, depth.Length));
        copy[next++] = kept;
        copy[next] = null;
        return copy;
    }

    private static int Depth =>
        Libc.TryGetVariable(DepthPrefix[..^1], out ReadOnlySpan<byte> value) && Utf8Parser.TryParse(value, out int depth, out _)
            ? depth
            : 0;

    /// <summary>A script without a first line that names its interpreter: a shell would run it by sh, so would execvp.</summary>
    private static int ExecByShell(byte* script, byte** vector, byte** environment)
    {
        int count = 0;
        while (vector[count] is not null)
            count++;
        byte** shell = (byte**)NativeMemory.Alloc((nuint)(count + 3), (nuint)sizeof(byte*));
        fixed (byte* sh = "/bin/sh\0"u8)
        {
            shell[0] = sh;
            shell[1] = script;
            for (int i = 1; i <= count; i++)
                shell[i + 1] = vector[i];
            return Libc.Exec(sh, shell, environment);
        }
    }

    private static int Fail(string message, int code)
    {
        Libc.WriteAll(2, Encoding.UTF8.GetBytes(message + "\n"));
        return code;
    }
}
