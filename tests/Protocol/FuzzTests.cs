using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using CacheDaemon.Client.Protocol;
using FsCheck;
using FsCheck.Fluent;
using MessagePack;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.Protocol;

/// <summary>
/// Bytes that no peer of ours would send: decoded, or refused with the one exception that closes a connection; never another
/// exception, and never more memory than a small multiple of what was sent. <c>eng/fuzz.sh</c> runs a million.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    /// <summary>What any message may cost: strings, arrays and a dictionary over its own bytes.</summary>
    private const int AllocatedPerByte = 64,
        AllocatedAtLeast = 64 * 1024;

    private static readonly int s_inputs = Number("HELMCACHED_TEST_INPUTS") ?? 20_000;
    private static readonly int s_seed = Number("HELMCACHED_TEST_SEED") ?? Environment.TickCount;

    /// <summary>Values that readers trip over: each width of each type, lengths at and beyond every limit.</summary>
    private static readonly byte[][] s_traps =
    [
        [0xc0],
        [0xc1],
        [0x90],
        [0x80],
        [0xa0],
        [0xff],
        [0xc4, 0],
        [0xd9, 0xff],
        [0xdc, 0xff, 0xff],
        [0xdd, 0x7f, 0xff, 0xff, 0xff],
        [0xdd, 0xff, 0xff, 0xff, 0xff],
        [0xde, 0xff, 0xff],
        [0xdf, 0x7f, 0xff, 0xff, 0xff],
        [0xc6, 0x7f, 0xff, 0xff, 0xff],
        [0xc6, 0xff, 0xff, 0xff, 0xff],
        [0xdb, 0x7f, 0xff, 0xff, 0xff],
        [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0],
        [0xd2, 0x80, 0, 0, 0],
        [0xca, 0, 0, 0, 0],
        [0xd4, 0, 0],
        [0xc7, 0xff, 0],
    ];

    [Fact]
    public void Changed_and_random_messages_are_decoded_or_refused_and_nothing_else()
    {
        long decoded = 0,
            peak = 0,
            peakInput = 0;
        long started = Stopwatch.GetTimestamp();
        Config config = Config
            .QuickThrowOnFailure.WithMaxTest(s_inputs)
            .WithReplay(new Replay(new Rnd((ulong)s_seed), null))
            .WithArbitrary([typeof(MessageGenerators)]);
        Check.One(
            config,
            Prop.ForAll<Message, byte[], Change[]>(
                (message, noise, changes) =>
                {
                    byte[] input = changes.Aggregate(
                        noise.Length % 8 == 7 ? noise : MessageCodec.Encode(message)[Frame.HeaderBytes..],
                        (bytes, change) => change.Of(bytes, noise)
                    );
                    long before = GC.GetAllocatedBytesForCurrentThread();
                    try
                    {
                        Message read = MessageCodec.Decode(input);
                        decoded++;
                        // What was understood can be said again.
                        MessageCodec.Encode(read);
                    }
                    catch (Exception e) when (e is MessagePackSerializationException or ProtocolVersionException) { }
                    long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                    if (allocated > peak)
                        (peak, peakInput) = (allocated, input.Length);
                    Assert.True(
                        allocated < AllocatedAtLeast + AllocatedPerByte * input.Length,
                        $"{allocated} bytes for {Convert.ToHexString(input)}"
                    );
                }
            )
        );
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"fuzz: {s_inputs} messages, seed {s_seed}, {decoded} understood, 0 crashes, peak allocation {peak} bytes for a "
                    + $"message of {peakInput}, {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s"
            )
        );
        // The generator is no good when everything is refused at the first byte.
        Assert.InRange(decoded, s_inputs / 50, s_inputs);
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;

    /// <summary>One thing that happens to a message on its way.</summary>
    /// <param name="Kind">What happens.</param>
    /// <param name="Place">Where, counted round.</param>
    /// <param name="Value">With which byte, or which of the traps, counted round.</param>
    public sealed record Change(byte Kind, ushort Place, byte Value)
    {
        public byte[] Of(byte[] bytes, byte[] other)
        {
            int at = Place % (bytes.Length + 1),
                after = Math.Min(bytes.Length, at + 1);
            byte[] trap = s_traps[Value % s_traps.Length];
            return (Kind % 7) switch
            {
                0 => bytes[..at],
                1 => [.. bytes[..at], .. trap, .. bytes[at..]],
                2 => [.. bytes[..at], .. trap, .. bytes[after..]],
                3 => [.. bytes[..at], Value, .. bytes[at..]],
                4 => [.. bytes[..at], Value, .. bytes[after..]],
                5 => [.. bytes[..at], .. other[Math.Min(other.Length, Value)..]],
                _ => bytes,
            };
        }
    }
}
