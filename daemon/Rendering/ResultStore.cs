using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>A result that was looked for.</summary>
/// <param name="Key">The key under which it is, or would be.</param>
/// <param name="Lookup">What was found.</param>
/// <param name="WithPaths">Whether <paramref name="Key"/> is the second one.</param>
internal readonly record struct FoundResult(CacheKey Key, Lookup Lookup, bool WithPaths = false)
{
    /// <summary>The result; null when there is none.</summary>
    public Entry? Entry => Lookup.Entry;

    /// <summary>Where it was found.</summary>
    public string Tier => Lookup.Tier;
}

/// <summary>
/// The results, and the one place that knows the rule of the two keys: what shows paths of this machine is stored under the second key,
/// with a note under the first that says so.
/// </summary>
/// <param name="store">The entries.</param>
internal sealed class ResultStore(EntryStore store)
{
    /// <summary>What is stored for these inputs, under whichever key.</summary>
    public FoundResult Find(Fingerprint fingerprint)
    {
        Lookup found = store.Get(fingerprint.Key);
        return found.Entry is { Result: null }
            ? new FoundResult(fingerprint.PathKey, store.Get(fingerprint.PathKey), WithPaths: true)
            : new FoundResult(fingerprint.Key, found);
    }

    /// <summary>Whether anything is stored under exactly this key.</summary>
    public bool Has(CacheKey key) => store.Get(key).Entry is not null;

    /// <summary>What was made of an entry's output; null when it was not.</summary>
    public Blob? GetView(CacheKey key, Entry entry, string view) => store.GetView(key, entry, view);

    /// <summary>Stores a result under the key that it belongs to.</summary>
    public RefuseReason Put(Fingerprint fingerprint, Entry entry)
    {
        RefuseReason refused = store.PutInBackground(KeyOf(fingerprint, entry), entry);
        return ShowsPaths(entry) && refused == RefuseReason.None
            ? store.PutInBackground(fingerprint.Key, entry with { Result = null, HoldsSecret = false })
            : refused;
    }

    /// <summary>The key that a result belongs to.</summary>
    public static CacheKey KeyOf(Fingerprint fingerprint, Entry entry) => ShowsPaths(entry) ? fingerprint.PathKey : fingerprint.Key;

    /// <summary>Whether a result may show paths: helm prints them to the standard error alone.</summary>
    public static bool ShowsPaths(Entry entry) => entry.Result!.Stderr.Length > 0;
}
