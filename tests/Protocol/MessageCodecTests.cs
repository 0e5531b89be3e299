using System;
using System.Linq;
using CacheDaemon.Client.Protocol;
using Xunit;

namespace CacheDaemon.Tests.Protocol;

public sealed class MessageCodecTests
{
    public static TheoryData<string> Names => [.. MessageExamples.All.Keys];

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

    [Fact]
    public void Every_kind_has_an_example() =>
        Assert.Equal(Enum.GetNames<MessageKind>().Order(), MessageExamples.All.Keys.Order());

    [Fact]
    public void A_result_in_two_pieces_is_the_same_frame()
    {
        var result = (Message.Result)MessageExamples.All["Result"];
        byte[] head = MessageCodec.EncodeResultHead(
            result.ExitCode, result.Source, result.Microseconds, result.Key.Span, result.Stderr.Span, result.Stdout.Length);
        Assert.Equal(MessageCodec.Encode(result), (byte[])[.. head, .. result.Stdout.Span]);
    }

    [Fact]
    public void A_message_of_another_version_is_told_apart_from_garbage()
    {
        byte[] frame = MessageCodec.Encode(new Message.Status());
        frame[Frame.HeaderBytes + 1]++;
        Assert.Throws<ProtocolVersionException>(() => MessageCodec.Decode(frame.AsMemory(Frame.HeaderBytes)));
    }

    [Fact]
    public void Fields_that_a_later_version_appends_are_ignored()
    {
        var w = new MessagePackWriter(16);
        w.WriteArrayHeader(4);
        w.Write(ProtocolVersion.Current);
        w.Write((long)MessageKind.Stats);
        w.Write(true);
        w.Write("later");
        Assert.Equal(new Message.Stats(true), MessageCodec.Decode(w.Written.ToArray()));
    }
}
