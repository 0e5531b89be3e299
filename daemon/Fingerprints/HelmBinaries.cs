using System;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Text;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>Where what was learnt of a large file is kept across restarts; implemented by the store, to the left of this room.</summary>
internal interface IStampLedger
{
    /// <summary>The digest and flags recorded under a stamp.</summary>
    bool TryGetStamp(FileStamp stamp, out Digest digest, out int flags);

    /// <summary>Records a digest and flags under a stamp; false when it could not be kept.</summary>
    bool PutStamp(FileStamp stamp, Digest digest, int flags);
}

/// <summary>
/// The helm binaries met so far. Reading one takes a tenth of a second, so what was learnt is kept by stamp, in memory
/// and across restarts.
/// </summary>
internal sealed class HelmBinaries
{
    private const int IsHelmFlag = 1;

    /// <summary>Another number each time the machine starts: numbers of mounts begin anew then.</summary>
    private const string BootId = "/proc/sys/kernel/random/boot_id\0";

    private readonly ConcurrentDictionary<Digest, IReadOnlyCollection<string>> _words = new();
    private readonly ConcurrentDictionary<(FileStamp Stamp, long Generation), HelmBinary> _known = new();
    private readonly MountTable _mounts = new(Libc.HasUniqueMountIds);
    private readonly IStampLedger _ledger;
    private readonly byte[]? _boot;

    public HelmBinaries(IStampLedger ledger)
    {
        _ledger = ledger;
        if (Libc.HasUniqueMountIds && Libc.ReadFile(Encoding.ASCII.GetBytes(BootId), 64, out ReadOnlySpan<byte> boot) == 0)
            _boot = boot.ToArray();
    }

    /// <summary>
    /// Whether the code of this helm can ask for a variable by this name. The first question costs a tenth of a second for each helm; most callers set no
    /// variable that raises it.
    /// </summary>
    public bool MayAskFor(string variable, HelmBinary helm, string path, FileStamp callers)
    {
        if (!_words.TryGetValue(helm.Digest, out IReadOnlyCollection<string>? words))
        {
            try
            {
                words = HelmIdentity.VariableWords(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return true;
            }
            if (Libc.Stat(path, follow: true, out FileStamp after) != 0 || !after.IsSameFileAs(callers))
                return true;
            _words[helm.Digest] = words;
        }
        foreach (string word in words)
            if (word.Contains(variable, StringComparison.Ordinal))
                return true;
        return false;
    }

    /// <summary>
    /// The binary at <paramref name="path"/>; null when we see another file there than the caller did, or cannot read it.
    /// </summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="callers">The stamp that the caller saw; its mount does not travel.</param>
    /// <param name="nowNs">Time of the request in nanoseconds since the Unix epoch.</param>
    /// <param name="stamp">The stamp that we see.</param>
    public HelmBinary? Find(string path, FileStamp callers, long nowNs, out FileStamp stamp)
    {
        long generation = _mounts.Generation();
        if (Libc.Stat(path, follow: true, out stamp) != 0 || !stamp.IsSameFileAs(callers))
            return null;
        if (_known.TryGetValue((stamp, generation), out HelmBinary known))
            return known;
        bool trusted = stamp.IsTrustedAt(nowNs);
        if (trusted && InLedger(stamp) is { } recorded && _ledger.TryGetStamp(recorded, out Digest digest, out int flags))
            return _known[(stamp, generation)] = new HelmBinary(digest, (flags & IsHelmFlag) != 0);
        HelmBinary binary;
        try
        {
            binary = HelmIdentity.Read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        if (Libc.Stat(path, follow: true, out FileStamp after) != 0 || after != stamp)
            return null;
        if (trusted)
        {
            _known[(stamp, generation)] = binary;
            if (InLedger(stamp) is { } kept)
                _ledger.PutStamp(kept, binary.Digest, binary.IsHelm ? IsHelmFlag : 0);
        }
        return binary;
    }

    /// <inheritdoc cref="Find(string, FileStamp, long, out FileStamp)"/>
    public HelmBinary? Find(string path, FileStamp callers, long nowNs) => Find(path, callers, nowNs, out _);

    /// <summary>
    /// A stamp as it may outlive this process: instead of the device alone, a digest of the machine's start, mount and device. Null where
    /// mounts cannot be told apart for so long.
    /// </summary>
    private FileStamp? InLedger(FileStamp stamp)
    {
        if (_boot is null || stamp.Mount == 0)
            return null;
        Span<byte> place = stackalloc byte[16 + _boot.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(place, stamp.Mount);
        BinaryPrimitives.WriteUInt64LittleEndian(place[8..], stamp.Device);
        _boot.CopyTo(place[16..]);
        return stamp with { Mount = 0, Device = BinaryPrimitives.ReadUInt64LittleEndian(Digest.Of(place).ToArray()) };
    }
}
