using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using BenchmarkDotNet.Attributes;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;

namespace CacheDaemon.Bench.Micro;

/// <summary>From a request to its key: recalled by its bytes, computed over a known tree, computed over a tree never seen.</summary>
[MemoryDiagnoser]
public class FingerprintBenchmarks
{
    private const int FilesPerDirectory = 20;

    private string _root = "";
    private Message.Render? _request;
    private ReadOnlySequence<byte> _message;
    private Fingerprinter? _warm;

    [Params(10, 300, 10_000)]
    public int Files { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _root = Directory.CreateTempSubdirectory("helmcached-micro-").FullName;
        Write("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
        for (int i = 0; i < Files; i++)
            Write(
                string.Create(CultureInfo.InvariantCulture, $"c/templates/d{i / FilesPerDirectory}/{i}.yaml"),
                $"a: {i}\ntext: {new string('x', 500)}\n"
            );
        Write("helm", "\u007fELF helm.sh/helm/v3");
        Directory.CreateDirectory(Path.Combine(_root, "home"));
        Libc.StatPlace(_root, out FileStamp here);
        Libc.Stat(Path.Combine(_root, "helm"), follow: true, out FileStamp helm);
        _request = new Message.Render
        {
            Arguments = ["template", "r", "c"],
            Directory = _root,
            DirectoryDevice = here.Device,
            DirectoryInode = here.Inode,
            DirectoryMount = here.Mount,
            Environment = new Dictionary<string, string> { ["HOME"] = Path.Combine(_root, "home") },
            HelmPath = Path.Combine(_root, "helm"),
            HelmStamp = helm,
        };
        _message = new(MessageCodec.Encode(_request).AsMemory(Frame.HeaderBytes));
        _warm = New();
        _warm.Remember(_message, _request, (FingerprintOutcome.Known)_warm.Compute(_request));
        if (_warm.FindKnown(_message) is null)
            throw new InvalidOperationException("not recalled: the temporary directory is on a file system whose stamps are not trusted");
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_root, recursive: true);

    [Benchmark(Baseline = true)]
    public object? FindByBytes() => _warm!.FindKnown(_message);

    [Benchmark]
    public object ComputeWarm() => _warm!.Compute(_request!);

    [Benchmark]
    public object ComputeCold() => New().Compute(_request!);

    private static Fingerprinter New() => new(new Later(), new HelmBinaries());

    private void Write(string name, string text)
    {
        string path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    /// <summary>An hour ahead, so that what was just written is old enough to be trusted.</summary>
    private sealed class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(1);
    }
}
