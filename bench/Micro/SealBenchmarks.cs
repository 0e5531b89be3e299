using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Bench.Micro;

/// <summary>An entry of the team's cache, from output to object and back. The text packs about as rendered YAML does.</summary>
[MemoryDiagnoser]
public class SealBenchmarks
{
    private readonly CacheKey _key = new(Digest.Of("key"u8));
    private string _root = "";
    private SharedKeys? _keys;
    private SharedEntry? _entry;
    private byte[] _sealed = [];

    [Params(1_000, 100_000, 5_000_000)]
    public int Bytes { get; set; }

    [Params(false, true)]
    public bool Encrypted { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _root = Directory.CreateTempSubdirectory("helmcached-micro-").FullName;
        using var signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _keys = SharedKeys.Load(
            new SharedSettings
            {
                MayWrite = true,
                Trust = [PublicKey.Of(signing).ToString()],
                SignWith = Secret("signing.key", signing.ExportPkcs8PrivateKeyPem()),
                EncryptWith = Encrypted ? Secret("team.key", TeamKey.Create().ToPem()) : null,
            },
            new List<string>()
        );
        var text = new StringBuilder();
        for (int i = 0; text.Length < Bytes; i++)
            text.Append("kind: ConfigMap\nmetadata:\n  name: c")
                .Append(i)
                .Append("\n  labels: {app: web, of: \"")
                .Append(i * 7919 % 1000)
                .Append("\"}\n---\n");
        _entry = new SharedEntry(
            new RenderResult(0, Encoding.UTF8.GetBytes(text.ToString(0, Bytes)), []),
            TimeProvider.System.GetUtcNow(),
            40,
            Digest.Of("helm"u8),
            HoldsSecret: false
        );
        _sealed = Seal()!;
        if (Open() is null)
            throw new InvalidOperationException("The object cannot be opened.");
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_root, recursive: true);

    [Benchmark]
    public byte[]? Seal() => SealedEntry.Seal(_key, _entry!, _keys!);

    [Benchmark]
    public object? Open() => SealedEntry.Open(_sealed, _key, _keys!, TimeProvider.System.GetUtcNow()).Entry;

    private string Secret(string name, string content)
    {
        string path = Path.Combine(_root, name);
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
