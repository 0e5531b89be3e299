using System.Runtime.InteropServices;
using System.Text;

namespace CacheDaemon.Client.Native;

/// <summary>Accounts and owners; see the other parts for who this is for.</summary>
public static unsafe partial class Libc
{
    /// <summary>The user that owns <paramref name="path"/> (links not followed), or null.</summary>
    public static uint? OwnerOf(string path)
    {
        Statx buffer;
        fixed (byte* p = PathBytes(path))
            return statx(AtFdCwd, p, AtSymlinkNoFollow, StatxBasicStats, &buffer) == 0 ? buffer.Uid : null;
    }

    /// <summary>The account's home directory by the system's name service, or null.</summary>
    public static string? AccountHome(uint user)
    {
        byte* buffer = stackalloc byte[4096];
        Passwd entry;
        Passwd* found;
        if (getpwuid_r(user, &entry, buffer, 4096, &found) != 0 || found is null || found->Home is null || *found->Home == 0)
            return null;
        return Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(found->Home));
    }

    /// <summary>struct passwd of glibc and musl.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Passwd
    {
        public byte* Name;
        public byte* Password;
        public uint Uid;
        public uint Gid;
        public byte* Gecos;
        public byte* Home;
        public byte* Shell;
    }

    [DllImport("libc")]
    private static extern int getpwuid_r(uint user, Passwd* entry, byte* buffer, nuint length, Passwd** found);
}
