using System;
using System.Buffers.Binary;
using System.Globalization;
using System.IO;
using System.Text;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Files;

/// <summary>
/// Digests of large files, kept across restarts and shared by the daemon and the commands of a home: a small file for each stamp, named
/// by a digest of the stamp and of the machine's start, since numbers of mounts begin anew then. Nothing is kept where mounts cannot be
/// told apart for so long (<see cref="Libc.HasUniqueMountIds"/>). Whether a stamp may be trusted is the caller's question. Thread-safe.
/// </summary>
/// <param name="directory">Where the files are; without it nothing is kept.</param>
/// <param name="time">The clock.</param>
internal sealed class StampLedger(string directory, TimeProvider time)
{
    private const string Extension = ".stamp";

    /// <summary>Another text each time the machine starts.</summary>
    private const string BootId = "/proc/sys/kernel/random/boot_id\0";

    private static readonly byte[]? s_boot =
        Libc.HasUniqueMountIds && Libc.ReadFile(Encoding.ASCII.GetBytes(BootId), 64, out ReadOnlySpan<byte> boot) == 0
            ? boot.ToArray()
            : null;

    /// <summary>The digest and flags recorded under exactly this stamp; false when there are none.</summary>
    public bool TryGet(FileStamp stamp, out Digest digest, out int flags)
    {
        (digest, flags) = (default, 0);
        if (PathOf(stamp) is not { } path)
            return false;
        try
        {
            string[] words = File.ReadAllText(path).Split(' ');
            if (
                words.Length != 2
                || !Digest.TryParse(words[0], out digest)
                || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out flags)
            )
                return false;
            File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Records a digest and flags (0 or more) under a stamp. When that fails, the file is read again next time.</summary>
    public void Put(FileStamp stamp, Digest digest, int flags)
    {
        if (PathOf(stamp) is not { } path)
            return;
        try
        {
            string temporary = $"{path}.{Guid.NewGuid():N}.new";
            File.WriteAllText(temporary, string.Create(CultureInfo.InvariantCulture, $"{digest} {flags}"));
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;
        }
    }

    /// <summary>Removes what nobody has asked for since a time.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public void RemoveUnused(DateTime oldestUtc)
    {
        if (!Directory.Exists(directory))
            return;
        foreach (string path in Directory.EnumerateFiles(directory, "*" + Extension + "*"))
        {
            if (File.GetLastWriteTimeUtc(path) < oldestUtc)
                File.Delete(path);
        }
    }

    private string? PathOf(FileStamp stamp)
    {
        if (s_boot is null || stamp.Mount == 0)
            return null;
        Span<byte> all = stackalloc byte[52 + s_boot.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(all, stamp.Mount);
        BinaryPrimitives.WriteUInt64LittleEndian(all[8..], stamp.Device);
        BinaryPrimitives.WriteUInt64LittleEndian(all[16..], stamp.Inode);
        BinaryPrimitives.WriteInt64LittleEndian(all[24..], stamp.Size);
        BinaryPrimitives.WriteInt64LittleEndian(all[32..], stamp.ModifiedNs);
        BinaryPrimitives.WriteInt64LittleEndian(all[40..], stamp.ChangedNs);
        BinaryPrimitives.WriteUInt32LittleEndian(all[48..], stamp.Mode);
        s_boot.CopyTo(all[52..]);
        return $"{directory}/{Digest.Of(all)}{Extension}";
    }
}
