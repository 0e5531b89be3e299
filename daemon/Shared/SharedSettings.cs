using System;
using System.Collections.Generic;
using System.Globalization;

namespace CacheDaemon.Daemon.Shared;

/// <summary>What is configured about the team's cache (<c>docs/shared-cache.md</c>).</summary>
internal sealed record SharedSettings
{
    /// <summary>The largest <see cref="MaxAge"/>: ten years.</summary>
    public static readonly TimeSpan LongestMaxAge = TimeSpan.FromDays(3650);

    /// <summary>The server; null (default): there is no team cache.</summary>
    public Uri? Url { get; init; }

    /// <summary>True: what this machine renders is written there. Default: it only reads.</summary>
    public bool MayWrite { get; init; }

    /// <summary>Whose entries are served: public keys (<c>hc1:…</c>) and absolute paths of files with such keys.</summary>
    public IReadOnlyList<string> Trust { get; init; } = [];

    /// <summary>File of the private key that written entries are signed with.</summary>
    public string? SignWith { get; init; }

    /// <summary>File of the team key that entries are encrypted with; null: they are not.</summary>
    public string? EncryptWith { get; init; }

    /// <summary>File of the team key that names on the server come from; null: <see cref="EncryptWith"/>.</summary>
    public string? NamesFrom { get; init; }

    /// <summary>File with header lines for an HTTP server.</summary>
    public string? HeadersFrom { get; init; }

    /// <summary>File with the certificates of the authorities that may vouch for the server; null: those that the system trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>File with the password for Redis.</summary>
    public string? PasswordFrom { get; init; }

    /// <summary>Older entries are refused. Default 30 days.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>True: entries that hold a Kubernetes Secret go to the server, encrypted. Default: never.</summary>
    public bool Secrets { get; init; }

    /// <summary>What is wrong with the settings of this group; null: nothing. A group with a mistake in it is not used at all.</summary>
    public string? Mistake { get; init; }

    /// <summary>Whether somebody wants a team cache, however well that is configured.</summary>
    public bool IsWanted => Url is not null || Mistake is not null;

    /// <summary>Whether <see cref="Url"/> is for Redis; else HTTP.</summary>
    public bool IsRedis => Url?.Scheme is "redis" or "rediss";

    /// <summary>
    /// The address of a server; null for a text that is none. A user and password stand in the address of Redis only, whose path is the
    /// number of a database.
    /// </summary>
    public static Uri? ParseUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Host.Length == 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
            return null;
        return url.Scheme switch
        {
            "http" or "https" => url.UserInfo.Length == 0 ? url : null,
            "redis" or "rediss" => url.AbsolutePath is "" or "/"
            || int.TryParse(url.AbsolutePath[1..], NumberStyles.None, CultureInfo.InvariantCulture, out _)
                ? url
                : null,
            _ => null,
        };
    }

    /// <summary>An address for people: without the password.</summary>
    public static string Shown(Uri url) =>
        url.UserInfo.Length == 0 ? url.AbsoluteUri : url.AbsoluteUri.Replace(url.UserInfo + "@", "***@", StringComparison.Ordinal);
}
