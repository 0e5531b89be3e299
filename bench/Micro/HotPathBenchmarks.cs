using System;
using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Rendering;

namespace CacheDaemon.Bench.Micro;

/// <summary>What every request goes through, without a file system: codec, flag walk, leases.</summary>
[MemoryDiagnoser]
public class HotPathBenchmarks
{
    private static readonly string[] Arguments =
    [
        "template",
        "shop",
        "charts/shop",
        "-n",
        "prod",
        "-f",
        "values.yaml",
        "-f",
        "env/prod.yaml",
        "--set",
        "image.tag=v3,replicas=2",
        "--include-crds",
    ];

    private readonly byte[] _message;
    private readonly Message.Render _request;
    private readonly Leases<object> _leases = new();
    private readonly object _work = new();
    private long _key;

    public HotPathBenchmarks()
    {
        _request = new Message.Render
        {
            Arguments = Arguments,
            Directory = "/home/someone/projects/shop",
            DirectoryDevice = 1,
            DirectoryInode = 2,
            Environment = new Dictionary<string, string> { ["HOME"] = "/home/someone", ["PWD"] = "/home/someone/projects/shop" },
            HelmPath = "/usr/local/bin/helm",
            HelmStamp = default,
        };
        _message = [.. MessageCodec.Encode(_request).AsSpan(Frame.HeaderBytes)];
    }

    [Benchmark]
    public byte[] EncodeRequest() => MessageCodec.Encode(_request);

    [Benchmark]
    public object DecodeRequest() => MessageCodec.Decode(_message);

    [Benchmark]
    public byte[] EncodeResultHead() => MessageCodec.EncodeResultHead(0, "memory", 12, [1, 2, 3, 4, 5, 6, 7, 8], [], 20_000);

    [Benchmark]
    public int FindSubcommand() => Client.Helm.CommandLine.FindSubcommand(Arguments, out _);

    [Benchmark]
    public object WalkFlags() =>
        Client.Helm.CommandLine.Parse(Arguments, Client.Helm.HelmCommands.Find("template", "")!, new Client.Helm.CommandWords(0, -1, true));

    [Benchmark]
    public void AcquireAndPassOnLease()
    {
        var key = new CacheKey(Digest.Of(BitConverter.GetBytes(++_key)));
        if (_leases.Acquire(key, _work) is Claim<object>.Granted granted)
            _leases.PassOn(granted.LeaseId);
    }
}
