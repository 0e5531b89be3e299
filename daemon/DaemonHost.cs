using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Proving;
using CacheDaemon.Daemon.Rendering;
using CacheDaemon.Daemon.Sessions;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon;

/// <summary>
/// The life of the process: builds the rooms in dependency order, runs until it is told to stop or nobody has called
/// for a while, then takes them down in reverse.
/// </summary>
internal sealed class DaemonHost : IAdministration, IAsyncDisposable
{
    /// <summary>Longest wait for callers that render or wait when the daemon is asked to leave; longer renders lose only their entry.</summary>
    public static readonly TimeSpan DrainDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Misses explained in one round of housekeeping: comparing with stored entries takes milliseconds each.</summary>
    private const int ExplainedPerRound = 16;

    /// <summary>How often counters are written and the idle time is looked at.</summary>
    private static readonly TimeSpan HousekeepingInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Resident memory besides the configured memory tier that a quiet daemon may keep: itself and its memos take some 60 MB.
    /// What is above is garbage of large outputs, which the collector would keep for the next ones; hours may pass until then.
    /// </summary>
    private const long QuietBytes = 128L << 20;

    /// <summary>
    /// Time without a call after which a collection holds up nobody. And once more much later: the shared pool of arrays lets go of
    /// a large one at the first collection after it has not been asked for it for a minute (Utilities.cs and SharedArrayPool.cs of .NET).
    /// </summary>
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(2), LongQuietTime = TimeSpan.FromSeconds(90);

    private readonly Endpoint _endpoint;
    private readonly InstanceLock _instance;
    private readonly DaemonOptions _options;
    private readonly TimeProvider _time;
    private readonly DaemonLog _log;
    private readonly IReadOnlyList<string> _problems;
    private readonly long _started;
    private readonly StoreRooms _rooms;
    private readonly Counters _counters;
    private readonly CallJournal _journal;
    private readonly MissExplainer _misses;
    private readonly RenderPipeline _pipeline;
    private readonly RequestDispatcher _dispatcher;
    private readonly Listener _listener;
    private readonly FileStamp _binary = BinaryNow();
    private int _collections;
    private readonly Lock _saving = new();
    private Dictionary<string, long> _unsaved = [];
    private long _damagedCounted;
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="endpoint">Home and socket.</param>
    /// <param name="instance">The lock that makes this daemon the only one there; disposed by the caller.</param>
    /// <param name="options">Every setting.</param>
    /// <param name="problems">What is wrong with the configuration file, for the log and <c>status</c>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log; disposed by the caller.</param>
    public DaemonHost(Endpoint endpoint, InstanceLock instance, DaemonOptions options, IReadOnlyList<string> problems, TimeProvider time, DaemonLog log)
    {
        _endpoint = endpoint;
        _instance = instance;
        _options = options;
        _problems = problems;
        _time = time;
        _log = log;
        _started = time.GetTimestamp();
        _rooms = new StoreRooms(endpoint, options, time, log);
        IReadOnlyDictionary<string, long> persisted = _rooms.Disk.LoadCounters();
        _counters = new Counters(persisted.Where(static c => !Tallies.IsOurs(c.Key)).ToDictionary());
        _journal = new CallJournal(new Tallies(persisted, time), log, time);
        _misses = new MissExplainer(_rooms.Disk);
        bool freeze = options.Impure == ImpurePolicy.Freeze;
        var fingerprinter = new Fingerprinter(time, new HelmBinaries(_rooms.Disk), freeze, new ChartExclusions(options.Bypass));
        var explainer = new Explainer(fingerprinter, _rooms.Store, _misses, freeze);
        _pipeline = new RenderPipeline(
            fingerprinter, explainer, _rooms.Store, _counters, log, time, new ProofCopies(endpoint, log.WriteProblem), options.ReadOnly, freeze, _journal);
        var verification = new Verification(fingerprinter, _rooms.Store, _pipeline.Recent, _counters, freeze);
        _dispatcher = new RequestDispatcher(_pipeline, explainer, verification, this, _counters, _journal, log, time);
        _listener = new Listener(endpoint, _dispatcher, time, log);
    }

    /// <summary>Serves until stopped.</summary>
    public async Task RunAsync()
    {
        foreach (string problem in _problems)
            _log.WriteProblem("configuration: " + problem);
        RemoveProofs();
        _listener.Open();
        // What callers noted about a daemon that hung or could not start does not hold for this one.
        DaemonLauncher.Remove(_endpoint.AvoidPath);
        DaemonLauncher.Remove(_endpoint.StartFailedPath);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Leave);
        _log.Write($"started: pid {Environment.ProcessId}, version {Version}, protocol {ProtocolVersion.Current}");
        Task accepting = _listener.RunAsync();
        using (ITimer housekeeping = _time.CreateTimer(_ => KeepHouse(), null, HousekeepingInterval, HousekeepingInterval))
            await _stop.Task.ConfigureAwait(false);

