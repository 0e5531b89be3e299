using System.Text;
using CacheDaemon.Daemon.Cli.Installing;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary>Our lines come and go; every other byte stays.</summary>
public sealed class MarkedBlockTests
{
    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("a")]
    [InlineData("a\n")]
    [InlineData("a\r\nb\r\n")]
    [InlineData("a\n\n\n")]
    [InlineData("\u00e9# >>> helmcached >>> not a marker\nb")]
    public void Putting_and_removing_gives_the_same_bytes(string text)
    {
        byte[] before = Encoding.Latin1.GetBytes(text);
        byte[] with = MarkedBlock.Put(before, "x", out bool ended)!;
        Assert.True(MarkedBlock.IsIn(with));
        Assert.Equal(before, MarkedBlock.Remove(with, ended));
        // Again, and with another content: in place.
        byte[] other = MarkedBlock.Put(with, "y\nz", out bool endedAgain)!;
        Assert.False(endedAgain);
        Assert.Equal(with, MarkedBlock.Put(other, "x", out _));
        Assert.Equal(before, MarkedBlock.Remove(other, ended));
    }

    [Fact]
    public void Text_below_the_block_keeps_its_line()
    {
        byte[] with = [.. MarkedBlock.Put("a"u8, "x", out bool ended)!, .. "b"u8];
        Assert.Equal("a\nb"u8.ToArray(), MarkedBlock.Remove(with, ended));
    }

    [Fact]
    public void A_block_without_an_end_is_not_guessed_at()
    {
        Assert.Null(MarkedBlock.Put("# >>> helmcached >>>\nx\n"u8, "y", out _));
        Assert.Null(MarkedBlock.Remove("# <<< helmcached <<<\n# >>> helmcached >>>\n"u8, false));
    }

    [Fact]
    public void Without_a_block_nothing_is_removed() => Assert.Equal("a"u8.ToArray(), MarkedBlock.Remove("a"u8, true));
}
