using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;
using MessagePack;

namespace CacheDaemon.Daemon.Shared.Sealing;

/// <summary>
/// An entry as it lies on a server that nobody has to trust (<c>docs/shared-cache.md</c>, "The object"):
/// <code>
/// offset  bytes
///      0  4       "hmcs"
///      4  1       format, 1
///      5  1       1: the body is encrypted, 0: it is not
///      6  32      name: HMAC-SHA256 of the key
///     38  16      id of the writer's public key
///     54  8       time of writing, milliseconds since 1970, big-endian
///     62  …       body; encrypted: nonce (12), AES-256-GCM of the body, tag (16), with bytes 0 to 61 as associated data
///    end  64      ECDSA P-256 signature, IEEE P1363, over SHA-256 of "helmcached shared entry 1" and all bytes before it
/// </code>
/// The body is a MessagePack array of nine: microseconds helm took, SHA-256 of helm, exit code, holds a Secret, length of the output,
/// SHA-256 of the output, codec
/// (<see cref="BlobCodec"/>), the output in that codec, the error output.
/// <para>
/// The order of checks is the point: nothing but the fixed bytes at the front is looked at before a trusted writer's signature over
/// everything has been verified, so what deciphers, parses
/// and unpacks only ever sees what a trusted writer wrote. The key itself is not in the object, where a guess could be compared with it;
/// the signed name binds it.
/// </para>
/// </summary>
internal static class SealedEntry
{
    /// <summary>No object is longer: what can be had in 200 ms, and rendered YAML is an eighth as long in it.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>No output in an object is longer.</summary>
    public const int MaxOutputBytes = 64 << 20;

    /// <summary>How far a writer's clock may be ahead of ours.</summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(10);

    private const int FormatAt = 4,
        EncryptedAt = 5,
        NameAt = 6,
        SignerAt = NameAt + Digest.SizeInBytes,
        TimeAt = SignerAt + PublicKey.IdBytes,
        BodyAt = TimeAt + sizeof(long);
    private const byte Format = 1;
    private const int SignatureBytes = 64,
        NonceBytes = 12,
        TagBytes = 16,
        Members = 9;

    private static ReadOnlySpan<byte> Magic => "hmcs"u8;

    private static ReadOnlySpan<byte> Label => "helmcached shared entry 1"u8;

    /// <summary>
    /// Makes an object of an entry. Null when it may not leave this machine: it failed, it wrote to standard error (which may show paths),
    /// it holds a Secret that would not be encrypted or may not be shared, or it is too large.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no key to sign with.</exception>
    public static byte[]? Seal(CacheKey key, SharedEntry entry, SharedKeys keys)
    {
        if (
            entry.Result is not { ExitCode: 0, Stderr.Length: 0, Stdout.Length: <= MaxOutputBytes }
            || (entry.HoldsSecret && !keys.MaySealSecrets)
        )
            return null;
        byte[] body = Body(entry);
        int length = BodyAt + body.Length + (keys.Encrypts ? NonceBytes + TagBytes : 0) + SignatureBytes;
        if (length > MaxBytes)
            return null;
        byte[] sealedEntry = new byte[length];
        Magic.CopyTo(sealedEntry);
        sealedEntry[FormatAt] = Format;
        sealedEntry[EncryptedAt] = keys.Encrypts ? (byte)1 : (byte)0;
        keys.NameBytesOf(key).CopyTo(sealedEntry, NameAt);
        Convert.FromHexString(keys.Signer!.Id).CopyTo(sealedEntry, SignerAt);
        BinaryPrimitives.WriteInt64BigEndian(sealedEntry.AsSpan(TimeAt), entry.Created.ToUnixTimeMilliseconds());
        Span<byte> room = sealedEntry.AsSpan(BodyAt..^SignatureBytes);
        using (AesGcm? cipher = keys.Cipher(TagBytes))
        {
            if (cipher is null)
                body.CopyTo(room);
            else
            {
                RandomNumberGenerator.Fill(room[..NonceBytes]);
                cipher.Encrypt(room[..NonceBytes], body, room[NonceBytes..^TagBytes], room[^TagBytes..], sealedEntry.AsSpan(..BodyAt));
            }
        }
        keys.Sign(Signed(sealedEntry)).CopyTo(sealedEntry, length - SignatureBytes);
        return sealedEntry;
    }

