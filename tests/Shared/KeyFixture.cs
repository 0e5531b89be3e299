using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>A team: a writer's key, the team's key, and settings of its machines.</summary>
internal sealed class KeyFixture : IDisposable
{
    public const string Output = "---\n# Source: web/templates/a.yaml\nkind: ConfigMap\n";

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryDirectory _directory = new();

    public KeyFixture()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Trust = PublicKey.Of(key).ToString();
        SigningKey = File("signing.key", key.ExportPkcs8PrivateKeyPem());
        TeamKeyFile = File("team.key", TeamKey.Create().ToPem());
    }

    public static DateTimeOffset Now { get; } = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The line of <c>shared.trust</c> for the writer.</summary>
    public string Trust { get; }

    public string SigningKey { get; }

    public string TeamKeyFile { get; }

    /// <summary>An entry that was made a minute ago.</summary>
    public static SharedEntry Entry(string output = Output, bool holdsSecret = false) =>
        new(
            new RenderResult(0, System.Text.Encoding.UTF8.GetBytes(output), []),
            Now.AddMinutes(-1),
            41.5,
            Digest.Of("helm"u8),
            holdsSecret
        );

    /// <summary>A file of mode 0600 in the team's directory.</summary>
    public string File(string name, string content)
    {
        string path = _directory.Write(name, content);
        System.IO.File.SetUnixFileMode(path, Private);
        return path;
    }

    public SharedSettings Settings(bool encrypted) =>
        new()
        {
            Url = new Uri("http://127.0.0.1:1/cache"),
            Trust = [Trust],
            EncryptWith = encrypted ? TeamKeyFile : null,
        };

    public SharedKeys Writer(bool encrypted) => Load(Settings(encrypted) with { MayWrite = true, SignWith = SigningKey });

    public SharedKeys Reader(bool encrypted) => Load(Settings(encrypted));

    /// <summary>The keys of settings that are right.</summary>
    public static SharedKeys Load(SharedSettings settings)
    {
        var problems = new List<string>();
        SharedKeys? keys = SharedKeys.Load(settings, problems);
        Assert.Empty(problems);
        return keys!;
    }

    public void Dispose() => _directory.Dispose();
}
