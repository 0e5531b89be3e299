using System;
using System.Buffers;
using System.Collections.Generic;
using CacheDaemon.Daemon.Shared.Sealing;

namespace CacheDaemon.Daemon.Shared.Servers;

/// <summary>From settings to the server that they name. Connects to nothing yet.</summary>
internal static class SharedServers
{
    /// <summary>Longest time for a new connection to an HTTP server.</summary>
    public static readonly TimeSpan ConnectDeadline = TimeSpan.FromMilliseconds(50);

    /// <summary>The same where encryption is agreed on first, which takes two more round trips and a signature.</summary>
    public static readonly TimeSpan HandshakeDeadline = TimeSpan.FromMilliseconds(150);

    /// <summary>The same for Redis, whose client logs in and asks for the server's version before it says that it is connected.</summary>
    public static readonly TimeSpan LogInDeadline = TimeSpan.FromMilliseconds(150);

    private static readonly SearchValues<char> s_token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    );

    /// <summary>
    /// The team's cache as it is configured; null where none is, or where something is wrong with the settings or their files: then it is
    /// out, and helm works as without it.
    /// </summary>
    /// <param name="settings">The settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives one line for each kind of problem later on.</param>
    /// <param name="problems">Receives what is wrong now.</param>
    public static SharedTier? OpenTier(SharedSettings settings, TimeProvider time, Action<string> log, ICollection<string> problems) =>
        settings.IsWanted && SharedKeys.Load(settings, problems) is { } keys && Open(settings, problems) is { } server
            ? new SharedTier(server, keys, time, log)
            : null;

    /// <summary>The server; null, with a sentence for people that names file, reason and next step.</summary>
    /// <param name="settings">With a URL.</param>
    /// <param name="problems">Receives what is wrong.</param>
    public static ISharedServer? Open(SharedSettings settings, ICollection<string> problems)
    {
        ServerCertificates? certificates = settings.CaFile is { } authorities
            ? ServerCertificates.Load(authorities, problems)
            : new ServerCertificates();
        if (certificates is null)
            return null;
        if (settings.IsRedis)
        {
            string? password = null;
            if (settings.PasswordFrom is { } file && (password = Read(file, problems)) is null)
                return null;
            return new RedisServer(settings.Url!, password?.TrimEnd('\r', '\n'), settings.MaxAge, LogInDeadline, certificates);
        }
        var headers = new List<KeyValuePair<string, string>>();
        return settings.HeadersFrom is { } lines && !ReadHeaders(lines, headers, problems)
            ? null
            : new HttpServer(settings.Url!, headers, settings.Url!.Scheme == "https" ? HandshakeDeadline : ConnectDeadline, certificates);
    }

    private static bool ReadHeaders(string file, List<KeyValuePair<string, string>> headers, ICollection<string> problems)
    {
        if (Read(file, problems) is not { } text)
            return false;
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            if (line.Trim() is not { Length: > 0 } header || header[0] == '#')
                continue;
            int colon = header.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || !IsToken(header.AsSpan(0, colon)) || header.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                // Never the line itself: it may be a token.
                problems.Add($"{file}: line {number} is not a header; write NAME: VALUE, such as Authorization: Bearer …");
                return false;
            }
            headers.Add(new(header[..colon], header[(colon + 1)..].Trim()));
        }
        return true;
    }

    /// <summary>A header's name (RFC 9110, 5.6.2).</summary>
    private static bool IsToken(ReadOnlySpan<char> name) => !name.ContainsAnyExcept(s_token);

    private static string? Read(string file, ICollection<string> problems)
    {
        string? text = PrivateFile.Read(file, isPrivate: true, out string? problem);
        if (problem is not null)
            problems.Add(problem);
        return text;
    }
}
