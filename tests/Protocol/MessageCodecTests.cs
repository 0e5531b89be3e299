using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Linq;
using CacheDaemon.Client.Protocol;
using FsCheck.Xunit;
using MessagePack;
using Xunit;

namespace CacheDaemon.Tests.Protocol;

public sealed class MessageCodecTests
{
    private const byte Version = ProtocolVersion.Current;

    public static TheoryData<string> Names => [.. MessageExamples.All.Keys];

    /// <summary>
    /// A <see cref="MessageKind.Candidates"/>, a <see cref="MessageKind.Render"/>, and a <see cref="MessageKind.Recall"/>, each with a lie
    /// about a length.
    /// </summary>
    public static TheoryData<string, byte[]> Lies =>
        new()
        {
            { "array", [0x94, Version, 71, 0xdd, 0x7f, 0xff, 0xff, 0xff] },
            { "array below zero", [0x94, Version, 71, 0xdd, 0xff, 0xff, 0xff, 0xff] },
            { "map", [0x9d, Version, 1, 0x90, 0xa0, 0, 0, 0xdf, 0x7f, 0xff, 0xff, 0xff] },
            { "map of half as many bytes", [0x9d, Version, 1, 0x90, 0xa0, 0, 0, 0xde, 0, 3, 1, 2, 3, 4, 5] },
            { "binary", [0x93, Version, 11, 0xc6, 0x7f, 0xff, 0xff, 0xff, 0] },
            { "binary below zero", [0x93, Version, 11, 0xc6, 0xff, 0xff, 0xff, 0xff, 0] },
            { "string", [0x93, Version, 70, 0xdb, 0x7f, 0xff, 0xff, 0xff, 0] },
            { "string below zero", [0x93, Version, 70, 0xdb, 0xff, 0xff, 0xff, 0xff, 0] },
            { "arrays in arrays", [0x93, Version, 70, .. Enumerable.Repeat<byte>(0x91, 100_000)] },
            { "arrays in arguments", [0x9d, Version, 1, .. Enumerable.Repeat<byte>(0x91, 100_000)] },
        };

    /// <summary>What the package would take, and no peer of ours sends.</summary>
    public static TheoryData<string, byte[]> Lenient =>
        new()
        {
            { "a string that is no UTF-8", [0x93, Version, 70, 0xa2, 0xc3, 0x28] },
            { "nil for a string", [0x93, Version, 70, 0xc0] },
            { "a string for binary", [0x93, Version, 11, 0xa1, 0x41] },
            { "nil for binary", [0x93, Version, 11, 0xc0] },
            { "binary for a string", [0x93, Version, 70, 0xc4, 1, 0x41] },
            { "a number beyond its type", [0x93, Version, 16, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] },
            { "a negative device", [0x9d, Version, 1, 0x90, 0xa0, 0xff, 0, 0x80, 0, 0xa0] },
        };

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_message_survives_the_wire(string name)
    {
        byte[] frame = MessageCodec.Encode(MessageExamples.All[name]);
        Assert.Equal(frame.Length - Frame.HeaderBytes, Frame.ReadLength(frame));
        Message decoded = MessageCodec.Decode(frame.AsMemory(Frame.HeaderBytes));
        Assert.Equal(MessageExamples.All[name].GetType(), decoded.GetType());
        Assert.Equal(Convert.ToHexString(frame), Convert.ToHexString(MessageCodec.Encode(decoded)));
    }

    [Property(MaxTest = 5_000, Arbitrary = [typeof(MessageGenerators)])]
    public void Any_message_survives_the_wire(Message message)
    {
        byte[] frame = MessageCodec.Encode(message);
        Assert.Equal(frame.Length - Frame.HeaderBytes, Frame.ReadLength(frame));
        Assert.Equal(frame, MessageCodec.Encode(MessageCodec.Decode(frame.AsMemory(Frame.HeaderBytes))));
    }

    [Property(MaxTest = 5_000)]
    public void Any_header_is_a_length_within_the_cap_or_refused(uint length)
    {
        byte[] header = new byte[Frame.HeaderBytes];
        BinaryPrimitives.WriteUInt32BigEndian(header, length);
        if (length is > 0 and <= Frame.MaxMessageBytes)
            Assert.Equal(length, (uint)Frame.ReadLength(header));
        else
            Assert.Throws<MessagePackSerializationException>(() => Frame.ReadLength(header));
    }

    /// <summary>A pipe gives what came at different times in different pieces.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_message_in_two_pieces_is_the_same_message(string name)
    {
        byte[] frame = MessageCodec.Encode(MessageExamples.All[name]);
        for (int at = Frame.HeaderBytes; at <= frame.Length; at++)
        {
            var first = new Piece(frame.AsMemory(Frame.HeaderBytes..at));
            Piece last = first.Then(frame.AsMemory(at));
            Message decoded = MessageCodec.Decode(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length));
            Assert.Equal(Convert.ToHexString(frame), Convert.ToHexString(MessageCodec.Encode(decoded)));
        }
    }

    /// <summary>Requests are remembered, and the pipe uses its memory again.</summary>
    [Fact]
    public void A_request_does_not_lie_in_the_bytes_that_it_came_as()
    {
        byte[] frame = MessageCodec.Encode(MessageExamples.Render);
        Message request = MessageCodec.Decode(frame.AsMemory(Frame.HeaderBytes));
        frame.AsSpan().Clear();
        Assert.Equal(MessageCodec.Encode(MessageExamples.Render), MessageCodec.Encode(request));
    }

    [Fact]
    public void Every_kind_has_an_example() => Assert.Equal(Enum.GetNames<MessageKind>().Order(), MessageExamples.All.Keys.Order());

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(20_000_000)]
    public void A_result_in_two_pieces_is_the_same_frame(int length)
    {
        var result = new Message.Result(0, "memory", 210, new byte[8], "warning\n"u8.ToArray(), new byte[length]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        byte[] head = MessageCodec.EncodeResultHead(
            result.ExitCode,
            result.Source,
            result.Microseconds,
            result.Key.Span,
            result.Stderr.Span,
            result.Stdout.Length
        );
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 1024);
        Assert.True(MessageCodec.Encode(result).AsSpan().SequenceEqual((byte[])[.. head, .. result.Stdout.Span]));
    }

    [Fact]
    public void A_message_of_another_version_is_told_apart_from_garbage()
    {
        byte[] frame = MessageCodec.Encode(new Message.Status());
        frame[Frame.HeaderBytes + 1]++;
        Assert.Throws<ProtocolVersionException>(() => MessageCodec.Decode(frame.AsMemory(Frame.HeaderBytes)));
    }

    [Fact]
    public void Fields_that_a_later_version_appends_are_ignored() =>
        Assert.Equal(new Message.Stats(true), MessageCodec.Decode((byte[])[0x94, Version, 6, 0xc3, 0xa5, .. "later"u8]));

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_length_beyond_the_message_is_refused_before_anything_is_allocated(string what, byte[] message)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<MessagePackSerializationException>(() => MessageCodec.Decode(message));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < 1 << 20, $"{what}: {allocated} bytes");
    }

    [Theory]
    [MemberData(nameof(Lenient))]
    public void What_the_package_would_take_is_refused_all_the_same(string what, byte[] message) =>
        Assert.True(Record.Exception(() => MessageCodec.Decode(message)) is MessagePackSerializationException, what);

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Piece Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory) { RunningIndex = Memory.Length };
            Next = next;
            return next;
        }
    }
}
