using System;
using System.Text;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Client.Helm;

/// <summary>
/// The key <c>helm</c> of the configuration file, as the shim reads it: the first line that starts with <c>helm:</c>, with an
/// absolute path, plain or in quotes. The daemon reads the file as YAML; a parser of YAML would cost the shim more than a hit.
/// A line that is not understood counts as absent, so nothing in this file ever stops a call.
/// </summary>
public static class ConfiguredHelm
{
    /// <summary>A longer file is no configuration of ours.</summary>
    private const int MaxFileBytes = 256 * 1024;

    private static ReadOnlySpan<byte> Key => "helm:"u8;

    /// <summary>
    /// Where the file is, whether or not it exists: <c>HELMCACHED_CONFIG</c>, else below the account's home; null without a home.
    /// </summary>
    public static string? File() =>
        Endpoint.Variable("HELMCACHED_CONFIG"u8) is { } chosen ? Libc.FullPath(chosen)
        : Endpoint.AccountHome() is { } home ? home + "/.config/helmcached/config.yaml"
        : null;

    /// <summary>The absolute path that the file names; null when it names none. Whether something is there is not looked at.</summary>
    public static string? Read()
    {
        if (
            File() is not { } file
            || Libc.Stat(file, follow: true, out FileStamp stamp) != 0
            || stamp.Kind != FileKind.Regular
            || stamp.Size > MaxFileBytes
        )
            return null;
        byte[] text = new byte[stamp.Size + 1];
        return Libc.ReadFile(Libc.PathBytes(file), stamp, text) == 0 ? Find(text.AsSpan(0, (int)stamp.Size)) : null;
    }

    /// <summary>The path in a text of the file.</summary>
    public static string? Find(ReadOnlySpan<byte> text)
    {
        foreach (Range range in text.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = text[range];
            if (line.StartsWith(Key) && line.Length > Key.Length && line[Key.Length] is (byte)' ' or (byte)'\t')
                return Scalar(line[Key.Length..].Trim(" \t\r"u8));
        }
        return null;
    }

    private static string? Scalar(ReadOnlySpan<byte> value)
    {
        if (value.Length > 0 && value[0] is (byte)'"' or (byte)'\'')
        {
            int end = value[1..].IndexOf(value[0]);
            ReadOnlySpan<byte> after = end < 0 ? default : value[(end + 2)..];
            bool closed = end >= 0 && (after.IsEmpty || after[0] is (byte)' ' or (byte)'\t' or (byte)'#');
            value = closed && !value[..(end + 1)].Contains((byte)'\\') ? value[1..(end + 1)] : default;
        }
        else if (value.IndexOf(" #"u8) is var comment and >= 0)
        {
            value = value[..comment].TrimEnd(" \t"u8);
        }
        return value.Length > 1 && value[0] == (byte)'/' ? Encoding.UTF8.GetString(value) : null;
    }
}
