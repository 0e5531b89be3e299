using System;
using System.IO;
using BenchmarkDotNet.Attributes;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Bench.Micro;

/// <summary>One entry of 20 kB in either tier.</summary>
[MemoryDiagnoser]
#pragma warning disable CA1001 // Cleanup disposes it; BenchmarkDotNet calls that, and not Dispose.
public class StoreBenchmarks
#pragma warning restore CA1001
{
    private readonly CacheKey _key = new(Digest.Of("key"u8));
    private readonly MemoryTier _memory = new();
    private string _root = "";
    private LiteDbTier? _disk;
    private Entry? _entry;

    [GlobalSetup]
    public void Setup()
    {
        _root = Directory.CreateTempSubdirectory("helmcached-micro-").FullName;
        _disk = new LiteDbTier(LiteDbTierOptions.In(_root), TimeProvider.System, Console.Error.WriteLine);
        byte[] output = new byte[20_000];
        for (int i = 0; i < output.Length; i++)
            output[i] = (byte)('a' + i % 23);
        _entry = new Entry
        {
            Result = new RenderResult(0, output, []),
            Created = TimeProvider.System.GetUtcNow(),
            RenderMilliseconds = 40,
        };
        _memory.Put(_key, _entry);
        _disk.Put(_key, _entry);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _disk!.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Benchmark]
    public bool GetFromMemory() => _memory.Get(_key) is not null;

    [Benchmark]
    public object? GetFromDisk() => _disk!.Get(_key);

    [Benchmark]
    public bool PutToDisk() => _disk!.Put(_key, _entry!);
}
