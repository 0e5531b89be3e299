using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using CacheDaemon.Client.Native;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Client;

/// <summary>Files by libc alone, as the shim reads and writes its few: .NET's own bring half a megabyte of code to each start.</summary>
public sealed class LibcFilesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(100_000)]
    public void Reads_a_file_whole(int length)
    {
        using var directory = new TemporaryDirectory();
        string text = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26))));
        string path = directory.Write("file", text);
        Assert.Equal(0, Libc.ReadFile(Libc.PathBytes(path), length, out ReadOnlySpan<byte> content));
        Assert.Equal(text, Encoding.UTF8.GetString(content));
    }

    [Fact]
    public void Longer_file_than_wanted_is_refused()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Write("file", new string('x', 5000));
        Assert.Equal(Libc.EFBIG, Libc.ReadFile(Libc.PathBytes(path), 4999, out ReadOnlySpan<byte> content));
        Assert.True(content.IsEmpty);
        Assert.Equal(Libc.ENOENT, Libc.ReadFile(Libc.PathBytes(path + "s"), 4999, out _));
        Assert.Equal(Libc.EISDIR, Libc.ReadFile(Libc.PathBytes(directory.At()), 4999, out _));
    }

    [Fact]
    public void File_of_the_kernel_is_read_though_it_has_no_size()
    {
        Assert.Equal(0, Libc.ReadFile("/proc/self/stat\0"u8, 4096, out ReadOnlySpan<byte> content));
        Assert.StartsWith($"{Environment.ProcessId} (", Encoding.UTF8.GetString(content), StringComparison.Ordinal);
    }

    [Fact]
    public void Directory_of_the_kernel_is_listed_though_it_changes_by_that()
    {
        var names = new List<byte[]>();
        Assert.Equal(0, Libc.ReadDirectory("/proc/self/fd\0"u8, names));
        Assert.Contains(names, name => name.AsSpan().SequenceEqual("0"u8));
        Assert.DoesNotContain(names, name => name.AsSpan().SequenceEqual("."u8));
    }

    [Fact]
    public void Appending_makes_the_file_and_keeps_what_is_there()
    {
        using var directory = new TemporaryDirectory();
        byte[] path = Libc.PathBytes(directory.At("log"));
        foreach (string line in (ReadOnlySpan<string>)["one\n", "two\n"])
        {
            Assert.Equal(0, Libc.OpenToAppend(path, out int descriptor));
            Libc.WriteAll(descriptor, Encoding.UTF8.GetBytes(line));
            Libc.Close(descriptor);
        }
        Assert.Equal("one\ntwo\n", File.ReadAllText(directory.At("log")));
        Assert.Equal(Libc.ENOENT, Libc.OpenToAppend(Libc.PathBytes(directory.At("missing", "log")), out _));
    }

    [Fact]
    public void Removing_takes_the_name_and_says_when_there_is_none()
    {
        using var directory = new TemporaryDirectory();
        byte[] path = Libc.PathBytes(directory.Write("file", "x"));
        Assert.Equal(0, Libc.Remove(path));
        Assert.False(File.Exists(directory.At("file")));
        Assert.Equal(Libc.ENOENT, Libc.Remove(path));
    }
}
