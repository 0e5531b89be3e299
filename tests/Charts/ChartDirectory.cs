using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Screening;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Charts;

/// <summary>
/// A directory of one test's own with a chart in it, and the loader with a memo of its own. The scanner of these tests
/// says how long a content is.
/// </summary>
internal sealed class ChartDirectory : IDisposable
{
    private readonly List<byte[]> _createdByBytes = [];
    private readonly TemporaryDirectory _parent = new();

    public ChartDirectory(bool empty = false, TimeProvider? clock = null)
    {
        Root = _parent.At("c");
        Directory.CreateDirectory(Root);
        Memo = new StampMemo<ChartContent>();
        Loader = new ChartLoader(Memo, Scan, clock ?? TimeProvider.System);
        if (empty)
            return;
        Write("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
        Write("values.yaml", "a: 1\n");
        Write("templates/x.yaml", "x: {{ .Values.a }}\n");
    }

    /// <summary>A clock so far ahead that every stamp is old enough to trust.</summary>
    public static TimeProvider Later { get; } = new ClockAhead(TimeSpan.FromHours(1));

    public string Root { get; }

    /// <summary>The directory around the chart.</summary>
    public string Parent => _parent.Location;

    public StampMemo<ChartContent> Memo { get; }

    public ChartLoader Loader { get; }

    /// <summary>How many contents the scanner has seen.</summary>
    public int Scans { get; private set; }

    public string At(string name) => Path.Combine(Root, name);

    public ChartDirectory Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public ChartDirectory Write(string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllBytes(At(name), content);
        return this;
    }

    public ChartDirectory Link(string name, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.CreateSymbolicLink(At(name), target);
        return this;
    }

    public ChartLoad Load(string? path = null) => Loader.Load(Encoding.UTF8.GetBytes(path ?? Root));

    public ChartSnapshot Snapshot(string? path = null) =>
        Load(path) switch
        {
            ChartLoad.Loaded loaded => loaded.Snapshot,
            ChartLoad.Declined declined => throw new InvalidOperationException(declined.ToString()),
            _ => throw new UnreachableException(),
        };

    public ChartTree Tree(string? path = null) => Snapshot(path).Tree;

    public string[] Names(string? path = null) => Tree(path).Files.Select(f => Encoding.Latin1.GetString(f.Name)).ToArray();

    public void AssertDeclined(BypassReason reason, string? path = null) =>
        Assert.Equal(reason, Assert.IsType<ChartLoad.Declined>(Load(path)).Reason);

    /// <summary>What real helm says about the chart.</summary>
    public HelmRun Helm(int major, string? chart = null) => Run(major, "template", "r", chart ?? Root);

    /// <summary>Runs real helm.</summary>
    public HelmRun Run(int major, params string[] arguments) => HelmRun.Of(major, arguments, Parent);

    public void Dispose()
    {
        foreach (byte[] path in _createdByBytes)
            Assert.Equal(0, unlink(path));
        _parent.Dispose();
    }

    private Obstacle? Scan(ReadOnlySpan<byte> content)
    {
        Scans++;
        return new Obstacle("length", content.Length);
    }

    /// <summary>Makes a file in the root whose name is bytes and not text.</summary>
    public void CreateByBytes(ReadOnlySpan<byte> name)
    {
        byte[] path = [.. Encoding.UTF8.GetBytes(Root), (byte)'/', .. name, 0];
        int descriptor = creat(path, 0x1A4);
        Assert.True(descriptor >= 0);
        Libc.Close(descriptor);
        _createdByBytes.Add(path);
    }

    /// <summary>Makes a FIFO.</summary>
    public void CreateFifo(string name) => Assert.Equal(0, mkfifo(Libc.PathBytes(At(name)), 0x1A4));

    [DllImport("libc")]
    private static extern int creat(byte[] path, uint mode);

    [DllImport("libc")]
    private static extern int unlink(byte[] path);

    [DllImport("libc")]
    private static extern int mkfifo(byte[] path, uint mode);

    private sealed class ClockAhead(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}
