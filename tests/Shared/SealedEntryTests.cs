using System;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Storage;
using FsCheck.Xunit;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>What may leave a machine, and what is believed of what comes from a server.</summary>
public sealed class SealedEntryTests : IDisposable
{
    private static readonly CacheKey s_key = new(Digest.Of("a key"u8));

    private static readonly KeyFixture s_forProperties = new();
    private static readonly Lazy<SharedKeys> s_plain = new(() => s_forProperties.Writer(encrypted: false));
    private static readonly Lazy<SharedKeys> s_encrypting = new(() =>
        KeyFixture.Load(
            s_forProperties.Settings(encrypted: true) with
            {
                MayWrite = true,
                SignWith = s_forProperties.SigningKey,
                Secrets = true,
            }
        )
    );

    private readonly KeyFixture _fixture = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_trusted_writer_sealed_can_be_opened(bool encrypted)
    {
        SharedKeys writer = _fixture.Writer(encrypted),
            reader = _fixture.Reader(encrypted);
        byte[] sealedEntry = SealedEntry.Seal(s_key, KeyFixture.Entry(), writer)!;
        Unsealed unsealed = SealedEntry.Open(sealedEntry, s_key, reader, KeyFixture.Now);
        Assert.Equal((SharedRefusal.None, writer.Signer!.Id), (unsealed.Refusal, unsealed.Signer));
        Assert.Equal(KeyFixture.Output, Encoding.UTF8.GetString(unsealed.Entry!.Result.Stdout.ToArray()));
        Assert.Equal(
            (KeyFixture.Entry().Created, 41.5, KeyFixture.Entry().Helm),
            (unsealed.Entry.Created, unsealed.Entry.RenderMilliseconds, unsealed.Entry.Helm)
        );
        Assert.False(reader.CanSign);
        Assert.Equal(encrypted, !Encoding.UTF8.GetString(sealedEntry).Contains("ConfigMap", StringComparison.Ordinal));
        Assert.DoesNotContain(Convert.ToHexString(s_key.Value.ToArray()), Convert.ToHexString(sealedEntry), StringComparison.Ordinal);
    }

    [Property(MaxTest = 200, Replay = "1796,43")]
    public void Any_output_comes_back_as_it_was(byte[] part, byte times, bool encrypted, bool secret)
    {
        SharedKeys writer = encrypted ? s_encrypting.Value : s_plain.Value;
        byte[] output = [.. Enumerable.Repeat(part, 1 + 8 * times).SelectMany(static bytes => bytes)];
        var entry = new SharedEntry(new RenderResult(0, output, []), KeyFixture.Now, times, Digest.Of(part), secret);
        byte[]? sealedEntry = SealedEntry.Seal(s_key, entry, writer);
        Assert.Equal(encrypted || !secret, sealedEntry is not null);
        if (sealedEntry is null)
            return;
        SharedEntry read = SealedEntry.Open(sealedEntry, s_key, writer, KeyFixture.Now).Entry!;
        Assert.Equal(output, read.Result.Stdout.ToArray());
        Assert.Equal(entry with { Result = read.Result }, read);
    }

    [Fact]
    public void Two_machines_of_a_team_give_an_entry_one_name_and_two_teams_two()
    {
        Assert.Equal(_fixture.Writer(encrypted: true).NameOf(s_key), _fixture.Reader(encrypted: true).NameOf(s_key));
        using var other = new KeyFixture();
        Assert.NotEqual(_fixture.Reader(encrypted: true).NameOf(s_key), other.Reader(encrypted: true).NameOf(s_key));
        Assert.Matches("^[0-9a-f]{64}$", _fixture.Reader(encrypted: false).NameOf(s_key));
        // The names' key may be had without encrypting.
        Assert.Equal(
            _fixture.Reader(encrypted: true).NameOf(s_key),
            KeyFixture.Load(_fixture.Settings(encrypted: false) with { NamesFrom = _fixture.TeamKeyFile }).NameOf(s_key)
        );
    }

