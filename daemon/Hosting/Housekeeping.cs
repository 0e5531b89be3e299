using System;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Sessions;

namespace CacheDaemon.Daemon.Hosting;

/// <summary>
/// What the daemon does every second besides serving: sees whether it should leave, repairs its socket, writes counters down,
/// removes copies of helms that nobody uses, and gives memory back. Never throws. It may wait for the disk: it has a thread of its own.
/// </summary>
internal sealed class Housekeeping
{
    /// <summary>How often it is due.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Copies of helms grow old by days: a look an hour is enough.</summary>
    private const int RoundsPerLook = 3600;

    /// <summary>Misses explained in one round: comparing with stored entries takes milliseconds each.</summary>
    private const int ExplainedPerRound = 16;

    /// <summary>
    /// Resident memory besides the configured memory tier that a quiet daemon may keep: itself and its memos take some 60 MB.
    /// What is above is garbage of large outputs, which the collector would keep for the next ones; hours may pass until then.
    /// </summary>
    private const long QuietBytes = 128L << 20;

    /// <summary>
    /// Time without a call after which a collection holds up nobody. And once more much later: the shared pool of arrays lets go of
    /// a large one at the first collection after it has not been asked for it for a minute (Utilities.cs and SharedArrayPool.cs of .NET).
    /// </summary>
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(2),
        LongQuietTime = TimeSpan.FromSeconds(90);

    /// <summary>Time without a call after which a daemon looks whether anybody is left to call it, and between two such looks.</summary>
    private static readonly TimeSpan LonelyAfter = TimeSpan.FromSeconds(10);

    /// <summary>Time without a call after which a daemon apart leaves, however much longer the other one would stay.</summary>
    private static readonly TimeSpan IdleApart = TimeSpan.FromMinutes(5);

    /// <summary>Age from which a capture is a dead shim's.</summary>
    private static readonly TimeSpan CaptureAge = TimeSpan.FromHours(1);

    private readonly Endpoint _endpoint;
    private readonly InstanceLock _instance;
    private readonly DaemonOptions _options;
    private readonly Listener _listener;
    private readonly RequestDispatcher _dispatcher;
    private readonly Armory _armory;
    private readonly CounterLedger _ledger;
    private readonly CallJournal _journal;
    private readonly MissExplainer _misses;
    private readonly Lifecycle _lifecycle;
    private readonly DaemonLog _log;
    private readonly TimeProvider _time;
    private readonly FileStamp _binary = BinaryNow();
    private int _collections;
    private int _rounds;
    private TimeSpan _lonelyAt;

    /// <param name="endpoint">Whose house it is.</param>
    /// <param name="instance">The lock that makes this daemon the only one there.</param>
    /// <param name="options">Every setting.</param>
    /// <param name="listener">Repairs its socket.</param>
    /// <param name="dispatcher">Knows when the last request came.</param>
    /// <param name="armory">Keeps copies of helms that may be out of use.</param>
    /// <param name="ledger">Has counters to write down.</param>
    /// <param name="journal">Holds misses that are not explained yet.</param>
    /// <param name="misses">Explains them.</param>
    /// <param name="lifecycle">Told when the daemon is to end, and why.</param>
    /// <param name="log">The log.</param>
    /// <param name="time">Says how old what shims left behind is.</param>
    public Housekeeping(
        Endpoint endpoint,
        InstanceLock instance,
        DaemonOptions options,
        Listener listener,
        RequestDispatcher dispatcher,
        Armory armory,
        CounterLedger ledger,
        CallJournal journal,
        MissExplainer misses,
        Lifecycle lifecycle,
        DaemonLog log,
        TimeProvider time
    )
    {
        _endpoint = endpoint;
        _instance = instance;
        _options = options;
        _listener = listener;
        _dispatcher = dispatcher;
        _armory = armory;
        _ledger = ledger;
        _journal = journal;
        _misses = misses;
        _lifecycle = lifecycle;
        _log = log;
        _time = time;
    }

    /// <summary>One round.</summary>
    public void Run()
    {
        try
        {
            if (ReasonToLeave() is { } reason)
            {
                _lifecycle.Drain(reason);
                return;
            }
            _listener.Repair();
            _ledger.Save();
            GiveMemoryBack();
            _journal.ExplainMisses(_misses, ExplainedPerRound);
            if (_rounds++ % RoundsPerLook != 0)
                return;
            RemoveLeftCaptures();
            if (_options.ArmedMaxAge > TimeSpan.Zero)
                _armory.RemoveUnused(_options.ArmedMaxAge);
        }
#pragma warning disable CA1031 // What failed is tried again in a second; the daemon goes on serving.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _log.WriteProblem($"housekeeping: {e}");
        }
    }

    /// <summary>What lies where this program was started from; nothing while it is being replaced.</summary>
    private static FileStamp BinaryNow() =>
        Environment.ProcessPath is { } path && Libc.Stat(path, follow: true, out FileStamp stamp) == 0 ? stamp : default;

    /// <summary>What shims left behind that were killed while helm wrote its files. No render takes so long.</summary>
    private void RemoveLeftCaptures()
    {
        var captures = new DirectoryInfo(_endpoint.CapturesPath);
        if (!captures.Exists || captures.LinkTarget is not null)
            return;
        foreach (DirectoryInfo capture in captures.EnumerateDirectories())
            if (_time.GetUtcNow() - capture.LastWriteTimeUtc > CaptureAge)
                capture.Delete(recursive: true);
    }

    private string? ReasonToLeave()
    {
        if (!_instance.IsInPlace)
            return $"the cache directory was removed: {_endpoint.LockPath} is no longer ours";
        // Another one is in its place: an upgrade, perhaps of what the key is made of. The next call starts that one.
        FileStamp binary = BinaryNow();
        if (binary.Kind == FileKind.Regular && (binary.Inode != _binary.Inode || binary.Device != _binary.Device))
            return $"{Environment.ProcessPath} was replaced";
        if (_listener.Connections > 0)
            return null;
        TimeSpan quiet = _dispatcher.Quiet;
        if ((_options.IdleExit > TimeSpan.Zero && quiet > _options.IdleExit) || (_endpoint.IsApart && quiet > IdleApart))
            return $"idle for {TimeSpan.FromSeconds((long)quiet.TotalSeconds)}";
        if (quiet < LonelyAfter || quiet - _lonelyAt < LonelyAfter && quiet >= _lonelyAt)
            return null;
        _lonelyAt = quiet;
        return PeerCheck.HasCompany() ? null : "no other process is left in this mount namespace";
    }

    /// <summary>After large outputs, and when nobody calls: returns what is not in use to the system.</summary>
    private void GiveMemoryBack()
    {
        TimeSpan quiet = _listener.Connections > 0 ? TimeSpan.Zero : _dispatcher.Quiet;
        int due =
            quiet >= LongQuietTime ? 2
            : quiet >= QuietTime ? 1
            : 0;
        if (due > _collections && Environment.WorkingSet + MemoryFile.OpenBytes > _options.MemoryMaxBytes + QuietBytes)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _collections = due;
    }
}
