using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
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
    private const int AllocatedPerByte = 64, AllocatedAtLeast = 64 * 1024;

    private static readonly int s_inputs = Number("HELMCACHED_TEST_INPUTS") ?? 20_000;
    private static readonly int s_seed = Number("HELMCACHED_TEST_SEED") ?? Environment.TickCount;

    /// <summary>Values that readers trip over: each width of each type, lengths at and beyond every limit.</summary>
    private static readonly byte[][] s_traps =
    [
        [0xc0], [0xc1], [0x90], [0x80], [0xa0], [0xff], [0xc4, 0], [0xd9, 0xff], [0xdc, 0xff, 0xff], [0xdd, 0x7f, 0xff, 0xff, 0xff], [0xdd, 0xff, 0xff, 0xff, 0xff],
        [0xde, 0xff, 0xff], [0xdf, 0x7f, 0xff, 0xff, 0xff], [0xc6, 0x7f, 0xff, 0xff, 0xff], [0xc6, 0xff, 0xff, 0xff, 0xff], [0xdb, 0x7f, 0xff, 0xff, 0xff],
        [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], [0xd2, 0x80, 0, 0, 0], [0xca, 0, 0, 0, 0], [0xd4, 0, 0], [0xc7, 0xff, 0],
    ];

    [Fact]
    public void Mutated_and_random_messages_are_decoded_or_refused_and_nothing_else()
    {
        var random = new Random(s_seed);
        List<byte[]> messages = [.. MessageExamples.All.Values.Select(m => MessageCodec.Encode(m)[Frame.HeaderBytes..])];
        long decoded = 0, peak = 0, peakInput = 0;
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < s_inputs; i++)
        {
            byte[] input = (i % 4) switch
            {
                0 => Spliced(messages, random),
                1 => Mutated(MessageCodec.Encode(RandomMessage(random))[Frame.HeaderBytes..], random),
                2 when random.Next(4) == 0 => Noise(random),
                _ => Mutated(messages[random.Next(messages.Count)], random),
            };
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Message message = MessageCodec.Decode(input);
                decoded++;
                // What was understood can be said again.
                MessageCodec.Encode(message);
            }
            catch (Exception e) when (e is MessagePackSerializationException or ProtocolVersionException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {s_seed}, input {i}: {Convert.ToHexString(input)}: {e}");
            }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > peak)
                (peak, peakInput) = (allocated, input.Length);
            Assert.True(allocated < AllocatedAtLeast + AllocatedPerByte * input.Length, $"seed {s_seed}, input {i}: {allocated} bytes for {Convert.ToHexString(input)}");
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"fuzz: {s_inputs} messages, seed {s_seed}, {decoded} understood, 0 crashes, peak allocation {peak} bytes for a message of {peakInput}, {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s"));
        // The generator is no good when everything is refused at the first byte.
        Assert.InRange(decoded, s_inputs / 50, s_inputs);
    }

    [Fact]
    public void Any_message_survives_the_wire()
    {
        var random = new Random(s_seed);
        for (int i = 0; i < s_inputs; i++)
        {
            byte[] frame = MessageCodec.Encode(RandomMessage(random));
            Assert.Equal(frame.Length - Frame.HeaderBytes, Frame.ReadLength(frame));
            byte[] again = MessageCodec.Encode(MessageCodec.Decode(frame.AsMemory(Frame.HeaderBytes)));
            Assert.True(frame.AsSpan().SequenceEqual(again), $"seed {s_seed}, message {i}: {Convert.ToHexString(frame)}");
        }
    }

    [Fact]
    public void Any_header_is_a_length_within_the_cap_or_refused()
    {
        var random = new Random(s_seed);
        byte[] header = new byte[Frame.HeaderBytes];
        for (int i = 0; i < s_inputs; i++)
        {
            random.NextBytes(header);
            if (random.Next(2) == 0)
                header[0] &= 0x1f;
            try
            {
                Assert.InRange(Frame.ReadLength(header), 1, Frame.MaxMessageBytes);
            }
            catch (MessagePackSerializationException)
            {
                uint length = (uint)(header[0] << 24 | header[1] << 16 | header[2] << 8 | header[3]);
                Assert.True(length is 0 or > Frame.MaxMessageBytes, $"{length}");
            }
        }
    }

    private static byte[] Mutated(byte[] original, Random random)
    {
        byte[] bytes = (byte[])original.Clone();
        for (int n = random.Next(1, 5); n > 0 && bytes.Length > 0; n--)
        {
            int at = random.Next(bytes.Length);
            switch (random.Next(6))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes = bytes[..at]; break;
                case 3: bytes = [.. bytes[..at], .. s_traps[random.Next(s_traps.Length)], .. bytes[at..]]; break;
                case 4: bytes = [.. bytes[..at], .. s_traps[random.Next(s_traps.Length)], .. bytes[Math.Min(bytes.Length, at + 1)..]]; break;
                default: bytes = [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]]; break;
            }
        }
        return bytes;
    }

    /// <summary>The beginning of one message and the end of another.</summary>
    private static byte[] Spliced(List<byte[]> messages, Random random)
    {
        byte[] first = messages[random.Next(messages.Count)], second = messages[random.Next(messages.Count)];
        return [.. first[..random.Next(first.Length + 1)], .. second[random.Next(second.Length + 1)..]];
    }

    private static byte[] Noise(Random random)
    {
        byte[] noise = new byte[random.Next(200)];
        random.NextBytes(noise);
        return noise;
    }

    private static Message RandomMessage(Random random) => random.Next(9) switch
    {
        0 => new Message.Publish(random.NextInt64(), random.Next(), random.NextInt64(), Noise(random), Noise(random)),
        1 => new Message.Prune(random.Next(2) == 0, random.NextInt64(), null, Text(random), random.Next(2) == 0),
        2 => new Message.Explain(RandomRender(random)),
        3 => new Message.Candidates([.. Enumerable.Range(0, random.Next(20)).Select(_ => (ReadOnlyMemory<byte>)Noise(random))], random.NextInt64()),
        4 => new Message.Candidate(Text(random), random.Next(2) == 0, random.Next(), Noise(random), Noise(random), RandomRender(random)),
        5 => new Message.Result(random.Next(), Text(random), random.NextInt64(), Noise(random), Noise(random), Noise(random)),
        6 => new Message.Lease(random.NextInt64(), Text(random), Noise(random), random.Next(2) == 0 ? null : new ArmedHelm(Text(random), default, random.Next(), random.Next())),
        7 => new Message.Json(Text(random)),
        _ => RandomRender(random),
    };

    private static Message.Render RandomRender(Random random) => new()
    {
        Arguments = [.. Enumerable.Range(0, random.Next(12)).Select(_ => Text(random))],
        Directory = Text(random),
        DirectoryDevice = (ulong)random.NextInt64(),
        DirectoryInode = (ulong)random.NextInt64(),
        DirectoryMount = (ulong)random.NextInt64(),
        Environment = Enumerable.Range(0, random.Next(8)).ToDictionary(i => $"{i}{Text(random)}", _ => Text(random)),
        Umask = random.Next(512),
        HelmPath = Text(random),
        HelmStamp = new FileStamp((ulong)random.NextInt64(), (ulong)random.NextInt64(), random.NextInt64(), random.NextInt64(), -random.NextInt64(), (uint)random.Next()),
        Stdin = random.Next(2) == 0 ? null : (ReadOnlyMemory<byte>?)Noise(random),
        Flags = (RenderFlags)random.Next(8),
    };

    private static string Text(Random random)
    {
        var text = new StringBuilder();
        for (int n = random.Next(40); n > 0; n--)
            text.Append(Rune.IsValid(random.Next(0x11000)) ? (char)random.Next(0x20, 0xd7ff) : 'a');
        return text.ToString();
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
