using System;
using System.Linq;
using CacheDaemon.Client.Protocol;
using Xunit;

namespace CacheDaemon.Tests.Protocol;

public sealed class MessagePackTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(int.MaxValue)]
    [InlineData(1L + uint.MaxValue)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    [InlineData(-32)]
    [InlineData(-33)]
    [InlineData(-128)]
    [InlineData(-129)]
    [InlineData(-32769)]
    [InlineData(long.MinValue)]
    public void Integers_of_every_width_survive(long value)
    {
        var w = new MessagePackWriter(1);
        w.Write(value);
        var r = new MessagePackReader(w.Written);
        Assert.Equal(value, r.ReadInt64());
        Assert.Equal(0, r.Remaining);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(65535)]
    [InlineData(65536)]
    public void Strings_and_binary_of_every_width_survive(int length)
    {
        string text = new('ä', length);
        byte[] bytes = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        var w = new MessagePackWriter(1);
        w.Write(text);
        w.WriteBinary(bytes);
        var r = new MessagePackReader(w.Written);
        Assert.Equal(text, r.ReadString());
        Assert.Equal(bytes, r.ReadBinary().ToArray());
    }

    [Fact]
    public void A_length_beyond_the_message_is_refused_before_anything_is_allocated()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (byte[] lie in (byte[][])[[0xdd, 0x7f, 0xff, 0xff, 0xff], [0xdf, 0x7f, 0xff, 0xff, 0xff], [0xc6, 0x7f, 0xff, 0xff, 0xff, 0], [0xdb, 0xff, 0xff, 0xff, 0xff]])
            Assert.Throws<MessagePackException>(() => Read(lie));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);

        static void Read(byte[] bytes)
        {
            var r = new MessagePackReader(bytes);
            switch (bytes[0])
            {
                case 0xdd: r.ReadArrayHeader(); break;
                case 0xdf: r.ReadMapHeader(); break;
                case 0xc6: r.ReadBinary(); break;
                default: r.ReadString(); break;
            }
        }
    }

    [Fact]
    public void A_string_that_is_not_utf8_is_refused() =>
        Assert.Throws<MessagePackException>(() => new MessagePackReader([0xa2, 0xc3, 0x28]).ReadString());
}
