using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// What was made of an output and is kept beside it: blobs to which the output's own document leads, so that each is there once however
/// many entries share the output, is counted with it, and goes when it goes. Opaque to the store.
/// </summary>
public sealed partial class LiteDbTier
{
    /// <summary>What is kept beside an output under a name, as it was given; null for nothing. What is damaged is removed.</summary>
    /// <param name="output">SHA-256 of the output.</param>
    /// <param name="name">Name of the view.</param>
    public Blob? GetView(Digest output, string name)
    {
        if (
            !Database.TryRead(session => ReadView(session, output, name), out (bool Kept, Blob? Blob) found)
            || !found.Kept
            || found.Blob is not null
        )
            return found.Blob;
        // Seen between two writes, or damaged.
        Database.TryWrite(
            session =>
            {
                if (ReadView(session, output, name) is { Kept: true, Blob: null })
                    ViewRows.Attach(session, output, name, null);
                return true;
            },
            out _
        );
        _blobs.Sweep();
        return null;
    }

    /// <summary>
    /// Keeps bytes beside an output, in the place of those that have the name. False when they were not kept: the output is not on disk, or
    /// the disk is full.
    /// </summary>
    /// <param name="output">SHA-256 of the output.</param>
    /// <param name="name">Name of the view.</param>
    /// <param name="view">What to keep.</param>
    public bool PutView(Digest output, string name, Blob view)
    {
        if (_blobs.Prepare(view, mayShare: false) is not { Digest: not null } prepared)
            return false;
        bool done = Database.TryWrite(
            session => _blobs.CanPublish(session, prepared) && ViewRows.Attach(session, output, name, prepared),
            out bool kept
        );
        _blobs.Discard(prepared);
        return done && kept;
    }

    private static (bool Kept, Blob? Blob) ReadView(LiteDbSession session, Digest output, string name) =>
        ViewRows.Find(session, output, name) is { } digest ? (true, BlobRows.Read(session, digest)) : (false, null);
}
