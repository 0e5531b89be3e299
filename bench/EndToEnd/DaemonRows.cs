using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>The daemon by itself: throughput over kept connections, memory, and a store that has grown.</summary>
internal sealed class DaemonRows(BenchHome home)
{
    private const double Megabyte = 1024 * 1024;

    /// <summary>Hits per second that the daemon gives to clients that keep their connection; the clients use the same processors.</summary>
    public Row Throughput(string chart, TimeSpan time, int connections)
    {
        using Contender shim = home.Shim("template", "rel", chart);
        shim.Run();
        shim.Run();
        byte[] request = MessageCodec.Encode(Request("rel", chart));
        using var stop = new CancellationTokenSource(time);
        long hits = 0;
        long bytes = 0;
        long allocated = home.Status("allocated_bytes");
        double processor = home.ProcessorMicroseconds();
        long started = Stopwatch.GetTimestamp();
        Thread[] threads = [.. Enumerable.Range(0, connections).Select(_ => new Thread(() =>
        {
            using LocalSocket socket = LocalSocket.TryConnect(Libc.PathBytes(home.Endpoint.SocketPath), out int errno) ?? throw new InvalidOperationException($"connect: {errno}");
            byte[] buffer = new byte[256 * 1024];
            long deadline = Stopwatch.GetTimestamp() + 60 * Stopwatch.Frequency;
            long mine = 0;
            int size = 0;
            while (!stop.IsCancellationRequested)
            {
                socket.TrySend(request, TimeSpan.FromSeconds(5), deadline);
                int have = 0;
                size = Frame.HeaderBytes;
                while (have < size)
                {
                    have += socket.Receive(buffer.AsSpan(have), deadline);
                    if (have >= Frame.HeaderBytes)
                        size = Frame.HeaderBytes + Frame.ReadLength(buffer);
                }
                mine++;
            }
            Interlocked.Add(ref hits, mine);
            Interlocked.Exchange(ref bytes, size);
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        double perSecond = hits / Stopwatch.GetElapsedTime(started).TotalSeconds;
        double allocatedPerHit = (double)(home.Status("allocated_bytes") - allocated) / hits, processorPerHit = (home.ProcessorMicroseconds() - processor) / hits;
        return new Row($"hits per second over {connections} kept connections",
            [new Check("per second", perSecond, 15_000, AtLeast: true), new Check("bytes allocated per hit", allocatedPerHit, 1000)], Row.NoTimes,
            string.Create(CultureInfo.InvariantCulture, $"replies of {bytes:#,0} bytes; {processorPerHit:0} µs of the daemon's processor time per hit"));
    }

    /// <summary>Resident memory after a start, and with the memory tier full.</summary>
    public Row Memory(string chart)
    {
        home.Stop();
        home.Start();
        double idle = home.Status("resident_bytes") / Megabyte;
        byte[] output = new byte[1 << 20];
        for (int i = 0; i < 160; i++)
        {
            new Random(i).NextBytes(output);
            Publish($"fill{i}", chart, output);
            Ask($"fill{i}", chart);
        }
        double full = home.Status("resident_bytes") / Megabyte;
        return new Row("resident memory", [new Check("MB idle after start", idle, 30), new Check("MB with the memory tier full", full, 200)], Row.NoTimes,
            $"160 entries of 1 MB that do not compress went through a tier of 128 MiB; the collector stopped the daemon for {home.Status("gc_pause_us") / 1000} ms in all");
    }

    /// <summary>Sizes of what is installed.</summary>
    public static Row Binaries() => new("binaries",
        [
            new Check("MB shim", new FileInfo(Repository.Shim).Length / Megabyte, 2.5),
            new Check("MB helmcached", new FileInfo(Repository.Daemon).Length / Megabyte, 12),
        ], Row.NoTimes);

    /// <summary>The message that the shim would send for <c>helm template RELEASE CHART</c>.</summary>
    public Message.Render Request(string release, string chart)
    {
        Libc.Stat(home.Charts, follow: true, out FileStamp here);
        Libc.Stat(home.RealHelm, follow: true, out FileStamp helm);
        return new Message.Render
        {
            Arguments = ["template", release, chart],
            Directory = home.Charts,
            DirectoryDevice = here.Device,
            DirectoryInode = here.Inode,
            Environment = home.Environment.Where(v => HelmVariables.CanMatter(v.Key)).ToDictionary(),
            HelmPath = home.RealHelm,
            HelmStamp = helm,
        };
    }

    private Message Ask(string release, string chart)
    {
        using DaemonClient client = Connect();
        client.TrySend(Request(release, chart), TimeSpan.FromSeconds(5));
        return client.ReceiveAnswer(out _) ?? throw new InvalidOperationException("no answer");
    }

    private void Publish(string release, string chart, byte[] output)
    {
        using DaemonClient client = Connect();
        client.TrySend(Request(release, chart), TimeSpan.FromSeconds(5));
        if (client.ReceiveAnswer(out _) is not Message.Lease lease)
            throw new InvalidOperationException("no lease");
        client.TrySend(new Message.Publish(lease.LeaseId, 0, 1000, default, output), TimeSpan.FromSeconds(5));
        if (client.Receive(TimeSpan.FromSeconds(10)) is not Message.Published { Refused: RefuseReason.None })
            throw new InvalidOperationException("not stored");
    }

    private DaemonClient Connect() =>
        DaemonClient.TryConnect(home.Endpoint, out int errno) ?? throw new InvalidOperationException($"connect: {errno}");
}
