using System;

namespace CacheDaemon.Client.Native;

/// <summary>What the caller of this process left open for it.</summary>
public enum InheritedInput
{
    /// <summary>Nothing, or nothing that can be read in the place of whoever opens it by name.</summary>
    None,

    /// <summary>The reading end of a pipe without a name: what is read is gone.</summary>
    Pipe,

    /// <summary>A regular file with something in it: each opening reads it from its start.</summary>
    File,
}

/// <summary>Descriptors that were open when this process began.</summary>
public static unsafe partial class Libc
{
    /// <summary>
    /// What an inherited descriptor is, and whether <paramref name="path"/>, as a name in <c>/dev/fd</c>, leads there.
    /// </summary>
    /// <param name="descriptor">Its number. 1 and 2 are outputs, whatever they are.</param>
    /// <param name="path">The name by which it will be opened.</param>
    /// <param name="stamp">Which pipe or file it is.</param>
    public static InheritedInput Inherited(int descriptor, string path, out FileStamp stamp)
    {
        const int GetStatusFlags = 3,
            AccessMode = 3,
            PlaceOnly = 0x200000;
        stamp = default;
        // Close-on-exec is what this process has opened itself: nothing of it comes through an exec.
        if (
            descriptor is 1 or 2
            || fcntl(descriptor, FGetFd, 0) != 0
            || Stat(descriptor, out stamp) != 0
            || Stat(path, follow: true, out FileStamp named) != 0
            || named.Device != stamp.Device
            || named.Inode != stamp.Inode
        )
            return InheritedInput.None;
        // One of the kernel's own making may have no size, and no end either.
        if (stamp.Kind == FileKind.Regular)
            return stamp.Size > 0 ? InheritedInput.File : InheritedInput.None;
        int flags = fcntl(descriptor, GetStatusFlags, 0);
        // Whoever opens a writing end by its name waits for himself.
        if (flags < 0 || (flags & AccessMode) != ORdOnly || (flags & PlaceOnly) != 0)
            return InheritedInput.None;
        return ReadLink(PathBytes($"/proc/self/fd/{descriptor}"), out byte[] text) == 0 && text.AsSpan().StartsWith("pipe:["u8)
            ? InheritedInput.Pipe
            : InheritedInput.None;
    }
}
