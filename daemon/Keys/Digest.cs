using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CacheDaemon.Daemon.Keys;

/// <summary>A SHA-256 of some bytes: 32 bytes, a value type; its text form is 64 lowercase hexadecimal digits.</summary>
[InlineArray(SizeInBytes)]
public struct Digest : IEquatable<Digest>
{
    /// <summary>Length in bytes.</summary>
    public const int SizeInBytes = 32;

    private byte _first;

    /// <summary>The digest of <paramref name="data"/>.</summary>
    public static Digest Of(ReadOnlySpan<byte> data) => Sha256.Of(data);

    /// <summary>Copies 32 bytes.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 32 bytes long.</exception>
    public static Digest FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != SizeInBytes)
            throw new ArgumentException("A digest is 32 bytes long.", nameof(bytes));
        Digest digest = default;
        bytes.CopyTo(digest.Bytes);
        return digest;
    }

    /// <summary>The bytes, writable while the caller holds the variable.</summary>
    [UnscopedRef]
    public Span<byte> Bytes => MemoryMarshal.CreateSpan(ref Unsafe.As<Digest, byte>(ref this), SizeInBytes);

    /// <summary>Reads the text form; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Digest digest)
    {
        digest = default;
        return text.Length == 2 * SizeInBytes
            && Convert.FromHexString(text, digest.Bytes, out _, out int written) == System.Buffers.OperationStatus.Done
            && written == SizeInBytes;
    }

    /// <summary>A copy of the bytes.</summary>
    public readonly byte[] ToArray() => ReadBytes().ToArray();

    /// <inheritdoc/>
    public readonly bool Equals(Digest other) => ReadBytes().SequenceEqual(other.ReadBytes());

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Digest other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => MemoryMarshal.Read<int>(ReadBytes());

    /// <inheritdoc/>
    public override readonly string ToString() => Convert.ToHexStringLower(ReadBytes());

    public static bool operator ==(Digest left, Digest right) => left.Equals(right);

    public static bool operator !=(Digest left, Digest right) => !left.Equals(right);

    [UnscopedRef]
    private readonly ReadOnlySpan<byte> ReadBytes() =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<Digest, byte>(ref Unsafe.AsRef(in this)), SizeInBytes);
}
