using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared.Sealing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.Shared;

/// <summary>
/// Ten thousand objects as a thief, a former colleague or a broken disk would leave them: none is accepted, each is refused with a reason.
/// </summary>
public sealed class HostileObjectTests(ITestOutputHelper output) : IDisposable
{
    private const int Objects = 10_000;
    private const ulong Seed = 20261126;

    private static readonly CacheKey s_key = new(Digest.Of("asked for"u8)),
        s_other = new(Digest.Of("another"u8));

    private readonly KeyFixture _fixture = new(),
        _stranger = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void None_is_accepted_and_each_is_refused_with_a_reason(bool encrypted)
    {
        SharedKeys writer = _fixture.Writer(encrypted),
            reader = _fixture.Reader(encrypted);
        // Somebody who has the team's key, as every reader has, and a signing key of his own.
        SharedKeys stranger = KeyFixture.Load(_fixture.Settings(encrypted) with { MayWrite = true, SignWith = _stranger.SigningKey });
        byte[] good = SealedEntry.Seal(s_key, KeyFixture.Entry(string.Concat(Enumerable.Repeat(KeyFixture.Output, 20))), writer)!;
        byte[] swapped = SealedEntry.Seal(s_other, KeyFixture.Entry(), writer)!;
        byte[] foreign = SealedEntry.Seal(s_key, KeyFixture.Entry("kind: Evil\n"), stranger)!;
        byte[] old = SealedEntry.Seal(
            s_key,
            KeyFixture.Entry() with
            {
                Created = KeyFixture.Now - writer.MaxAge - TimeSpan.FromHours(1),
            },
            writer
        )!;
        byte[] future = SealedEntry.Seal(s_key, KeyFixture.Entry() with { Created = KeyFixture.Now.AddDays(1) }, writer)!;
        byte[] twin = SealedEntry.Seal(s_key, KeyFixture.Entry(), writer)!;
        Assert.Equal(SharedRefusal.None, SealedEntry.Open(good, s_key, reader, KeyFixture.Now).Refusal);

        var refused = new SortedDictionary<string, int>(StringComparer.Ordinal);
        Config config = Config.QuickThrowOnFailure.WithMaxTest(Objects / 2).WithReplay(new Replay(new Rnd(Seed), null));
        Check.One(
            config,
            Prop.ForAll<byte, ushort, byte>(
                (kind, place, value) =>
                {
                    byte[] hostile = Attack(kind, place, value);
                    Unsealed unsealed = SealedEntry.Open(hostile, s_key, reader, KeyFixture.Now);
                    // An attack that changes nothing is none.
                    if (hostile.AsSpan().SequenceEqual(good) || hostile.AsSpan().SequenceEqual(twin))
                        return;
                    Assert.Null(unsealed.Entry);
                    Assert.NotEqual(SharedRefusal.None, unsealed.Refusal);
                    refused[unsealed.Refusal.Name()] = refused.GetValueOrDefault(unsealed.Refusal.Name()) + 1;
                }
            )
        );
        output.WriteLine(string.Join(", ", refused.Select(pair => $"{pair.Key} {pair.Value}")));
        Assert.InRange(refused.Values.Sum(), Objects / 2 * 9 / 10, Objects / 2);
        Assert.Superset(
            new HashSet<string>
            {
                "bad-signature",
                "from-the-future",
                "malformed",
                "other-key",
                "other-version",
                "too-large",
                "too-old",
                "unknown-signer",
            },
            refused.Keys.ToHashSet()
        );

        byte[] Attack(byte kind, ushort place, byte value)
        {
            byte[] copy = [.. good];
            int at = place % good.Length;
            switch (kind % 20)
            {
                case 0: // A byte, anywhere.
                    copy[at] ^= (byte)(value | 1);
                    return copy;
                case 1: // A bit of what stands in front.
                    copy[place % 62] ^= (byte)(1 << (value % 8));
                    return copy;
                case 2:
                    return good[..at];
                case 3:
                    return [.. good, .. new byte[1 + value]];
                case 4: // A piece taken out.
                    return [.. good[..at], .. good[Math.Min(good.Length, at + 1 + value)..]];
                case 5:
                    return swapped;
                case 6: // Somebody else's object under this name.
                    swapped.AsSpan(0, 38).CopyTo(copy);
                    good.AsSpan(0, 38).CopyTo(copy);
                    swapped.AsSpan(38).CopyTo(copy.AsSpan(38)[..Math.Min(copy.Length - 38, swapped.Length - 38)]);
                    return copy;
                case 7:
                    return old;
                case 8:
                    return future;
                case 9:
                    return foreign;
                case 10: // A stranger's object that claims to be the writer's.
                    copy = [.. foreign];
                    good.AsSpan(38, 16).CopyTo(copy.AsSpan(38));
                    return copy;
                case 11: // The body of one object, the signature of another.
                    twin.AsSpan()[^64..].CopyTo(copy.AsSpan()[^64..]);
                    return copy;
                case 12: // An old one made young.
                    copy = [.. old];
                    BinaryPrimitives.WriteInt64BigEndian(copy.AsSpan(54), KeyFixture.Now.ToUnixTimeMilliseconds() - value);
                    return copy;
                case 13: // Encrypted or not, the other way round, or some third way.
                    copy[5] = copy[5] == value % 3 ? (byte)7 : (byte)(value % 3);
                    return copy;
                case 14: // A signature of nothing.
                    copy.AsSpan()[^64..].Fill((byte)(value % 2 * 255));
                    return copy;
                case 15:
                    return new byte[SealedEntry.MaxBytes + 1 + value];
                case 16:
                    return Encoding.UTF8.GetBytes($"<html><body>Error {value}: please log in</body></html>{new string(' ', place % 4096)}");
                case 17: // Another format, of the future or none.
                    copy[4] = value == 1 ? (byte)0 : value;
                    return copy;
                case 18: // Two objects run together.
                    return [.. good, .. good[at..]];
                default: // Bytes changed places.
                    int other = (at + 1 + value) % good.Length;
                    (copy[at], copy[other]) = (copy[other], copy[at]);
                    return copy;
            }
        }
    }

    public void Dispose()
    {
        _fixture.Dispose();
        _stranger.Dispose();
    }
}
