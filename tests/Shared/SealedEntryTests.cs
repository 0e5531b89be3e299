using System;
using System.Text;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Storage;
using Xunit;

namespace CacheDaemon.Tests.Shared;

public sealed class SealedEntryTests : IDisposable
{
    private static readonly CacheKey s_key = new(Digest.Of("a key"u8));

    private readonly KeyRoom _room = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_trusted_writer_sealed_can_be_opened(bool encrypted)
    {
        SharedKeys writer = _room.Writer(encrypted), reader = _room.Reader(encrypted);
        byte[] sealedEntry = SealedEntry.Seal(s_key, KeyRoom.Entry(), writer)!;
        Unsealed unsealed = SealedEntry.Open(sealedEntry, s_key, reader, KeyRoom.Now);
        Assert.Equal((SharedRefusal.None, writer.Signer!.Id), (unsealed.Refusal, unsealed.Signer));
        Assert.Equal(KeyRoom.Output, Encoding.UTF8.GetString(unsealed.Entry!.Result.Stdout.ToArray()));
        Assert.Equal((KeyRoom.Entry().Created, 41.5, KeyRoom.Entry().Helm), (unsealed.Entry.Created, unsealed.Entry.RenderMilliseconds, unsealed.Entry.Helm));
        Assert.False(reader.CanSign);
        Assert.Equal(encrypted, !Encoding.UTF8.GetString(sealedEntry).Contains("ConfigMap", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_machines_of_a_team_give_an_entry_one_name_and_two_teams_two()
    {
        Assert.Equal(_room.Writer(encrypted: true).NameOf(s_key), _room.Reader(encrypted: true).NameOf(s_key));
        using var other = new KeyRoom();
        Assert.NotEqual(_room.Reader(encrypted: true).NameOf(s_key), other.Reader(encrypted: true).NameOf(s_key));
        Assert.Equal(64, _room.Reader(encrypted: false).NameOf(s_key).Length);
    }

    public void Dispose() => _room.Dispose();
}
