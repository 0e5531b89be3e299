using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>
/// Keys come from files, and what is wrong with one is said with its name and the next step; the team's cache is out then.
/// </summary>
public sealed class SharedKeysTests : IDisposable
{
    private readonly KeyFixture _fixture = new();

    [Fact]
    public void Nobody_trusted_is_a_problem_for_a_reader_and_not_for_a_writer()
    {
        Assert.Contains(
            "shared.trust: nobody is trusted",
            Problem(_fixture.Settings(encrypted: false) with { Trust = [] }),
            StringComparison.Ordinal
        );
        Assert.Empty(
            KeyFixture
                .Load(_fixture.Settings(encrypted: false) with { Trust = [], MayWrite = true, SignWith = _fixture.SigningKey })
                .Trusted
        );
    }

    [Fact]
    public void Only_a_writer_looks_at_the_signing_key()
    {
        Assert.False(KeyFixture.Load(_fixture.Settings(encrypted: false) with { SignWith = "/nonexistent/key" }).CanSign);
        Assert.Contains("shared.mode: write needs shared.sign_with", Problem(Writing(null)), StringComparison.Ordinal);
        Assert.Equal("shared.sign_with: /nonexistent/key: cannot be looked at: no such file", Problem(Writing("/nonexistent/key")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    public void A_file_that_holds_no_signing_key_is_named(string content)
    {
        string file = _fixture.File("other.key", content);
        Assert.StartsWith($"shared.sign_with: {file}: holds no private key", Problem(Writing(file)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_on_another_curve_or_of_another_kind_or_with_a_passphrase_or_the_wrong_half_is_refused()
    {
        using var large = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        using var good = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string passphrase = good.ExportEncryptedPkcs8PrivateKeyPem(
            "secret",
            new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)
        );
        foreach (
            string content in (string[])
                [
                    large.ExportPkcs8PrivateKeyPem(),
                    rsa.ExportPkcs8PrivateKeyPem(),
                    passphrase,
                    good.ExportSubjectPublicKeyInfoPem(),
                    File.ReadAllText(_fixture.TeamKeyFile),
                ]
        )
            Assert.Contains("holds no private key", Problem(Writing(_fixture.File("other.key", content))), StringComparison.Ordinal);
        foreach (
            string content in (string[])
                [
                    large.ExportSubjectPublicKeyInfoPem(),
                    rsa.ExportSubjectPublicKeyInfoPem(),
                    good.ExportPkcs8PrivateKeyPem(),
                    "",
                    "# nothing\n",
                    _fixture.Trust + "\nhello\n",
                ]
        )
            Assert.Contains(
                "holds no public keys",
                Problem(_fixture.Settings(encrypted: false) with { Trust = [_fixture.File("other.pub", content)] }),
                StringComparison.Ordinal
            );
        // As OpenSSL writes them.
        Assert.True(KeyFixture.Load(Writing(_fixture.File("sec1.key", good.ExportECPrivateKeyPem()))).CanSign);
        Assert.Single(
            KeyFixture
                .Load(_fixture.Settings(encrypted: false) with { Trust = [_fixture.File("pem.pub", good.ExportSubjectPublicKeyInfoPem())] })
                .Trusted
        );
    }

    [Fact]
    public void A_line_that_only_looks_like_a_key_is_refused()
    {
        string line = PublicKey.Prefix + Convert.ToBase64String(new byte[91]);
        Assert.True(PublicKey.IsLine(line));
        Assert.Contains(
            "is no public key; copy the whole line",
            Problem(_fixture.Settings(encrypted: false) with { Trust = [line] }),
            StringComparison.Ordinal
        );
        // Its point is on no curve.
        byte[] info = Convert.FromBase64String(_fixture.Trust[PublicKey.Prefix.Length..]);
        info[^1] ^= 1;
        Assert.Null(PublicKey.OfLine(PublicKey.Prefix + Convert.ToBase64String(info)));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_private_file_that_others_may_read_or_change_is_refused(UnixFileMode more)
    {
        foreach (string file in (string[])[_fixture.SigningKey, _fixture.TeamKeyFile])
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);
        List<string> problems = [];
        Assert.Null(
            SharedKeys.Load(
                Writing(_fixture.SigningKey) with
                {
                    EncryptWith = _fixture.TeamKeyFile,
                    NamesFrom = _fixture.TeamKeyFile,
                },
                problems
            )
        );
        Assert.Equal(3, problems.Count);
        Assert.All(
            problems,
            problem =>
                Assert.Matches(
                    @"^shared\.(sign_with|encrypt_with|names_from): /.* others may read or change it \(mode 6\d\d\); chmod 600 /",
                    problem
                )
        );
    }

    [Fact]
    public void Links_are_followed_and_what_is_no_file_is_not_waited_for()
    {
        string link = Path.Combine(Path.GetDirectoryName(_fixture.SigningKey)!, "link");
        File.CreateSymbolicLink(link, _fixture.SigningKey);
        Assert.True(KeyFixture.Load(Writing(link)).CanSign);
        Assert.Contains("is a directory; name a file in it", Problem(Writing(Path.GetDirectoryName(link)!)), StringComparison.Ordinal);
        Assert.Contains("is no regular file", Problem(Writing("/dev/zero")), StringComparison.Ordinal);
        Assert.Contains(
            "is no key, password or list of headers",
            Problem(Writing(_fixture.File("long.key", new string('a', PrivateFile.MaxBytes + 1)))),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Team_keys_are_32_bytes_under_their_own_label()
    {
        string pem = File.ReadAllText(_fixture.TeamKeyFile);
        foreach (
            string content in (string[])
                [
                    "",
                    pem.Replace("TEAM", "OTHER", StringComparison.Ordinal),
                    PemEncoding.WriteString("HELMCACHED TEAM KEY", new byte[31]),
                    PemEncoding.WriteString("HELMCACHED TEAM KEY", new byte[33]),
                ]
        )
            Assert.Contains(
                "holds no team key",
                Problem(_fixture.Settings(encrypted: false) with { EncryptWith = _fixture.File("other.key", content) }),
                StringComparison.Ordinal
            );
        Assert.Contains(
            "needs shared.encrypt_with",
            Problem(_fixture.Settings(encrypted: false) with { Secrets = true }),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_mistake_in_the_settings_puts_the_team_cache_out() =>
        Assert.Equal(
            "config.yaml:3: shared.mode: …",
            Problem(_fixture.Settings(encrypted: false) with { Mistake = "config.yaml:3: shared.mode: …" })
        );

    public void Dispose() => _fixture.Dispose();

    private SharedSettings Writing(string? key) => _fixture.Settings(encrypted: false) with { MayWrite = true, SignWith = key };

    private static string Problem(SharedSettings settings)
    {
        List<string> problems = [];
        Assert.Null(SharedKeys.Load(settings, problems));
        return Assert.Single(problems);
    }
}
