using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using CacheDaemon.Daemon.Keys;
using LiteDB;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// What was made of an output and is kept beside it: the field <c>views</c> of the output's document, an array of <c>{ seal, blob }</c>.
/// The seal is a SHA-256 over the output, the name of the view and its bytes' digest, so that neither one of another output nor one of
/// another name is ever an answer, whatever becomes of the document.
/// </summary>
internal static class ViewRows
{
    /// <summary>Most of one output; the one that was made first makes room. Tools ask for one or two.</summary>
    public const int MaxViews = 6;

    private const string Views = "views",
        Seal = "seal",
        Blob = "blob";

    /// <summary>The blob with this name beside an output; null when there is none.</summary>
    public static Digest? Find(LiteDbSession session, Digest output, string name)
    {
        if (session.Find(LiteDbSchema.Blobs, EntryRows.Id(output)) is not { } row)
            return null;
        foreach (Digest blob in All(row, output, name))
            return blob;
        return null;
    }

    /// <summary>
    /// Keeps a blob beside an output, which takes it along when it goes, in the place of what has the name. False when the output is not
    /// there.
    /// </summary>
    /// <param name="session">The writer's.</param>
    /// <param name="output">SHA-256 of the output.</param>
    /// <param name="name">Name of the view.</param>
    /// <param name="blob">What is kept; null for nothing.</param>
    public static bool Attach(LiteDbSession session, Digest output, string name, PreparedBlob? blob)
    {
        if (session.Find(LiteDbSchema.Blobs, EntryRows.Id(output)) is not { } row || blob?.Digest == output)
            return false;
        List<BsonDocument> views = Items(row);
        List<BsonDocument> gone = views.FindAll(view => IsOf(view, output, name));
        views.RemoveAll(gone.Contains);
        if (blob is not null)
        {
            BlobRows.Publish(session, blob);
            Digest digest = blob.Digest!.Value;
            views.Add(new BsonDocument { [Seal] = EntryRows.Id(SealOf(output, name, digest)), [Blob] = EntryRows.Id(digest) });
            if (views.Count > MaxViews)
            {
                gone.Add(views[0]);
                views.RemoveAt(0);
            }
        }
        if (views.Count > 0)
            row[Views] = new BsonArray(views);
        else
            row.Remove(Views);
        session.Put(LiteDbSchema.Blobs, row);
        foreach (BsonDocument view in gone)
            if (EntryRows.DigestOf(view[Blob]) is { } released)
                BlobRows.Release(session, released);
        return true;
    }

    /// <summary>All blobs that are kept beside the output whose document this is.</summary>
    public static IEnumerable<Digest> All(BsonDocument row)
    {
        foreach (BsonDocument view in Items(row))
            if (EntryRows.DigestOf(view[Blob]) is { } blob && EntryRows.Id(blob) != row["_id"])
                yield return blob;
    }

    /// <summary>What they take.</summary>
    public static long Bytes(LiteDbSession session, BsonDocument row)
    {
        long bytes = 0;
        foreach (Digest view in All(row))
            if (session.Find(LiteDbSchema.Blobs, EntryRows.Id(view)) is { } blob)
                bytes += blob["bytes"].AsInt64;
        return bytes;
    }

    private static IEnumerable<Digest> All(BsonDocument row, Digest output, string name)
    {
        foreach (BsonDocument view in Items(row))
            if (IsOf(view, output, name) && EntryRows.DigestOf(view[Blob]) is { } blob)
                yield return blob;
    }

    /// <summary>The documents of the field; what is damaged is passed over.</summary>
    private static List<BsonDocument> Items(BsonDocument row)
    {
        var items = new List<BsonDocument>();
        if (row[Views].IsArray)
            foreach (BsonValue item in row[Views].AsArray)
                if (item.IsDocument)
                    items.Add(item.AsDocument);
        return items;
    }

    private static bool IsOf(BsonDocument view, Digest output, string name) =>
        EntryRows.DigestOf(view[Blob]) is { } blob && EntryRows.DigestOf(view[Seal]) is { } seal && seal == SealOf(output, name, blob);

    private static Digest SealOf(Digest output, string name, Digest blob)
    {
        using var text = new MemoryStream();
        text.Write("view"u8);
        text.Write(output.ToArray());
        text.Write(blob.ToArray());
        text.Write(Encoding.UTF8.GetBytes(name));
        return Digest.Of(text.GetBuffer().AsSpan(0, (int)text.Length));
    }
}