    /// <summary>What an object says about a key, or why it is not believed. No bytes make it throw.</summary>
    /// <param name="bytes">As the server gave it.</param>
    /// <param name="key">What was asked for.</param>
    /// <param name="keys">Whom to trust.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="System.IO.IOException">There is no room in memory for the output.</exception>
    public static Unsealed Open(ReadOnlyMemory<byte> bytes, CacheKey key, SharedKeys keys, DateTimeOffset now)
    {
        ReadOnlySpan<byte> all = bytes.Span;
        if (all.Length > MaxBytes)
            return Refused(SharedRefusal.TooLarge);
        if (all.Length < BodyAt + SignatureBytes || !all.StartsWith(Magic))
            return Refused(SharedRefusal.Malformed);
        if (all[FormatAt] != Format)
            return Refused(SharedRefusal.OtherVersion);
        string signer = Convert.ToHexStringLower(all.Slice(SignerAt, PublicKey.IdBytes));
        if (!all.Slice(NameAt, Digest.SizeInBytes).SequenceEqual(keys.NameBytesOf(key)))
            return Refused(SharedRefusal.OtherKey, signer);
        if (keys.TrustedKey(signer) is not { } writer)
            return Refused(SharedRefusal.UnknownSigner, signer);
        if (!writer.Verify(Signed(all), all[^SignatureBytes..]))
            return Refused(SharedRefusal.BadSignature, signer);

        // From here on everything is as a trusted writer wrote it.
        long written = BinaryPrimitives.ReadInt64BigEndian(all[TimeAt..]);
        long age = unchecked(now.ToUnixTimeMilliseconds() - written);
        if (written < 0 || age > keys.MaxAge.TotalMilliseconds)
            return Refused(SharedRefusal.TooOld, signer);
        if (age < -MaxClockSkew.TotalMilliseconds)
            return Refused(SharedRefusal.FromTheFuture, signer);
        ReadOnlyMemory<byte> body = bytes[BodyAt..^SignatureBytes];
        switch (all[EncryptedAt])
        {
            case 0:
                break;
            case 1 when Decipher(all[..BodyAt], body.Span, keys) is { } plain:
                body = plain;
                break;
            case 1:
                return Refused(SharedRefusal.Undecipherable, signer);
            default:
                return Refused(SharedRefusal.Malformed, signer);
        }
        SharedRefusal refusal = Read(body, DateTimeOffset.FromUnixTimeMilliseconds(written), out SharedEntry? entry);
        return new Unsealed(entry, refusal, signer);
    }

    /// <summary>
    /// The digest that is signed: the label keeps these signatures apart from all others that the same key may have made.
    /// </summary>
    private static byte[] Signed(ReadOnlySpan<byte> sealedEntry)
    {
        using var hash = new Sha256();
        hash.Append(Label);
        hash.Append(sealedEntry[..^SignatureBytes]);
        return hash.Current().ToArray();
    }

    private static byte[]? Decipher(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body, SharedKeys keys)
    {
        using AesGcm? cipher = keys.Cipher(TagBytes);
        if (cipher is null || body.Length < NonceBytes + TagBytes)
            return null;
        byte[] plain = new byte[body.Length - NonceBytes - TagBytes];
        try
        {
            cipher.Decrypt(body[..NonceBytes], body[NonceBytes..^TagBytes], body[^TagBytes..], plain, head);
            return plain;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static byte[] Body(SharedEntry entry)
    {
        Blob output = entry.Result.Stdout;
        (int codec, byte[] stored) = output.Read(BlobCodec.Encode);
        var buffer = new ArrayBufferWriter<byte>(stored.Length + 128);
        var w = new MessagePackWriter(buffer);
        w.WriteArrayHeader(Members);
        w.Write((long)(entry.RenderMilliseconds * 1000));
        w.Write(entry.Helm.ToArray());
        w.Write(entry.Result.ExitCode);
        w.Write(entry.HoldsSecret);
        w.Write(output.Length);
        w.Write(output.Digest().ToArray());
        w.Write(codec);
        w.Write(stored);
        w.Write(entry.Result.Stderr);
        w.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static SharedRefusal Read(ReadOnlyMemory<byte> body, DateTimeOffset created, out SharedEntry? entry)
    {
        entry = null;
        var r = new MessagePackReader(body);
        try
        {
            if (r.ReadArrayHeader() != Members)
                return SharedRefusal.Malformed;
            double milliseconds = r.ReadInt64() / 1000.0;
            var helm = Digest.FromBytes(r.ReadBinary().Span);
            int exitCode = r.ReadInt32();
            bool holdsSecret = r.ReadBoolean();
            int length = r.ReadInt32();
            var digest = Digest.FromBytes(r.ReadBinary().Span);
            int codec = r.ReadInt32();
            ReadOnlyMemory<byte> stored = r.ReadBinary();
            byte[] stderr = r.ReadBinary().ToArray();
            if (!r.End || exitCode != 0 || stderr.Length > 0 || length < 0 || milliseconds < 0)
                return SharedRefusal.Malformed;
            if (length > MaxOutputBytes)
                return SharedRefusal.TooLarge;
            if (BlobCodec.Decode(codec, length, stored.Span) is not { } output || output.Digest() != digest)
                return SharedRefusal.DigestMismatch;
            entry = new SharedEntry(new RenderResult(exitCode, output, stderr), created, milliseconds, helm, holdsSecret);
            return SharedRefusal.None;
        }
        catch (Exception e) when (e is ArgumentException || StrictReading.Damage(e) is not null)
        {
            return SharedRefusal.Malformed;
        }
    }

    private static Unsealed Refused(SharedRefusal refusal, string? signer = null) => new(null, refusal, signer);
}
