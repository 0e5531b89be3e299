using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>
/// The helm binaries met so far. Reading one takes a tenth of a second, so what was learnt is kept by stamp, in memory
/// and across restarts.
/// </summary>
/// <param name="ledger">Where it is kept across restarts; null: nowhere.</param>
internal sealed class HelmBinaries(StampLedger? ledger = null)
{
    /// <summary>
    /// Where the ledger's number has the major version. Its lowest bit said "is helm" once; a number with that alone says too little.
    /// </summary>
    private const int MajorShift = 1,
        OldAnswer = 1;

    private readonly ConcurrentDictionary<Digest, IReadOnlyCollection<string>> _words = new();
    private readonly ConcurrentDictionary<(FileStamp Stamp, long Generation), HelmBinary> _known = new();
    private readonly MountTable _mounts = new(Libc.HasUniqueMountIds);

    /// <summary>
    /// Whether the code of this helm can ask for a variable by this name. The first question costs a tenth of a second for each helm; most
    /// callers set no variable that raises it.
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
        if (trusted && ledger is not null && ledger.TryGet(stamp, out Digest digest, out int flags) && flags != OldAnswer)
            return _known[(stamp, generation)] = new HelmBinary(digest, flags >> MajorShift);
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
            ledger?.Put(stamp, binary.Digest, binary.Major << MajorShift);
        }
        return binary;
    }

    /// <inheritdoc cref="Find(string, FileStamp, long, out FileStamp)"/>
    public HelmBinary? Find(string path, FileStamp callers, long nowNs) => Find(path, callers, nowNs, out _);

    /// <summary>Forgets, across restarts, the files that nobody has asked for since a time.</summary>
    /// <exception cref="IOException">The ledger cannot be read.</exception>
    public void RemoveUnused(DateTime oldestUtc) => ledger?.RemoveUnused(oldestUtc);
}
