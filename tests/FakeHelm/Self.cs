using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace CacheDaemon.FakeHelm;

/// <summary>The few things about our own process that only libc and /proc know.</summary>
internal static unsafe class Self
{
    private const int WriteOnly = 1,
        Create = 0x40,
        Append = 0x400,
        SigPipe = 13;

    /// <summary>argv as the kernel has it, argv[0] included.</summary>
    public static string[] CommandLine()
    {
        string text = Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline"));
        return text.TrimEnd('\0').Length == 0 ? [] : text[..^1].Split('\0');
    }

    /// <summary>Appends in one write with O_APPEND, so that concurrent runs never mix their lines.</summary>
    public static void AppendLine(string path, string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        fixed (byte* p = Terminated(path))
        fixed (byte* data = bytes)
        {
            int descriptor = open(p, WriteOnly | Create | Append, 0x180);
            if (descriptor < 0 || write(descriptor, data, bytes.Length) != bytes.Length)
                throw new IOException("cannot append to " + path);
            _ = close(descriptor);
        }
    }

    /// <summary>Sends <paramref name="signal"/> to this process.</summary>
    public static void Kill(int signal) => _ = kill(Environment.ProcessId, signal);

    /// <summary>.NET ignores SIGPIPE; helm dies of it, and an ignored signal stays ignored over exec: give it back.</summary>
    public static void DieOfBrokenPipes() => _ = signal(SigPipe, 0);

    /// <summary>Becomes <paramref name="file"/> with this process's own arguments and environment; returns only on failure.</summary>
    public static void Become(string file)
    {
        string[] arguments = CommandLine();
        byte** argv = (byte**)NativeMemory.AllocZeroed((nuint)(arguments.Length + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < arguments.Length; i++)
            argv[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        fixed (byte* p = Terminated(file))
            _ = execv(p, argv);
    }

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + "\0");

    [DllImport("libc")]
    private static extern int open(byte* path, int flags, int mode);

    [DllImport("libc")]
    private static extern nint write(int descriptor, byte* data, nint count);

    [DllImport("libc")]
    private static extern int close(int descriptor);

    [DllImport("libc")]
    private static extern int kill(int process, int signal);

    [DllImport("libc")]
    private static extern nint signal(int signal, nint handler);

    [DllImport("libc")]
    private static extern int execv(byte* path, byte** argv);
}
