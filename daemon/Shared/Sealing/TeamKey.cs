using System;
using System.Security.Cryptography;

namespace CacheDaemon.Daemon.Shared.Sealing;

/// <summary>
/// 32 random bytes that a team has in common, as PEM (RFC 7468). What entries are named with and what they are encrypted with are two keys
/// made of it (HKDF, RFC 5869), so that neither says anything about the other.
/// </summary>
internal sealed class TeamKey
{
    /// <summary>Length in bytes, of it and of what is made of it.</summary>
    public const int SizeInBytes = 32;

    private const string Label = "HELMCACHED TEAM KEY";

    private readonly byte[] _key;

    private TeamKey(byte[] key) => _key = key;

    /// <summary>Key of the names on the server.</summary>
    public byte[] ForNames => Derive("helmcached shared names 1"u8);

    /// <summary>Key of AES-256.</summary>
    public byte[] ForPayloads => Derive("helmcached shared payloads 1"u8);

    /// <summary>A new one.</summary>
    public static TeamKey Create() => new(RandomNumberGenerator.GetBytes(SizeInBytes));

    /// <summary>The key of a file; null when the text is something else.</summary>
    public static TeamKey? OfPem(string text)
    {
        byte[] key = new byte[SizeInBytes + 1];
        return
            PemEncoding.TryFind(text, out PemFields fields)
            && text[fields.Label] == Label
            && fields.DecodedDataLength == SizeInBytes
            && Convert.TryFromBase64String(text[fields.Base64Data], key, out int length)
            && length == SizeInBytes
            ? new TeamKey(key[..SizeInBytes])
            : null;
    }

    /// <summary>The text of its file.</summary>
    public string ToPem() => PemEncoding.WriteString(Label, _key) + "\n";

    private byte[] Derive(ReadOnlySpan<byte> purpose)
    {
        byte[] key = new byte[SizeInBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, key, salt: default, info: purpose);
        return key;
    }
}
