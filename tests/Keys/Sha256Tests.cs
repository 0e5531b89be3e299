using System;
using System.Security.Cryptography;
using System.Text;
using CacheDaemon.Daemon.Keys;
using Xunit;

namespace CacheDaemon.Tests.Keys;

/// <summary>The code for systems without OpenSSL gives what OpenSSL gives.</summary>
public sealed class Sha256Tests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    )]
    public void B7_Examples_of_the_standard(string text, string expected)
    {
        using var hash = new Sha256(openSsl: false);
        hash.Append(Encoding.ASCII.GetBytes(text));
        Assert.Equal(expected, hash.Current().ToString());
    }

    [Fact]
    public void B7_All_lengths_in_parts_of_any_size_are_equal_both_ways()
    {
        const int Lengths = 400;
        var random = new Random(1);
        byte[] data = new byte[3 * Lengths];
        random.NextBytes(data);
        for (int length = 0; length < Lengths; length++)
        {
            using Sha256 ours = new(openSsl: false),
                theirs = new(openSsl: true);
            for (int at = 0; at < length; )
            {
                int count = random.Next(length - at + 1);
                ours.Append(data.AsSpan(at, count));
                theirs.Append(data.AsSpan(at, count));
                at += count;
                // Asking does not disturb.
                Assert.Equal(theirs.Current(), ours.Current());
            }
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(data.AsSpan(0, length))), ours.Current().ToString());
        }
    }
}
