namespace CacheDaemon.Client.Native;

/// <summary>Owners; see the other parts for who this is for.</summary>
public static unsafe partial class Libc
{
    /// <summary>The user that owns <paramref name="path"/> (links not followed), or null.</summary>
    public static uint? OwnerOf(string path)
    {
        Statx buffer;
        fixed (byte* p = PathBytes(path))
            return Look(AtFdCwd, p, AtSymlinkNoFollow, &buffer) == 0 ? buffer.Uid : null;
    }
}
