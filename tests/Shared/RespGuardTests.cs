using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Shared.Servers;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>Each text whole, and again byte by byte: answers come in parts of any length.</summary>
public sealed class RespGuardTests
{
    private const int MaxBytes = 1000;

    [Theory]
    [InlineData("+OK\r\n-ERR no\r\n:-12\r\n")]
    [InlineData("$-1\r\n$0\r\n\r\n$3\r\na\r\n\r\n")]
    [InlineData("*2\r\n$7\r\nmodules\r\n*1\r\n*2\r\n+name\r\n*0\r\n:4\r\n")]
    [InlineData("*0\r\n*-1\r\n*2\r\n$1\r\na\r\n:1\r\n*1\r\n+OK\r\n")]
    public async Task What_Redis_says_passes(string said)
    {
        Assert.Equal(said, await ReadAsync(said, 4096));
        Assert.Equal(said, await ReadAsync(said, 1));
        string longest = $"${MaxBytes}\r\n{new string('x', MaxBytes)}\r\n";
        Assert.Equal(longest, await ReadAsync(longest, 7));
    }

    [Theory]
    [InlineData("$1001\r\n")]
    [InlineData("$2147483647\r\na")]
    [InlineData("$99999999999999999999999999\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$--1\r\n")]
    [InlineData("$\r\n")]
    [InlineData("$1x\r\n")]
    [InlineData("$1\ra")]
    [InlineData("$1\r\nab\r\n")]
    [InlineData("$1\r\na\ra")]
    [InlineData("*4097\r\n")]
    [InlineData("*4000\r\n*4000\r\n")]
    [InlineData("*2147483647\r\n")]
    [InlineData("+O\nK\r\n")]
    [InlineData("+O\rK\r\n")]
    [InlineData("%1\r\n+a\r\n+b\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    public async Task Anything_else_does_not(string said)
    {
        await Assert.ThrowsAsync<IOException>(() => ReadAsync(said, 4096));
        await Assert.ThrowsAsync<IOException>(() => ReadAsync("+OK\r\n" + said, 1));
    }

    [Fact]
    public async Task Arrays_in_arrays_have_an_end() =>
        await Assert.ThrowsAsync<IOException>(() => ReadAsync(string.Concat(Enumerable.Repeat("*1\r\n", 5000)), 4096));

    [Fact]
    public async Task A_line_has_an_end() => await Assert.ThrowsAsync<IOException>(() => ReadAsync("-" + new string('A', 70_000), 4096));

    private static async Task<string> ReadAsync(string said, int atOnce)
    {
        using var guard = new RespGuard(new MemoryStream(Encoding.Latin1.GetBytes(said)), MaxBytes);
        var text = new StringBuilder();
        byte[] buffer = new byte[atOnce];
        while (await guard.ReadAsync(buffer) is > 0 and var count)
            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        return text.ToString();
    }
}
