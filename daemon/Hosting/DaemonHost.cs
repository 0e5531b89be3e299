using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Coordination;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Rendering;
using CacheDaemon.Daemon.Sessions;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Servers;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Hosting;

/// <summary>
/// The life of the process: builds the rooms in dependency order, runs until it is told to stop or nobody has called
/// for a while, then takes them down in reverse.
/// </summary>
internal sealed class DaemonHost : IAdministration, IAsyncDisposable
{
    /// <summary>
    /// Longest wait for callers that render or wait when the daemon is asked to leave; longer renders lose only their entry.
    /// </summary>
    public static readonly TimeSpan DrainDeadline = TimeSpan.FromSeconds(10);

    private readonly Endpoint _endpoint;
    private readonly DaemonOptions _options;
    private readonly TimeProvider _time;
    private readonly DaemonLog _log;
    private readonly IReadOnlyList<string> _problems;
    private readonly long _started;
    private readonly StoreTiers _stores;
    private readonly CounterLedger _ledger;
    private readonly CallJournal _journal;
    private readonly MissExplainer _misses;
    private readonly Armory _armory;
    private readonly SharedTier? _shared;
    private readonly List<string> _sharedProblems = [];
    private readonly OutcomeRecorder _outcomes;
    private readonly RenderPipeline _pipeline;
    private readonly Turns _turns;
    private readonly RequestDispatcher _dispatcher;
    private readonly Listener _listener;
    private readonly Housekeeping _housekeeping;
    private readonly ChoreThread _chores;

    /// <param name="endpoint">Home and socket.</param>
    /// <param name="instance">The lock that makes this daemon the only one there; disposed by the caller.</param>
    /// <param name="options">Every setting.</param>
    /// <param name="problems">What is wrong with the configuration file, for the log and <c>status</c>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log; disposed by the caller.</param>
    /// <param name="arm">
    /// Has the helm at a path armed, in a process of its own (<see cref="ArmingWork"/>); true: for calls that download their chart.
    /// </param>
    public DaemonHost(
        Endpoint endpoint,
        InstanceLock instance,
        DaemonOptions options,
        IReadOnlyList<string> problems,
        TimeProvider time,
        DaemonLog log,
        Func<string, bool, Task> arm
    )
    {
        _endpoint = endpoint;
        _options = options;
        _problems = problems;
        _time = time;
        _log = log;
        Lifecycle = new Lifecycle(log);
        _started = time.GetTimestamp();
        _stores = new StoreTiers(endpoint, options, time, log);
        _ledger = new CounterLedger(_stores.Disk, time);
        _journal = new CallJournal(_ledger.Tallies, log, time);
        _misses = new MissExplainer(_stores.Disk);
        string armed = options.ArmedDirectory ?? endpoint.ArmedPath;
        var helms = new HelmBinaries(new StampLedger(armed, time));
        _armory = new Armory(armed, helms, helm => arm(helm, false), log.WriteProblem, time)
        {
            ForNetwork = new Armory(Armory.ForNetworkBelow(armed), helms, helm => arm(helm, true), log.WriteProblem, time),
        };
        var fingerprinter = new Fingerprinter(
            time,
            helms,
            new ChartExclusions(options.Bypass),
            remote: new RemotePolicy(options.RemoteFreshFor, options.RemoteDigest)
        );
        var results = new ResultStore(_stores.Store);
        var repeatability = new RepeatabilityPolicy(_stores.Store, _armory);
        var explainer = new Explainer(fingerprinter, _stores.Store, results, _misses, repeatability, new RemoteRuns(time));
        _shared = SharedServers.OpenTier(options.Shared, time, line => log.WriteProblem("shared: " + line), _sharedProblems);
        _outcomes = new OutcomeRecorder(_ledger.Counters, _journal, log, time);
        var team = new TeamShare(_shared, _stores.Store, _ledger.Counters, log, time, options.ReadOnly);
        var leases = new Leases<LeasedRender>();
        _pipeline = new RenderPipeline(fingerprinter, explainer, results, repeatability, _outcomes, team, leases, time);
        var publications = new PublicationHandler(
            fingerprinter,
            results,
            repeatability,
            _outcomes,
            explainer.RemoteRuns,
            team,
            leases,
            time,
            options.ReadOnly
        );
        _turns = new Turns(options.Coordinate ? new Coordinator(helms, time, options.RemoteFreshFor) : null, _ledger.Counters);
        var verification = new Verification(fingerprinter, _stores.Store, _outcomes.Recent, _ledger.Counters);
        var listing = new EntryListing(_stores.Store, _outcomes.Recent, keeps: !options.ReadOnly);
        _dispatcher = new RequestDispatcher(
            _pipeline,
            publications,
            _turns,
            explainer,
            verification,
            listing,
            this,
            Lifecycle,
            _ledger.Counters,
            _journal,
            log,
            time
        );
        _listener = new Listener(endpoint, _dispatcher, Lifecycle, time, log);
        _housekeeping = new Housekeeping(
            endpoint,
            instance,
            options,
            _listener,
            _dispatcher,
            _armory,
            _ledger,
            _journal,
            _misses,
            Lifecycle,
            log,
            time
        );
        _chores = new ChoreThread("housekeeping", yields: false, log.WriteProblem);
    }

