using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Client;

/// <summary>Where the daemon's program is, and why it does not run on this system.</summary>
public static class DaemonProgram
{
    private const string Name = "helmcached";

    /// <summary>elf(5): where a program names its loader.</summary>
    private const uint ProgramInterpreter = 3;

    /// <summary>
    /// Path of the daemon's binary: beside our own (links resolved), else in the directory that we were laid out for; null when it is in
    /// neither.
    /// </summary>
    /// <param name="missing">Where it was looked for, as the end of a sentence, when null is returned.</param>
    public static string? Find(out string missing)
    {
        missing = "";
        if (ProgramVolume.OwnPath() is not { } self)
        {
            missing = "/proc/self/exe cannot be read";
            return null;
        }
        string beside = ProgramVolume.Beside(self, Name);
        if (IsFile(beside))
            return beside;
        string? volume = ProgramVolume.Of("/proc/self/exe");
        if (volume is not null && IsFile(volume + "/" + Name))
            return volume + "/" + Name;
        missing = $"no {Name} beside {self}" + (volume is null ? "" : $", and none in {volume}");
        return null;
    }

    /// <summary>Why this system cannot start the program, as far as its loader is concerned; null when its loader is there.</summary>
    public static string? MissingLoader(string program)
    {
        if (Loader(program) is not { } loader || Libc.Stat(loader, follow: true, out _) == 0)
            return null;
        bool musl =
            Libc.Stat("/lib/ld-musl-x86_64.so.1", follow: true, out _) == 0
            || Libc.Stat("/lib/ld-musl-aarch64.so.1", follow: true, out _) == 0;
        return $"{program} needs the loader {loader}, which is missing" + (musl ? ": the C library of this system is musl, not glibc" : "");
    }

    /// <summary>
    /// The first line that the program writes on standard error when it is asked for its version, such as a loader's about a glibc that is
    /// too old; null when it answers. Waits for it, so only for whoever wants to know.
    /// </summary>
    public static unsafe string? Complaint(string program)
    {
        int errors = Libc.MemoryFile();
        if (errors < 0 || !Libc.MayWait)
            return null;
        try
        {
            using var arguments = new NativeStrings([Name, "--version"]);
            int child;
            fixed (byte* path = Libc.PathBytes(program))
                child = Libc.Spawn(path, arguments.Pointer, Libc.EnvironmentBlock, [], stdout: errors, stderr: errors);
            if (child < 0)
                return $"{program} cannot be started: {Marshal.GetPInvokeErrorMessage(-child)}";
            if (Libc.Wait(child, block: true) == 0)
                return null;
            Span<byte> text = stackalloc byte[512];
            int count = Math.Max(0, Libc.ReadAt(errors, text, 0));
            ReadOnlySpan<byte> line = text[..count];
            return Encoding.UTF8.GetString(line.IndexOf((byte)'\n') is var end and >= 0 ? line[..end] : line);
        }
        finally
        {
            Libc.Close(errors);
        }
    }

    private static bool IsFile(string path) => Libc.Stat(path, follow: true, out FileStamp stamp) == 0 && stamp.Kind == FileKind.Regular;

    /// <summary>
    /// The loader that a 64-bit little-endian ELF file names; null when it names none near its start, where linkers put it.
    /// </summary>
    private static string? Loader(string program)
    {
        if (Libc.Open(Libc.PathBytes(program), out int descriptor) != 0)
            return null;
        byte[] buffer = new byte[4096];
        int count = Libc.ReadAt(descriptor, buffer, 0);
        Libc.Close(descriptor);
        ReadOnlySpan<byte> file = buffer.AsSpan(0, Math.Max(0, count));
        const int HeaderBytes = 64,
            EntryBytes = 56;
        if (file.Length < HeaderBytes || !file.StartsWith("\u007fELF\u0002\u0001"u8))
            return null;
        long table = BinaryPrimitives.ReadInt64LittleEndian(file[32..]);
        int entries = BinaryPrimitives.ReadUInt16LittleEndian(file[56..]);
        for (int i = 0; i < entries && table >= 0 && table + EntryBytes <= file.Length; i++, table += EntryBytes)
        {
            ReadOnlySpan<byte> entry = file[(int)table..];
            long offset = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]),
                length = BinaryPrimitives.ReadInt64LittleEndian(entry[32..]);
            if (
                BinaryPrimitives.ReadUInt32LittleEndian(entry) == ProgramInterpreter
                && offset >= 0
                && length > 1
                && offset <= file.Length - length
            )
                return Encoding.UTF8.GetString(file.Slice((int)offset, (int)length - 1));
        }
        return null;
    }
}
