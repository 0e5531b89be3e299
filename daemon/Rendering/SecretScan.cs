using System;
using System.Buffers;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// Tells whether a manifest holds a Kubernetes Secret. Errs on the side of "yes": it only decides where the entry may live.
/// </summary>
internal static class SecretScan
{
    /// <summary>
    /// With what a value begins that is not written as it reads: anchors, aliases, tags, blocks, comments and escapes of YAML. No manifest
    /// writes a kind so, unless it wants to.
    /// </summary>
    private static readonly SearchValues<byte> s_disguises = SearchValues.Create("&*!|>#?"u8);

    /// <summary>
    /// True when some line or JSON member reads <c>kind: Secret</c>, quoted or not; also for kinds that begin so, and for those that cannot
    /// be told without a parser.
    /// </summary>
    public static bool HoldsSecret(ReadOnlySpan<byte> manifest)
    {
        while (manifest.IndexOf("kind"u8) is var at && at >= 0)
        {
            manifest = manifest[(at + 4)..];
            ReadOnlySpan<byte> value = manifest.TrimStart("\"' :\t\r\n"u8);
            if (value.StartsWith("Secret"u8) || IsDisguised(manifest, value))
                return true;
        }
        return false;
    }

    /// <param name="member">What follows the word <c>kind</c>.</param>
    /// <param name="value">The same, from the first letter of its value on.</param>
    private static bool IsDisguised(ReadOnlySpan<byte> member, ReadOnlySpan<byte> value) =>
        !value.IsEmpty
        && member[..^value.Length].Contains((byte)':')
        && (s_disguises.Contains(value[0]) || value[..End(value)].Contains((byte)'\\'));

    private static int End(ReadOnlySpan<byte> value) => value.IndexOfAny("\"'\r\n"u8) is var end and >= 0 ? end : value.Length;
}
