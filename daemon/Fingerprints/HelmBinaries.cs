using System;
using System.Collections.Concurrent;
using System.IO;
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

    private readonly ConcurrentDictionary<FileStamp, HelmBinary> _known = new();
    private readonly IStampLedger _ledger;

    public HelmBinaries(IStampLedger ledger) => _ledger = ledger;

    /// <summary>
    /// The binary at <paramref name="path"/>; null when we see another file there than the caller did, or cannot read it.
    /// </summary>
    public HelmBinary? Find(string path, FileStamp callers, long nowNs)
    {
        if (Libc.Stat(path, follow: true, out FileStamp stamp) != 0 || stamp != callers)
            return null;
        if (_known.TryGetValue(stamp, out HelmBinary known))
            return known;
        bool trusted = stamp.IsTrustedAt(nowNs);
        if (trusted && _ledger.TryGetStamp(stamp, out Digest digest, out int flags))
            return _known[stamp] = new HelmBinary(digest, (flags & IsHelmFlag) != 0);
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
            _known[stamp] = binary;
            _ledger.PutStamp(stamp, binary.Digest, binary.IsHelm ? IsHelmFlag : 0);
        }
        return binary;
    }
}
