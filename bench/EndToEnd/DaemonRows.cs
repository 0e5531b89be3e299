using System;
using System.Globalization;
using System.IO;
using System.Linq;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>The daemon by itself: throughput over kept connections, memory, and a store that has grown.</summary>
internal sealed class DaemonRows(BenchHome home)
{
    private const double Megabyte = 1024 * 1024;

    /// <summary>
    /// Hits per second that the daemon gives to a client that keeps its connections; the client uses the same processors.
    /// </summary>
    /// <param name="chart">The chart.</param>
    /// <param name="time">How long.</param>
    /// <param name="connections">How many are kept.</param>
    /// <param name="budget">Whether this is the row that the budget is about.</param>
    public Row Throughput(string chart, TimeSpan time, int connections, bool budget)
    {
        using Contender shim = home.Shim("template", "rel", chart);
        shim.Run();
        int output = shim.Capture().Length;
        byte[] request = MessageCodec.Encode(Request("rel", chart));
        LoadGenerator.Run(home.Endpoint.SocketPath, request, connections, TimeSpan.FromSeconds(0.5));
        home.ResetStats();
        long allocated = home.Status("allocated_bytes");
        double processor = home.ProcessorMicroseconds();
        LoadGenerator.Outcome run = LoadGenerator.Run(home.Endpoint.SocketPath, request, connections, time);
        double daemon = (home.ProcessorMicroseconds() - processor) / run.Hits,
            client = run.Processor.TotalMicroseconds / run.Hits;
        double allocatedPerHit = (double)(home.Status("allocated_bytes") - allocated) / run.Hits,
            perSecond = run.Hits / run.Elapsed.TotalSeconds;
        long hits = home.Stat("hits");
        if (hits != run.Hits + connections)
            throw new InvalidOperationException($"{chart}: {run.Hits + connections} replies, but {hits} hits");
        return new Row(
            string.Create(
                CultureInfo.InvariantCulture,
                $"hits per second over {connections} kept connections, {output:#,0} bytes of output"
            ),
            budget
                ? [new Check("per second", perSecond, 15_000, AtLeast: true), new Check("bytes allocated per hit", allocatedPerHit, 1000)]
                : [],
            Row.NoTimes,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{perSecond:#,0} per second, {allocatedPerHit:0} bytes allocated each; processor time per hit: daemon "
                    + $"{daemon:0.0} µs, client {client:0.0} µs, of {Environment.ProcessorCount} processors' "
                    + $"{1e6 * Environment.ProcessorCount / perSecond:0} µs"
            )
        );
    }

    /// <summary>Memory of the process and of the memory files that it holds, which are not mapped and so no part of the former.</summary>
    private double Held() => home.Status("resident_bytes") + home.Status("output_file_bytes");

    /// <summary>Memory after a start, and with the memory tier full.</summary>
    public Row Memory(string chart)
    {
        home.Stop();
        home.Start();
        double idle = Held() / Megabyte;
        byte[] output = new byte[1 << 20];
        for (int i = 0; i < 160; i++)
        {
            new Random(i).NextBytes(output);
            Publish($"fill{i}", chart, output);
            Ask($"fill{i}", chart);
        }
        double full = Held() / Megabyte;
        return new Row(
            "memory, with that of outputs in files",
            [new Check("MB idle after start", idle, 30), new Check("MB with the memory tier full", full, 200)],
            Row.NoTimes,
            "160 entries of 1 MB that do not compress went through a tier of 128 MiB; the collector stopped the daemon for "
                + $"{home.Status("gc_pause_us") / 1000} ms in all"
        );
    }

    /// <summary>Sizes of what is installed.</summary>
    public static Row Binaries() =>
        new(
            "binaries",
            [
                new Check("MB shim", new FileInfo(Repository.Shim).Length / Megabyte, 2.6),
                new Check("MB helmcached", new FileInfo(Repository.Daemon).Length / Megabyte, 12),
            ],
            Row.NoTimes
        );

    /// <summary>The message that the shim would send for <c>helm template RELEASE CHART</c>.</summary>
    public Message.Render Request(string release, string chart)
    {
        Libc.StatPlace(home.Charts, out FileStamp here);
        Libc.Stat(home.RealHelm, follow: true, out FileStamp helm);
        return new Message.Render
        {
            Arguments = ["template", release, chart],
            Directory = home.Charts,
            DirectoryDevice = here.Device,
            DirectoryInode = here.Inode,
            DirectoryMount = here.Mount,
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
