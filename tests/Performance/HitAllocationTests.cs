using System;
using System.Buffers;
using System.Collections.Generic;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Hosting;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Rendering;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Performance;

/// <summary>Gates what a warm hit allocates in the daemon: garbage is what makes a daemon stutter.</summary>
public sealed class HitAllocationTests
{
    private const int Hits = 200,
        MaxBytesPerHit = 768;

    [Fact]
    public async Task A_warm_hit_allocates_little()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
        for (int i = 0; i < 10; i++)
            directory.Write($"c/templates/{i}.yaml", $"a: {i}\n");
        directory.Write("home/x", "");
        string helm = directory.Write("helm", "\u007fELF helm.sh/helm/v3");

        using var log = new DaemonLog(directory.At("log"), TimeProvider.System, echo: false);
        using var stores = new StoreTiers(Endpoint.ForHome(directory.At("state")), new DaemonOptions(), TimeProvider.System, log);
        var fingerprinter = new Fingerprinter(new Later(), new HelmBinaries());
        var armory = new Armory(
            directory.At("armed"),
            new HelmBinaries(),
            static _ => System.Threading.Tasks.Task.CompletedTask,
            log.Write,
            TimeProvider.System
        );
        var results = new ResultStore(stores.Store);
        var repeatability = new RepeatabilityPolicy(stores.Store, armory);
        var explainer = new Explainer(
            fingerprinter,
            stores.Store,
            results,
            new MissExplainer(stores.Disk),
            repeatability,
            new RemoteRuns(TimeProvider.System)
        );
        var counters = new Counters(new Dictionary<string, long>());
        var journal = new CallJournal(new Tallies(new Dictionary<string, long>(), TimeProvider.System), log, TimeProvider.System);
        var outcomes = new OutcomeRecorder(counters, journal, log, TimeProvider.System);
        var team = new TeamShare(null, stores.Store, counters, log, TimeProvider.System, readOnly: false);
        var leases = new Leases<LeasedRender>();
        var pipeline = new RenderPipeline(fingerprinter, explainer, results, repeatability, outcomes, team, leases, TimeProvider.System);
        var publications = new PublicationHandler(
            fingerprinter,
            results,
            repeatability,
            outcomes,
            explainer.RemoteRuns,
            team,
            leases,
            TimeProvider.System,
            readOnly: false
        );
        Assert.Equal(0, Libc.StatPlace(directory.Location, out FileStamp here));
        Assert.Equal(0, Libc.Stat(helm, follow: true, out FileStamp stamp));
        var request = new Message.Render
        {
            Arguments = ["template", "r", "c"],
            Directory = directory.Location,
            DirectoryDevice = here.Device,
            DirectoryInode = here.Inode,
            DirectoryMount = here.Mount,
            Environment = new Dictionary<string, string> { ["HOME"] = directory.At("home") },
            HelmPath = helm,
            HelmStamp = stamp,
        };
        ReadOnlySequence<byte> message = new(MessageCodec.Encode(request).AsMemory(Frame.HeaderBytes));
        var held = new HashSet<long>();
        Answer first = await pipeline.RenderAsync(request, held, message, null, TimeProvider.System.GetTimestamp());
        var lease = Assert.IsType<Message.Lease>(MessageCodec.Decode(first.Frame[Frame.HeaderBytes..]));
        publications.Publish(new Publication(lease.LeaseId, 0, 1000, [], new byte[20_000]), held);
        // Once from the store, which makes it known; twice by its bytes, which compiles what runs below.
        for (int i = 0; i < 3; i++)
            Assert.Equal(i > 0, Hit(pipeline, message, request, held));

        long perHit = Allocation.PerRound(Hits, () => Hit(pipeline, message, request, held));
        Assert.True(perHit < MaxBytesPerHit, $"{perHit} bytes per hit");
    }

    /// <summary>
    /// One request as the dispatcher treats it; true when it was known by its bytes. xunit's assertions allocate, and would be counted.
    /// </summary>
    private static bool Hit(RenderPipeline pipeline, ReadOnlySequence<byte> message, Message.Render request, HashSet<long> held)
    {
        KnownRequest? known = pipeline.FindKnown(message);
#pragma warning disable CA2012 // It is complete, as asserted, and awaiting it would leave this thread, whose allocations are counted.
        ValueTask<Answer> answering = pipeline.RenderAsync(
            known?.Request ?? request,
            held,
            message,
            known,
            TimeProvider.System.GetTimestamp()
        );
        if (!answering.IsCompletedSuccessfully || answering.Result.Tail!.Length != 20_000)
            throw new InvalidOperationException("not a hit");
#pragma warning restore CA2012
        return known is not null;
    }

    /// <summary>An hour ahead, so that everything just written is old enough.</summary>
    private sealed class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(1);
    }
}
