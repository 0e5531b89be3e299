using System;
using System.Collections.Generic;
using System.Security.Cryptography;

namespace CacheDaemon.Daemon.Shared.Sealing;

/// <summary>
/// The public key of a writer: ECDSA on P-256. As one line of text <c>hc1:</c> and the base64 of its SubjectPublicKeyInfo (RFC 5480), which
/// is what a PEM file of a public key holds.
/// </summary>
internal sealed class PublicKey
{
    /// <summary>What the line begins with.</summary>
    public const string Prefix = "hc1:";

    /// <summary>Bytes of an id: the first half of the SHA-256 of the SubjectPublicKeyInfo.</summary>
    public const int IdBytes = 16;

    /// <summary>A SubjectPublicKeyInfo of P-256 with an uncompressed point.</summary>
    private const int InfoBytes = 91;

    private const string P256 = "1.2.840.10045.3.1.7";

    private readonly byte[] _info;

    private PublicKey(byte[] info)
    {
        _info = info;
        Id = Convert.ToHexStringLower(SHA256.HashData(info).AsSpan(0, IdBytes));
    }

    /// <summary>32 hexadecimal digits that name the key, in objects, in the log and in <c>explain</c>.</summary>
    public string Id { get; }

    /// <summary>The public half of a key.</summary>
    public static PublicKey Of(ECDsa key) => new(key.ExportSubjectPublicKeyInfo());

    /// <summary>Whether a text has the form of a key; what it says is not looked at, so this needs no OpenSSL.</summary>
    public static bool IsLine(string text) =>
        text.StartsWith(Prefix, StringComparison.Ordinal)
        && Convert.TryFromBase64String(text[Prefix.Length..], new byte[InfoBytes], out int length)
        && length == InfoBytes;

    /// <summary>The key of a line; null when it is none, or is not on P-256.</summary>
    public static PublicKey? OfLine(string text)
    {
        if (!IsLine(text))
            return null;
        using var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(text[Prefix.Length..]), out _);
        }
        catch (CryptographicException)
        {
            return null;
        }
        return IsOnP256(key) ? Of(key) : null;
    }

    /// <summary>
    /// The keys of a file: lines as above, <c>#</c> begins a comment; or one PEM block, as OpenSSL writes it. Null when there is anything
    /// else.
    /// </summary>
    public static IReadOnlyList<PublicKey>? OfFile(string text)
    {
        if (text.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            using var key = ECDsa.Create();
            try
            {
                key.ImportFromPem(text);
            }
            catch (Exception e) when (e is ArgumentException or CryptographicException)
            {
                return null;
            }
            // A file with a private key is no list of whom to trust, and it says who has seen that key.
            return IsOnP256(key) && text.Contains("-----BEGIN PUBLIC KEY-----", StringComparison.Ordinal) ? [Of(key)] : null;
        }
        var keys = new List<PublicKey>();
        foreach (string line in text.Split('\n'))
        {
            string word = line.Split('#')[0].Trim();
            if (word.Length == 0)
                continue;
            if (OfLine(word) is not { } key)
                return null;
            keys.Add(key);
        }
        return keys.Count > 0 ? keys : null;
    }

    /// <summary>Whether a key is on the one curve that is used here, by its name.</summary>
    public static bool IsOnP256(ECDsa key)
    {
        try
        {
            return key.ExportParameters(false).Curve is { IsNamed: true, Oid.Value: P256 };
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Whether this key's owner signed a digest.</summary>
    public bool Verify(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_info, out _);
        return key.VerifyHash(digest, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>The line for <c>shared.trust</c>.</summary>
    public override string ToString() => Prefix + Convert.ToBase64String(_info);
}
