using CacheDaemon.Daemon.Fingerprints;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// What was made of an output and is kept beside it: a blob to which the output's own document leads, so that it is there once however many entries share the output, is counted with it, and
/// goes when it goes. Opaque to the store.
/// </summary>
public sealed partial class LiteDbTier
{
    /// <summary>What is kept beside an output, as it was given; null for nothing. What is damaged is removed.</summary>
    /// <param name="output">SHA-256 of the output.</param>
    public byte[]? GetProjection(Digest output)
    {
        if (!Database.TryRead(session => ReadProjection(session, output), out (bool Kept, byte[]? Bytes) found) || !found.Kept || found.Bytes is not null)
            return found.Bytes;
        // Seen between two writes, or damaged.
        Database.TryWrite(
            session =>
            {
                if (ReadProjection(session, output) is { Kept: true, Bytes: null })
                    BlobRows.Attach(session, output, null);
                return true;
            }, out _);
        _blobs.Sweep();
        return null;
    }

    /// <summary>Keeps bytes beside an output, in the place of those that are. False when they were not kept: the output is not on disk, or the disk is full.</summary>
    /// <param name="output">SHA-256 of the output.</param>
    /// <param name="projection">What to keep.</param>
    public bool PutProjection(Digest output, byte[] projection)
    {
        if (_blobs.Prepare(Blob.Of(projection), mayShare: false) is not { Digest: not null } prepared)
            return false;
        bool done = Database.TryWrite(session => _blobs.CanPublish(session, prepared) && BlobRows.Attach(session, output, prepared), out bool kept);
        _blobs.Discard(prepared);
        return done && kept;
    }

    private static (bool Kept, byte[]? Bytes) ReadProjection(LiteDbSession session, Digest output) => BlobRows.Attached(session, EntryRows.Id(output)) is { } digest
        ? (true, BlobRows.Read(session, digest)?.ToArray())
        : (false, null);
}