    [Fact]
    public void What_failed_or_wrote_to_standard_error_or_is_too_large_never_leaves()
    {
        SharedKeys writer = _fixture.Writer(encrypted: true);
        SharedEntry entry = KeyFixture.Entry();
        Assert.Null(SealedEntry.Seal(s_key, entry with { Result = entry.Result with { ExitCode = 1 } }, writer));
        Assert.Null(SealedEntry.Seal(s_key, entry with { Result = entry.Result with { Stderr = "/home/me"u8.ToArray() } }, writer));
        Assert.Null(
            SealedEntry.Seal(s_key, entry with { Result = entry.Result with { Stdout = new byte[SealedEntry.MaxOutputBytes + 1] } }, writer)
        );
        byte[] noise = new byte[SealedEntry.MaxBytes];
        new Random(1).NextBytes(noise);
        Assert.Null(SealedEntry.Seal(s_key, entry with { Result = entry.Result with { Stdout = noise } }, writer));
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, true, true)]
    public void An_entry_with_a_Secret_leaves_encrypted_and_when_it_may_or_not_at_all(bool mayBeShared, bool encrypted, bool leaves)
    {
        SharedKeys writer = KeyFixture.Load(
            _fixture.Settings(encrypted) with
            {
                MayWrite = true,
                SignWith = _fixture.SigningKey,
                Secrets = mayBeShared,
            }
        );
        const string Planted = "cGxhbnRlZC1zZWNyZXQ=";
        byte[]? sealedEntry = SealedEntry.Seal(
            s_key,
            KeyFixture.Entry($"kind: Secret\ndata: {{a: {Planted}}}\n", holdsSecret: true),
            writer
        );
        Assert.Equal(leaves, sealedEntry is not null);
        if (sealedEntry is null)
            return;
        Assert.DoesNotContain(Planted, Encoding.Latin1.GetString(sealedEntry), StringComparison.Ordinal);
        Assert.True(SealedEntry.Open(sealedEntry, s_key, _fixture.Reader(encrypted: true), KeyFixture.Now).Entry!.HoldsSecret);
    }

    [Fact]
    public void Age_is_measured_by_the_readers_clock()
    {
        SharedKeys writer = _fixture.Writer(encrypted: false);
        DateTimeOffset created = KeyFixture.Entry().Created;
        byte[] sealedEntry = SealedEntry.Seal(s_key, KeyFixture.Entry(), writer)!;
        Assert.Equal(SharedRefusal.None, At(created + writer.MaxAge));
        Assert.Equal(SharedRefusal.TooOld, At(created + writer.MaxAge + TimeSpan.FromMilliseconds(1)));
        Assert.Equal(SharedRefusal.None, At(created - SealedEntry.MaxClockSkew));
        Assert.Equal(SharedRefusal.FromTheFuture, At(created - SealedEntry.MaxClockSkew - TimeSpan.FromMilliseconds(1)));
        Assert.Equal(SharedRefusal.FromTheFuture, At(DateTimeOffset.MinValue));
        Assert.Equal(SharedRefusal.TooOld, At(DateTimeOffset.MaxValue));
        SharedRefusal At(DateTimeOffset now) => SealedEntry.Open(sealedEntry, s_key, writer, now).Refusal;
    }

    [Fact]
    public void Encrypted_for_another_team_is_undecipherable_and_plain_from_a_trusted_writer_is_read()
    {
        using var other = new KeyFixture();
        byte[] sealedEntry = SealedEntry.Seal(s_key, KeyFixture.Entry(), _fixture.Writer(encrypted: true))!;
        SharedSettings names = _fixture.Settings(encrypted: false) with { NamesFrom = _fixture.TeamKeyFile };
        Assert.Equal(SharedRefusal.Undecipherable, SealedEntry.Open(sealedEntry, s_key, KeyFixture.Load(names), KeyFixture.Now).Refusal);
        Assert.Equal(
            SharedRefusal.Undecipherable,
            SealedEntry.Open(sealedEntry, s_key, KeyFixture.Load(names with { EncryptWith = other.TeamKeyFile }), KeyFixture.Now).Refusal
        );
        byte[] plain = SealedEntry.Seal(
            s_key,
            KeyFixture.Entry(),
            KeyFixture.Load(names with { MayWrite = true, SignWith = _fixture.SigningKey })
        )!;
        Assert.Equal(SharedRefusal.None, SealedEntry.Open(plain, s_key, _fixture.Reader(encrypted: true), KeyFixture.Now).Refusal);
    }

    /// <summary>Several writers, and one whose key is changed: what the old key signed is read until the key is taken out.</summary>
    [Fact]
    public void Writers_come_and_go_by_the_list_of_trust()
    {
        using var second = new KeyFixture();
        byte[] old = SealedEntry.Seal(s_key, KeyFixture.Entry(), _fixture.Writer(encrypted: false))!;
        byte[] fresh = SealedEntry.Seal(s_key, KeyFixture.Entry(), second.Writer(encrypted: false))!;
        SharedSettings settings = _fixture.Settings(encrypted: false);
        Assert.Equal((SharedRefusal.None, SharedRefusal.UnknownSigner), Read(_fixture.Trust));
        Assert.Equal((SharedRefusal.None, SharedRefusal.None), Read(_fixture.Trust, second.Trust));
        Assert.Equal((SharedRefusal.UnknownSigner, SharedRefusal.None), Read(second.Trust));
        string file = _fixture.File("trusted", $"# the writers\n{_fixture.Trust} # until May\n\n{second.Trust}\n");
        Assert.Equal((SharedRefusal.None, SharedRefusal.None), Read(file));

        (SharedRefusal Old, SharedRefusal Fresh) Read(params string[] trust)
        {
            SharedKeys keys = KeyFixture.Load(settings with { Trust = trust });
            return (
                SealedEntry.Open(old, s_key, keys, KeyFixture.Now).Refusal,
                SealedEntry.Open(fresh, s_key, keys, KeyFixture.Now).Refusal
            );
        }
    }

    public void Dispose() => _fixture.Dispose();
}
