namespace CacheDaemon.Daemon.Coordination;

/// <summary>
/// What a lock is on: a directory by its identity, or a path where nothing need be yet; and in it perhaps one thing. A caller takes both,
/// so that it meets those who came before the directory was made and those who spell it in another way.
/// </summary>
/// <param name="Device">Of the directory; 0 for a path.</param>
/// <param name="Inode">Of the directory; 0 for a path.</param>
/// <param name="Rest">The path, or what in the directory is meant; empty for the directory itself.</param>
internal readonly record struct LockName(ulong Device, ulong Inode, string Rest);

/// <summary>A lock that a caller needs: alone, or together with others who only read.</summary>
internal readonly record struct LockWish(LockName Name, bool IsExclusive)
{
    /// <summary>Whether both cannot be held at once.</summary>
    public bool Excludes(LockWish other) => (IsExclusive || other.IsExclusive) && Name == other.Name;
}
