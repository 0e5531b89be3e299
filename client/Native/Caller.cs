using System;
using System.Buffers.Binary;

namespace CacheDaemon.Client.Native;

/// <summary>
/// What decides which files a process sees and may read, besides user and group: only where all of it is equal may one process read a
/// file in another's stead. Immutable.
/// </summary>
public sealed class Caller
{
    /// <summary>Longest security label that is compared; one of SELinux has about 100 bytes.</summary>
    public const int MaxLabelBytes = 1024;

    private readonly FileStamp _mounts;
    private readonly FileStamp _users;
    private readonly FileStamp _root;
    private readonly uint[] _groups;
    private readonly ulong _capabilities;
    private readonly byte[] _label;

    private Caller(FileStamp mounts, FileStamp users, FileStamp root, uint[] groups, ulong capabilities, byte[] label) =>
        (_mounts, _users, _root, _groups, _capabilities, _label) = (mounts, users, root, groups, capabilities, label);

    /// <summary>This process. What cannot be told stays zero.</summary>
    public static Caller Self { get; } = Read();

    /// <summary>Whether a mount namespace is ours.</summary>
    public bool IsMountNamespace(FileStamp theirs) => _mounts.Inode != 0 && _mounts.IsSamePlaceAs(theirs);

    /// <summary>Whether a user namespace is ours.</summary>
    public bool IsUserNamespace(FileStamp theirs) => _users.Inode != 0 && _users.IsSamePlaceAs(theirs);

    /// <summary>Whether a root directory is ours, and reached through the same mount: below another one lie other files.</summary>
    public bool IsRoot(FileStamp theirs) => _root.Inode != 0 && _root.IsSamePlaceAs(theirs);

    /// <summary>Whether these are our effective capabilities, a bit for each.</summary>
    public bool HasCapabilities(ulong? theirs) => theirs == _capabilities;

    /// <summary>Our supplementary groups, in the kernel's order.</summary>
    public ReadOnlySpan<uint> Groups => _groups;

    /// <summary>Our label from the security module (SELinux, AppArmor, Smack); empty where there is none.</summary>
    public ReadOnlySpan<byte> Label => _label;

    /// <summary>
    /// A short name for all of it, and for the group: equal for callers that can share a daemon, and different, but for a coincidence, for
    /// callers that cannot. Without the label: a program may get another one than the program that starts it.
    /// </summary>
    public uint ShortName()
    {
        uint hash = 2166136261; // FNV-1a: nothing rests on it being hard to invert.
        void Add(ulong value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            foreach (byte b in bytes)
                hash = (hash ^ b) * 16777619;
        }
        Add(_mounts.Inode);
        Add(_users.Inode);
        Add(_root.Mount);
        Add(_root.Device);
        Add(_root.Inode);
        Add(_capabilities);
        Add(Libc.EffectiveGroupId);
        foreach (uint group in _groups)
            Add(group);
        return hash;
    }

    private static Caller Read()
    {
        Libc.Stat("/proc/self/ns/mnt\0"u8, follow: true, out FileStamp mounts);
        Libc.Stat("/proc/self/ns/user\0"u8, follow: true, out FileStamp users);
        Libc.StatPlace("/", out FileStamp root);
        Span<byte> label = stackalloc byte[MaxLabelBytes];
        // EINVAL: no security module gives labels.
        int length = Math.Max(0, Libc.ReadBeginning(-1, "/proc/self/attr/current\0"u8, label));
        return new Caller(mounts, users, root, Libc.Groups(), Libc.EffectiveCapabilities(0) ?? 0, label[..length].ToArray());
    }
}
