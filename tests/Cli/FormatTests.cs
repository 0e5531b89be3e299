using System;
using System.IO;
using CacheDaemon.Daemon.Cli;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary>Numbers and tables as people read them.</summary>
public sealed class FormatTests
{
    [Theory]
    [InlineData(0, "0 ms")]
    [InlineData(850, "850 ms")]
    [InlineData(12_340, "12.3 s")]
    [InlineData(250_000, "4 min 10 s")]
    [InlineData(11_100_000, "3 h 5 min")]
    [InlineData(140_400_000, "39 h 0 min")]
    [InlineData(792_000_000, "9 d 4 h")]
    public void Duration(long milliseconds, string text) => Assert.Equal(text, Format.Duration(TimeSpan.FromMilliseconds(milliseconds)));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(2L << 30, "2 GiB")]
    public void Bytes(long bytes, string text) => Assert.Equal(text, Format.Bytes(bytes));

    [Fact]
    public void Table_keeps_columns_apart_and_lines_whole()
    {
        using var output = new StringWriter { NewLine = "\n" };
        TextTable.Write(
            output,
            ["name", "calls", ""],
            [
                ["web", "7", new string('x', 200)],
                ["longer-name", "1234", ""],
            ],
            1
        );
        Assert.Equal($"name         calls\nweb              7  {new string('x', 200)}\nlonger-name   1234\n", output.ToString());
    }

    [Theory]
    [InlineData("web", "web")]
    [InlineData("a\u001b[2Jb\n", "a?[2Jb?")]
    public void Stranger_s_text_cannot_steer_a_terminal(string text, string shown) => Assert.Equal(shown, Terminal.Harmless(text));
}
