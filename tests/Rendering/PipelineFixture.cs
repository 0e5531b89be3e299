using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Rendering;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Storage;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Rendering;

/// <summary>The pipeline with a real store, a call site, and a clock that moves when told; the tests play the callers.</summary>
internal sealed class PipelineFixture : IDisposable
{
    private readonly StoreFixture _disk = new();
    private readonly DaemonLog _log;

    public PipelineFixture(
        bool readOnly = false,
        SecretsPolicy secrets = SecretsPolicy.Disk,
        long memoryBytes = 1 << 20,
        RemotePolicy? remote = null,
        Func<TimeProvider, SharedTier>? shared = null
    )
    {
        LiteDbTier tier = _disk.Open();
        _log = new DaemonLog(LogPath, Clock, echo: false);
        Store = new EntryStore(new MemoryTier(memoryBytes), tier, new EntryStoreOptions { Secrets = secrets }, Clock, _log.Write);
        var helms = new HelmBinaries();
        var fingerprinter = new Fingerprinter(Clock, helms, remote: remote);
        Armory = new Armory(Armed, helms, path => Arm(path), _log.Write, Clock);
        var results = new ResultStore(Store);
        var repeatability = new RepeatabilityPolicy(Store, Armory);
        var explainer = new Explainer(fingerprinter, Store, results, new MissExplainer(tier), repeatability, new RemoteRuns(Clock));
        Shared = shared?.Invoke(Clock);
        Explainer = explainer;
        var team = new TeamShare(Shared, Store, Counters, _log, Clock, readOnly);
        Outcomes = new OutcomeRecorder(
            Counters,
            new CallJournal(new Tallies(new Dictionary<string, long>(), Clock), _log, Clock),
            _log,
            Clock
        );
        var leases = new Leases<LeasedRender>();
        Pipeline = new RenderPipeline(fingerprinter, explainer, results, repeatability, Outcomes, team, leases, Clock);
        Publications = new PublicationHandler(
            fingerprinter,
            results,
            repeatability,
            Outcomes,
            explainer.RemoteRuns,
            team,
            leases,
            Clock,
            readOnly
        );
    }

    /// <summary>Directory of armed copies.</summary>
    public string Armed => _disk.Home + "/armed";

    /// <summary>How a helm is armed here: not at all, until a test says so.</summary>
    public Func<string, Task> Arm { get; set; } = static _ => throw new ArmingException("the test's helm is none");

    public Armory Armory { get; }

    /// <summary>What was recorded of calls.</summary>
    public OutcomeRecorder Outcomes { get; }

    public Explainer Explainer { get; }

    /// <summary>The team's cache; null: there is none.</summary>
    public SharedTier? Shared { get; }

    /// <summary>Whose home this is.</summary>
    public Endpoint Endpoint => new(_disk.Home, _disk.Home + "/unused.sock");

    public CallSite Site { get; } = new();

    /// <summary>Stands at the beginning of the test, so that no file of the test is old enough to be known by its stamp alone.</summary>
    public ManualClock Clock { get; } = new(DateTimeOffset.UtcNow);

    public Counters Counters { get; } = new(new Dictionary<string, long>());

    public EntryStore Store { get; }

    public RenderPipeline Pipeline { get; }

    public PublicationHandler Publications { get; }

    public string LogPath => _disk.Home + "/daemon.log";

    /// <summary>As if the test's helm had been armed: any file will do for a pipeline, which runs none.</summary>
    public void ArmHelm(string content = "armed")
    {
        Directory.CreateDirectory(Armed);
        string copy = Armed + "/copy";
        File.WriteAllText(copy, content);
        Digest helm = HelmIdentity.Read(Site.Request("template r ./web").HelmPath).Digest;
        new ArmingRecord(
            ArmingRecipe.Version,
            copy,
            Digest.Of(System.Text.Encoding.UTF8.GetBytes(content)).ToString(),
            ["randAlphaNum", "now"],
            1,
            ""
        ).Write(Armed, helm);
    }

    /// <summary>A new caller, with a connection of its own.</summary>
    public Caller NewCaller() => new(this);

    /// <summary>
    /// Asserts the whole table of counters but the times: <c>"misses=1 stored=1"</c>. All calls are renders, so these are the same by
    /// command.
    /// </summary>
    public void AssertCounted(string expected)
    {
        const string ByCommand = "commands/",
            Render = "/template";
        var counted = new List<string>();
        SortedDictionary<string, long> counters = Counters.Snapshot();
        foreach ((string name, long value) in counters)
        {
            if (name.StartsWith(ByCommand, StringComparison.Ordinal))
                Assert.Equal(counters[name[ByCommand.Length..^Render.Length]], value);
            else if (value != 0 && name != Counters.TimeSavedMicroseconds)
                counted.Add($"{name}={value}");
        }
        Assert.Equal(expected, string.Join(' ', counted));
    }

    public void Dispose()
    {
        Store.Dispose();
        _disk.Dispose();
        _log.Dispose();
        Site.Dispose();
    }

    /// <summary>The message that a caller would get.</summary>
    public static Message Decode(Answer answer)
    {
        byte[] whole = [.. answer.Frame.Span, .. answer.Tail?.ToArray() ?? []];
        Assert.Equal(whole.Length - Frame.HeaderBytes, Frame.ReadLength(whole));
        return MessageCodec.Decode(whole.AsMemory(Frame.HeaderBytes));
    }

    /// <summary>One shim, as the pipeline sees it.</summary>
    internal sealed class Caller(PipelineFixture fixture)
    {
        private readonly List<long> _held = [];

        /// <summary>Leases that this caller holds by the session's account.</summary>
        public IReadOnlyList<long> Held => _held;

        public async Task<Message> AskAsync(Message.Render request)
        {
            ReadOnlySequence<byte> message = new(MessageCodec.Encode(request).AsMemory(Frame.HeaderBytes));
            Answer answer = await fixture.Pipeline.RenderAsync(
                request,
                _held,
                message,
                fixture.Pipeline.FindKnown(message),
                fixture.Clock.GetTimestamp()
            );
            answer.Sent?.Invoke(true);
            return Decode(answer);
        }

        public Task<Message> AskAsync(string line = "template r ./web", RenderFlags flags = RenderFlags.None) =>
            AskAsync(fixture.Site.Request(line) with { Flags = flags });

        /// <summary>Asks, and expects to be the one who renders.</summary>
        public async Task<long> LeaseAsync(string line = "template r ./web", RenderFlags flags = RenderFlags.None) =>
            Assert.IsType<Message.Lease>(await AskAsync(line, flags)).LeaseId;

        public Message.Published Publish(
            long lease,
            string stdout,
            string stderr = "",
            int exitCode = 0,
            long renderMicroseconds = 40_000
        ) =>
            Assert.IsType<Message.Published>(
                Decode(
                    fixture.Publications.Publish(
                        new Publication(
                            lease,
                            exitCode,
                            renderMicroseconds,
                            System.Text.Encoding.UTF8.GetBytes(stderr),
                            System.Text.Encoding.UTF8.GetBytes(stdout)
                        ),
                        _held
                    )
                )
            );

        public void Abandon(long lease, RefuseReason reason) => fixture.Publications.Abandon(new Message.Abandon(lease, reason), _held);

        /// <summary>The connection ends.</summary>
        public void Vanish()
        {
            fixture.Publications.Disconnected(_held);
            _held.Clear();
        }
    }
}
