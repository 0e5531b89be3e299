using System;

namespace CacheDaemon.Daemon.RemoteCharts;

/// <summary>
/// One entry of an index while it is read: takes its fields one by one. Go matches names of fields in any case, we take one spelling and
/// refuse the others.
/// </summary>
internal struct IndexEntry
{
    private string? _version;
    private string? _digest;
    private string? _url;

    /// <summary>Whether the value of this field is wanted.</summary>
    /// <exception cref="IndexException">It is the name of a field in another case.</exception>
    public static bool Wants(string field)
    {
        if (field is "version" or "digest" or "urls")
            return true;
        if (IsOtherSpelling(field, "version") || IsOtherSpelling(field, "digest") || IsOtherSpelling(field, "urls"))
            throw new IndexException($"a field is called {field}");
        return false;
    }

    /// <summary>Whether a name means a field without being spelled like it.</summary>
    public static bool IsOtherSpelling(string name, string field) =>
        name != field && name.Equals(field, StringComparison.OrdinalIgnoreCase);

    /// <summary>Takes the text of a field; of <c>urls</c> the first one.</summary>
    /// <exception cref="IndexException">It was there already.</exception>
    public void Take(string field, string value)
    {
        ref string? place = ref _url;
        if (field == "version")
            place = ref _version;
        else if (field == "digest")
            place = ref _digest;
        if (place is not null)
            throw new IndexException($"{field} stands twice");
        place = value;
    }

    /// <summary>The entry, complete.</summary>
    public readonly IndexedVersion ToVersion() => new(_version ?? "", _digest ?? "", NeedsPlugin(_url ?? ""));

    private static bool NeedsPlugin(string url)
    {
        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        return scheme >= 0 && url[..scheme] is not ("http" or "https" or "oci");
    }
}
