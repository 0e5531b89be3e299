using System;
using System.IO;
using System.Linq;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Files;

/// <summary>What is remembered of large files across restarts: for exactly one stamp, and only what was written whole.</summary>
public sealed class StampLedgerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StampLedger _ledger;
    private readonly FileStamp _stamp = new(ulong.MaxValue, 1UL << 63, 5, 6, 7, 0x81A4, Mount: 8);

    public StampLedgerTests() => _ledger = new StampLedger(_directory.Location, TimeProvider.System);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Digest_and_flags_are_there_after_a_restart()
    {
        _ledger.Put(_stamp, Digest.Of([1]), 9);
        Assert.True(new StampLedger(_directory.Location, TimeProvider.System).TryGet(_stamp, out Digest digest, out int flags));
        Assert.Equal((Digest.Of([1]), 9), (digest, flags));
    }

    [Fact]
    public void Stamp_that_differs_in_one_part_is_not_found()
    {
        _ledger.Put(_stamp, Digest.Of([1]), 0);
        FileStamp[] others =
        [
            _stamp with
            {
                Device = 9,
            },
            _stamp with
            {
                Inode = 9,
            },
            _stamp with
            {
                Size = 9,
            },
            _stamp with
            {
                ModifiedNs = 9,
            },
            _stamp with
            {
                ChangedNs = 9,
            },
            _stamp with
            {
                Mode = 9,
            },
            _stamp with
            {
                Mount = 9,
            },
            _stamp with
            {
                Mount = 0,
            },
        ];
        Assert.All(others, other => Assert.False(_ledger.TryGet(other, out _, out _)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000")]
    [InlineData("{0}")]
    [InlineData("{0} ")]
    [InlineData("{0} -1")]
    [InlineData("{0} 1 1")]
    [InlineData("{0} 99999999999")]
    [InlineData("x{0} 1")]
    public void Damaged_note_is_no_note(string content)
    {
        _ledger.Put(_stamp, Digest.Of([1]), 1);
        File.WriteAllText(
            Directory.GetFiles(_directory.Location).Single(),
            string.Format(System.Globalization.CultureInfo.InvariantCulture, content, Digest.Of([1]))
        );
        Assert.False(_ledger.TryGet(_stamp, out _, out _));
    }

    [Fact]
    public void What_nobody_asked_for_goes_and_the_rest_stays()
    {
        FileStamp other = _stamp with { Inode = 2 };
        _ledger.Put(_stamp, Digest.Of([1]), 1);
        _ledger.Put(other, Digest.Of([2]), 1);
        foreach (string file in Directory.GetFiles(_directory.Location))
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-40));
        Assert.True(_ledger.TryGet(_stamp, out _, out _));
        _ledger.RemoveUnused(DateTime.UtcNow.AddDays(-30));
        Assert.True(_ledger.TryGet(_stamp, out _, out _));
        Assert.False(_ledger.TryGet(other, out _, out _));
    }

    [Fact]
    public void Without_a_directory_nothing_is_kept_and_nothing_made()
    {
        string missing = _directory.At("missing");
        var ledger = new StampLedger(missing, TimeProvider.System);
        ledger.Put(_stamp, Digest.Of([1]), 1);
        ledger.RemoveUnused(DateTime.UtcNow);
        Assert.False(ledger.TryGet(_stamp, out _, out _));
        Assert.False(Directory.Exists(missing));
    }
}