    /// <summary>The daemon's state.</summary>
    public Lifecycle Lifecycle { get; }

    /// <summary>Serves until stopped.</summary>
    public async Task RunAsync()
    {
        foreach (string problem in _problems)
            _log.WriteProblem("configuration: " + problem);
        foreach (string problem in _sharedProblems.Except(_problems))
            _log.WriteProblem("the team's cache is out: " + problem);
        Listen();
        // What callers noted about a daemon that hung or could not start does not hold for this one.
        DaemonLauncher.Remove(_endpoint.AvoidPath);
        DaemonLauncher.Remove(_endpoint.StartFailedPath);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        Lifecycle.Serve($"pid {Environment.ProcessId}, version {Version}, protocol {ProtocolVersion.Current}");
        _listener.Start();
        Action housekeeping = _housekeeping.Run;
        using (_chores)
        using (_time.CreateTimer(_ => _chores.Request(housekeeping), null, Housekeeping.Interval, Housekeeping.Interval))
            await Lifecycle.Ending.ConfigureAwait(false);

        _turns.Close();
        _listener.Close();
        _listener.CutOffIdle();
        int cutOff = await _listener.DrainAsync(DrainDeadline).ConfigureAwait(false);
        if (_shared is not null)
            await _shared.DisposeAsync().ConfigureAwait(false);
        _ledger.Save();
        // The callers that found nobody listening while we drained may start the next daemon now.
        DaemonLauncher.Remove(_endpoint.StartFailedPath);
        Lifecycle.Stop(
            cutOff == 0
                ? "all callers were answered"
                : $"connections closed after {DrainDeadline.TotalSeconds:0} s although their work was not done: {cutOff}"
        );
    }

    /// <summary>Completes when the housekeeping that was due before is done; at once after the daemon was stopped.</summary>
    public Task HousekeepingAsync() => _chores.RunAsync(static () => 0);

    /// <summary>The product's version.</summary>
    public static string Version => typeof(DaemonHost).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <inheritdoc/>
    public string Status(BypassReason caller = BypassReason.None)
    {
        StoreTotals totals = _stores.Store.Totals();
        return new StatusReport
        {
            Pid = Environment.ProcessId,
            State = Lifecycle.NameOf(Lifecycle.State),
            StateReason = Lifecycle.Reason,
            Version = Version,
            Protocol = ProtocolVersion.Current,
            Home = _endpoint.Home,
            Socket = _endpoint.SocketPath,
            // As a render of the same caller would learn it.
            DeclinesCaller = caller == BypassReason.None ? "" : ReasonText.Of(caller),
            UptimeS = (long)_time.GetElapsedTime(_started).TotalSeconds,
            IdleExitS = (long)_options.IdleExit.TotalSeconds,
            Connections = _listener.Connections,
            Renders = _pipeline.Running,
            Waiting = _pipeline.Waiting + _turns.Waiting,
            Entries = totals.Entries,
            Bytes = totals.Bytes,
            ResidentBytes = Environment.WorkingSet,
            AllocatedBytes = GC.GetTotalAllocatedBytes(),
            OutputFileBytes = MemoryFile.OpenBytes,
            GcPauseUs = (long)GC.GetTotalPauseDuration().TotalMicroseconds,
            Store = _stores.Store.Status,
            Shared = _shared?.Status ?? (_sharedProblems.Count > 0 ? "out: " + _sharedProblems[0] : ""),
            Helms = Helms(),
            SettingValues = Settings.All.ToDictionary(setting => setting.Key, setting => setting.Show(_options)),
            Problems = _problems,
        }.ToJson();
    }

    /// <inheritdoc/>
    public string Stats(bool reset)
    {
        _ledger.CountDamage();
        string report = StatsReport.Write(
            _ledger.Counters.Snapshot(),
            _ledger.Tallies,
            _stores.Use(),
            Helms(),
            _outcomes.RemoteAges.Summary() ?? default,
            _pipeline.TeamLatencies.Summary()?.Median
        );
        if (reset)
        {
            _ledger.Reset();
            _outcomes.RemoteAges.Reset();
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
        PruneReport.Write(await _stores.Store.PruneAsync(PruneReport.ToRequest(request)).ConfigureAwait(false), _stores.Store.Totals());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _chores.Dispose();
        await _listener.DisposeAsync().ConfigureAwait(false);
        _stores.Dispose();
    }

    private List<HelmReport> Helms() =>
        [
            .. _armory
                .All()
                .Select(static helm => new HelmReport(
                    helm.Helm.ToString(),
                    helm.State switch
                    {
                        ArmingState.Armed => "armed",
                        ArmingState.Pending => "arming",
                        _ => "unarmed",
                    },
                    helm.State is ArmingState.Unarmed unarmed ? unarmed.Reason : ""
                )),
        ];

    private void Listen()
    {
        try
        {
            _listener.Open();
        }
        catch (Exception e)
        {
            // A daemon in the background has nobody else to tell.
            Lifecycle.Stop($"cannot listen: {e.Message}", failed: true);
            throw;
        }
    }

    private void End(PosixSignalContext context)
    {
        context.Cancel = true;
        Lifecycle.Drain($"signal {context.Signal}");
    }
}