        _dispatcher.Draining = true;
        _listener.Close();
        await accepting.ConfigureAwait(false);
        _listener.CutOffIdle();
        await _listener.DrainAsync(DrainDeadline).ConfigureAwait(false);
        RemoveProofs();
        SaveCounters();
        // The callers that found nobody listening while we drained may start the next daemon now.
        DaemonLauncher.Remove(_endpoint.StartFailedPath);
        _log.Write("stopped");
    }

    /// <summary>The product's version.</summary>
    public static string Version => typeof(DaemonHost).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <inheritdoc/>
    public void Stop() => _stop.TrySetResult();

    /// <inheritdoc/>
    public string Status()
    {
        StoreTotals totals = _rooms.Store.Totals();
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("pid", Environment.ProcessId);
            json.WriteString("version", Version);
            json.WriteNumber("protocol", ProtocolVersion.Current);
            json.WriteString("home", _endpoint.Home);
            json.WriteString("socket", _endpoint.SocketPath);
            json.WriteNumber("uptime_s", (long)_time.GetElapsedTime(_started).TotalSeconds);
            json.WriteNumber("idle_exit_s", (long)_options.IdleExit.TotalSeconds);
            json.WriteNumber("connections", _listener.Connections);
            json.WriteNumber("renders", _pipeline.Running);
            json.WriteNumber("waiting", _pipeline.Waiting);
            json.WriteNumber("entries", totals.Entries);
            json.WriteNumber("bytes", totals.Bytes);
            json.WriteNumber("resident_bytes", Environment.WorkingSet);
            json.WriteNumber("allocated_bytes", GC.GetTotalAllocatedBytes());
            json.WriteNumber("gc_pause_us", (long)GC.GetTotalPauseDuration().TotalMicroseconds);
            json.WriteString("store", _rooms.Store.Status);
            json.WriteStartObject("configuration");
            foreach (Setting setting in Settings.All)
                json.WriteString(setting.Key, setting.Show(_options));
            json.WriteEndObject();
            json.WriteStartArray("problems");
            foreach (string problem in _problems)
                json.WriteStringValue(problem);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <inheritdoc/>
    public string Stats(bool reset)
    {
        CountDamage();
        string report = StatsReport.Write(_counters.Snapshot(), _journal.Tallies, _rooms.Use());
        if (reset)
        {
            lock (_saving)
            {
                _counters.Reset();
                _journal.Tallies.Reset();
                _unsaved = [];
                _rooms.Disk.ResetCounters();
            }
        }
        return report;
    }

    /// <inheritdoc/>
    public string Calls(int count)
    {
        _journal.ExplainMisses(_misses);
        return CallReport.Write(_journal.Last(count));
    }

    /// <inheritdoc/>
    public async ValueTask<string> PruneAsync(Message.Prune request) =>
        PruneReport.Write(await _rooms.Store.PruneAsync(PruneReport.ToRequest(request)).ConfigureAwait(false), _rooms.Store.Totals());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync().ConfigureAwait(false);
        _rooms.Dispose();
    }

    private void Leave(PosixSignalContext context)
    {
        context.Cancel = true;
        Stop();
    }

    private void KeepHouse()
    {
        if (!_instance.IsInPlace)
        {
            _log.Write($"the home was removed: {_endpoint.LockPath} is not ours any more; leaving");
            Stop();
            return;
        }
        // Another one is in its place: an upgrade, perhaps of what the key is made of. The next call starts that one.
        FileStamp binary = BinaryNow();
        if (binary.Kind == FileKind.Regular && (binary.Inode != _binary.Inode || binary.Device != _binary.Device))
        {
            _log.Write($"{Environment.ProcessPath} was replaced; leaving");
            Stop();
            return;
        }
        _listener.Repair();
        _pipeline.GiveUpLateProofs();
        SaveCounters();
        GiveMemoryBack();
        _journal.ExplainMisses(_misses, ExplainedPerRound);
        if (_options.IdleExit > TimeSpan.Zero && _listener.Connections == 0 && _pipeline.Proving == 0 && _dispatcher.Quiet > _options.IdleExit)
        {
            _log.Write("idle");
            Stop();
        }
    }

    /// <summary>No proof outlives its daemon: the results that wait for them are kept in memory only.</summary>
    private void RemoveProofs()
    {
        try
        {
            ProofDirectory.RemoveAll(_endpoint);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.WriteProblem($"proofs: {e.Message}");
        }
    }

    /// <summary>What lies where this program was started from; nothing while it is being replaced.</summary>
    private static FileStamp BinaryNow() =>
        Environment.ProcessPath is { } path && Libc.Stat(path, follow: true, out FileStamp stamp) == 0 ? stamp : default;

    /// <summary>After large outputs, and when nobody calls: returns what is not in use to the system.</summary>
    private void GiveMemoryBack()
    {
        TimeSpan quiet = _listener.Connections > 0 ? TimeSpan.Zero : _dispatcher.Quiet;
        int due = quiet >= LongQuietTime ? 2 : quiet >= QuietTime ? 1 : 0;
        if (due > _collections && Environment.WorkingSet > _options.MemoryMaxBytes + QuietBytes)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _collections = due;
    }

    private void SaveCounters()
    {
        // Housekeeping that takes longer than its interval, and the end, may meet here.
        lock (_saving)
            SaveCountersAlone();
    }

    private void SaveCountersAlone()
    {
        CountDamage();
        List<string> gone = _journal.Tallies.TurnPage();
        Dictionary<string, long> deltas = _counters.TakeDeltas();
        _journal.Tallies.TakeDeltas(deltas);
        foreach ((string name, long amount) in _unsaved)
            deltas[name] = deltas.GetValueOrDefault(name) + amount;
        // A store that is out of use for a while gets them later.
        _unsaved = deltas.Count == 0 || _rooms.Disk.AddCounters(deltas) ? [] : deltas;
        if (gone.Count > 0)
            _rooms.Disk.DeleteCounters(gone);
    }

    /// <summary>The store drops what is damaged wherever it meets it; here that becomes a number for people.</summary>
    private void CountDamage()
    {
        long damaged = _rooms.Disk.DamagedEntries;
        if (Interlocked.Exchange(ref _damagedCounted, damaged) is var counted && damaged > counted)
            _counters.Add(Counters.Damaged, damaged - counted);
    }
}
