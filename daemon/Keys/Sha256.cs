using System;
using System.Buffers.Binary;
using System.IO;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace CacheDaemon.Daemon.Keys;

/// <summary>
/// SHA-256 of bytes that come in parts. By OpenSSL, as .NET has it, where the system has that; else by the code below, which is several
/// times slower: without a library .NET ends the process, and images for containers often have none.
/// </summary>
internal sealed class Sha256 : IDisposable
{
    private const int BlockBytes = 64,
        Rounds = 64;

    /// <summary>Fractions of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).</summary>
    private static readonly uint[] s_constants =
    [
        0x428a2f98,
        0x71374491,
        0xb5c0fbcf,
        0xe9b5dba5,
        0x3956c25b,
        0x59f111f1,
        0x923f82a4,
        0xab1c5ed5,
        0xd807aa98,
        0x12835b01,
        0x243185be,
        0x550c7dc3,
        0x72be5d74,
        0x80deb1fe,
        0x9bdc06a7,
        0xc19bf174,
        0xe49b69c1,
        0xefbe4786,
        0x0fc19dc6,
        0x240ca1cc,
        0x2de92c6f,
        0x4a7484aa,
        0x5cb0a9dc,
        0x76f988da,
        0x983e5152,
        0xa831c66d,
        0xb00327c8,
        0xbf597fc7,
        0xc6e00bf3,
        0xd5a79147,
        0x06ca6351,
        0x14292967,
        0x27b70a85,
        0x2e1b2138,
        0x4d2c6dfc,
        0x53380d13,
        0x650a7354,
        0x766a0abb,
        0x81c2c92e,
        0x92722c85,
        0xa2bfe8a1,
        0xa81a664b,
        0xc24b8b70,
        0xc76c51a3,
        0xd192e819,
        0xd6990624,
        0xf40e3585,
        0x106aa070,
        0x19a4c116,
        0x1e376c08,
        0x2748774c,
        0x34b0bcb5,
        0x391c0cb3,
        0x4ed8aa4a,
        0x5b9cca4f,
        0x682e6ff3,
        0x748f82ee,
        0x78a5636f,
        0x84c87814,
        0x8cc70208,
        0x90befffa,
        0xa4506ceb,
        0xbef9a3f7,
        0xc67178f2,
    ];

    private readonly IncrementalHash? _openSsl;
    private readonly uint[] _state = [];
    private readonly byte[] _block = [];
    private long _length;

    /// <summary>
    /// Whether this system has OpenSSL: without it .NET has no cryptography at all, and ends a process that asks for any.
    /// </summary>
    public static bool HasOpenSsl => OpenSsl.IsThere;

    /// <summary>As fast as this system allows.</summary>
    public Sha256()
        : this(OpenSsl.IsThere) { }

    /// <summary>For tests, which compare both ways.</summary>
    internal Sha256(bool openSsl)
    {
        if (openSsl)
        {
            _openSsl = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            return;
        }
        // Fractions of the square roots of the first eight primes (FIPS 180-4, 5.3.3).
        _state = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
        _block = new byte[BlockBytes];
    }

    /// <summary>The digest of all of <paramref name="data"/>.</summary>
    public static Digest Of(ReadOnlySpan<byte> data)
    {
        Digest digest = default;
        if (!OpenSsl.IsThere)
            return OfOnce(data);
        SHA256.HashData(data, digest.Bytes);
        return digest;
    }

    /// <summary>
    /// The same, for a program that digests one thing and ends: loading a library takes longer for a few MB (13 ms under strace).
    /// </summary>
    public static Digest OfOnce(ReadOnlySpan<byte> data)
    {
        using var hash = new Sha256(openSsl: false);
        hash.Append(data);
        return hash.Current();
    }

    /// <summary>The digest of what is left of a stream.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Digest Of(Stream data)
    {
        using var hash = new Sha256();
        byte[] buffer = new byte[64 * 1024];
        for (int count; (count = data.Read(buffer)) > 0; )
            hash.Append(buffer.AsSpan(0, count));
        return hash.Current();
    }

    /// <summary>Adds bytes to the end.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        if (_openSsl is not null)
        {
            _openSsl.AppendData(data);
            return;
        }
        int filled = (int)(_length % BlockBytes);
        _length += data.Length;
        if (filled > 0)
        {
            int taken = Math.Min(BlockBytes - filled, data.Length);
            data[..taken].CopyTo(_block.AsSpan(filled));
            data = data[taken..];
            if (filled + taken < BlockBytes)
                return;
            Compress(_state, _block);
        }
        for (; data.Length >= BlockBytes; data = data[BlockBytes..])
            Compress(_state, data);
        data.CopyTo(_block);
    }

    /// <summary>The digest of what was added so far; more may follow.</summary>
    public Digest Current()
    {
        Digest digest = default;
        if (_openSsl is not null)
        {
            _openSsl.GetCurrentHash(digest.Bytes);
            return digest;
        }
        // One bit, zeros, and the length in bits: in this block, or with one more.
        Span<uint> state = stackalloc uint[8];
        _state.CopyTo(state);
        Span<byte> last = stackalloc byte[2 * BlockBytes];
        last.Clear();
        int filled = (int)(_length % BlockBytes);
        _block.AsSpan(0, filled).CopyTo(last);
        last[filled] = 0x80;
        if (filled + 1 + sizeof(long) <= BlockBytes)
            last = last[..BlockBytes];
        BinaryPrimitives.WriteInt64BigEndian(last[^sizeof(long)..], 8 * _length);
        for (; last.Length > 0; last = last[BlockBytes..])
            Compress(state, last);
        for (int i = 0; i < state.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(digest.Bytes[(4 * i)..], state[i]);
        return digest;
    }

    /// <inheritdoc/>
    public void Dispose() => _openSsl?.Dispose();

    /// <summary>FIPS 180-4, 6.2.2.</summary>
    private static void Compress(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[Rounds];
        for (int i = 0; i < 16; i++)
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..]);
        for (int i = 16; i < Rounds; i++)
        {
            uint near = words[i - 2],
                far = words[i - 15];
            words[i] =
                words[i - 16]
                + words[i - 7]
                + (BitOperations.RotateRight(far, 7) ^ BitOperations.RotateRight(far, 18) ^ (far >> 3))
                + (BitOperations.RotateRight(near, 17) ^ BitOperations.RotateRight(near, 19) ^ (near >> 10));
        }
        uint a = state[0],
            b = state[1],
            c = state[2],
            d = state[3],
            e = state[4],
            f = state[5],
            g = state[6],
            h = state[7];
        ReadOnlySpan<uint> constants = s_constants;
        for (int i = 0; i < Rounds; i++)
        {
            uint first =
                h
                + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25))
                + ((e & f) ^ (~e & g))
                + constants[i]
                + words[i];
            uint second =
                (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22))
                + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + first, c, b, a, first + second);
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    /// <summary>Looked for when a digest is first asked for, and not before.</summary>
    private static class OpenSsl
    {
        public static readonly bool IsThere = NativeLibrary.TryLoad("libssl.so.3", out _) || NativeLibrary.TryLoad("libssl.so.1.1", out _);
    }
}
