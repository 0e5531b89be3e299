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
            return Fail($"helm: {path} leads back to this shim ({MaxDepth} times by now); set {HelmLocator.Variable} to the real helm binary", 126);
        if (call.StdinLost is { } lost)
            return Fail(lost, 1);
        if (call.ConsumedStdin >= 0)
            Libc.Duplicate(call.ConsumedStdin, 0);
        using NativeStrings? arguments = Call.HasUndecodableArgument() ? null : new NativeStrings(call.ArgumentVector());
        byte** vector = arguments is not null ? arguments.Pointer : RawArguments();
        if (vector is null)
            return Fail("helm: an argument is not UTF-8, and /proc/self/cmdline, which has its bytes, cannot be read; mount /proc", 126);
        int errno;
        fixed (byte* p = Libc.PathBytes(path))
        {
            errno = Libc.Exec(p, vector, ChildEnvironment());
            if (errno == Libc.ENOEXEC)
                errno = ExecByShell(p, vector);
        }
        return Fail($"helm: cannot run the real helm, {path}: {Marshal.GetPInvokeErrorMessage(errno)}; check the file, or set {HelmLocator.Variable}", 126);
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
        Libc.TryGetVariable(DepthPrefix[..^1], out ReadOnlySpan<byte> value) && Utf8Parser.TryParse(value, out int depth, out _) ? depth : 0;

    /// <summary>A script without a first line that names its interpreter: a shell would run it by sh, so would execvp.</summary>
    private static int ExecByShell(byte* script, byte** vector)
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
            return Libc.Exec(sh, shell, ChildEnvironment());
        }
    }

    /// <summary>argv as bytes, for arguments that are not UTF-8; null without /proc.</summary>
    private static byte** RawArguments()
    {
        if (Libc.ReadFile("/proc/self/cmdline\0"u8, int.MaxValue, out ReadOnlySpan<byte> line) != 0)
            return null;
        int count = line.Count((byte)0);
        byte* block = (byte*)NativeMemory.Alloc((nuint)line.Length);
        line.CopyTo(new Span<byte>(block, line.Length));
        byte** vector = (byte**)NativeMemory.Alloc((nuint)(count + 1), (nuint)sizeof(byte*));
        byte* next = block;
        for (int i = 0; i < count; i++)
        {
            vector[i] = next;
            next += MemoryMarshal.CreateReadOnlySpanFromNullTerminated(next).Length + 1;
        }
        vector[count] = null;
        return vector;
    }

    private static int Fail(string message, int code)
    {
        Libc.WriteAll(2, Encoding.UTF8.GetBytes(message + "\n"));
        return code;
    }
}
