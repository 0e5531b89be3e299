using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Arming;

/// <summary>How a helm binary may be rendered with.</summary>
internal abstract record ArmingState
{
    private ArmingState() { }

    /// <summary>There is a copy that proves what it renders.</summary>
    /// <param name="Path">Where it is.</param>
    /// <param name="Stamp">Its stamp when it was found to be what the self-test has tried.</param>
    /// <param name="Traps">What each exit code means, from <see cref="ArmingPlan.FirstExitCode"/> on.</param>
    public sealed record Armed(string Path, FileStamp Stamp, IReadOnlyList<string> Traps) : ArmingState
    {
        /// <inheritdoc/>
        public override string ToString() => "armed";

        /// <summary>What was called when a run ended with this exit code; null when that is not a trap's.</summary>
        public string? Trapped(int exitCode)
        {
            int trap = exitCode - ArmingPlan.FirstExitCode;
            return trap >= 0 && trap < Traps.Count ? Traps[trap] : null;
        }
    }

    /// <summary>It is being made.</summary>
    public sealed record Pending : ArmingState
    {
        /// <inheritdoc/>
        public override string ToString() => "arming";
    }

    /// <summary>There is none.</summary>
    /// <param name="Reason">Why, to follow "helm cannot be armed: ".</param>
    /// <param name="ForGood">This binary cannot be armed; otherwise it is tried again later.</param>
    public sealed record Unarmed(string Reason, bool ForGood) : ArmingState
    {
        /// <inheritdoc/>
        public override string ToString() => "unarmed: " + Reason;
    }
}

/// <summary>The armed copies that the daemon knows, and has made when it meets a new helm. Thread-safe.</summary>
internal sealed class Armory
{
    /// <summary>How long a failure to make one (a full disk, say) keeps us from trying again.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(1);

    private readonly string _directory;
    private readonly HelmBinaries _files;
    private readonly Func<string, Task> _arm;
    private readonly Action<string> _report;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<Digest, Known> _known = new();

    /// <param name="directory">Where records and copies are kept.</param>
    /// <param name="files">Knows what is in a file by its stamp.</param>
    /// <param name="arm">Has a helm armed, given its path: <see cref="ArmingWork.RunAsync"/> in a process of its own.</param>
    /// <param name="report">Told what went wrong.</param>
    /// <param name="time">The clock.</param>
    public Armory(string directory, HelmBinaries files, Func<string, Task> arm, Action<string> report, TimeProvider time)
    {
        _directory = directory;
        _files = files;
        _arm = arm;
        _report = report;
        _time = time;
    }

    /// <summary>The copies for calls that download their chart; null when there are none.</summary>
    public Armory? ForNetwork { get; init; }

    /// <summary>Where these copies are kept, when the others are in a directory.</summary>
    public static string ForNetworkBelow(string directory) => directory + "/network";

    /// <summary>What is known of every helm met so far, for people: its digest and its state.</summary>
    public IEnumerable<(Digest Helm, ArmingState State)> All()
    {
        foreach ((Digest helm, Known known) in _known)
            yield return (helm, known.State);
    }

    /// <summary>How this helm may be rendered with now. Has it armed when it is new, without waiting.</summary>
    /// <param name="helm">Digest of the binary.</param>
    /// <param name="path">Where it is.</param>
    public ArmingState Find(Digest helm, string path)
    {
        Known known = _known.GetOrAdd(helm, static _ => new Known());
        lock (known)
        {
            if (known.State is ArmingState.Unarmed { ForGood: true } || (known.State is ArmingState.Armed armed && IsUnchanged(armed)))
                return known.State;
            if (known.Work is { IsCompleted: false })
                return known.State = new ArmingState.Pending();
            if (Recorded(helm) is { } recorded)
                return known.State = recorded;
            if (known.Failed is { } failed && _time.GetElapsedTime(failed) < RetryAfter)
                return known.State;
            known.Work = Task.Run(() => ArmAsync(known, path));
            return known.State = new ArmingState.Pending();
        }
    }

    /// <summary>Completes when nothing is being armed. Never throws.</summary>
    public async Task DrainAsync()
    {
        foreach (Known known in _known.Values)
            if (known.Work is { } work)
                await work.ConfigureAwait(false);
        if (ForNetwork is { } network)
            await network.DrainAsync().ConfigureAwait(false);
    }

    /// <summary>Removes copies of helms, and digests of files, that nobody has used for so long. To be called now and then.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public void RemoveUnused(TimeSpan age)
    {
        ForNetwork?.RemoveUnused(age);
        if (!Directory.Exists(_directory))
            return;
        DateTime oldest = _time.GetUtcNow().UtcDateTime - age;
        _files.RemoveUnused(oldest);
        foreach (string path in Directory.EnumerateFiles(_directory, "*.json"))
        {
            if (
                File.GetLastWriteTimeUtc(path) >= oldest
                || !Digest.TryParse(Path.GetFileNameWithoutExtension(path), out Digest helm)
                || _known.ContainsKey(helm)
            )
                continue;
            if (ArmingRecord.Read(_directory, helm) is { Copy.Length: > 0 } record)
                File.Delete(record.Copy);
            File.Delete(path);
        }
    }

    private async Task ArmAsync(Known known, string path)
    {
        string reason = "the work ended without a result";
        try
        {
            await _arm(path).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it was: this helm is not armed, its callers get it as it is, and the log says why.
        catch (Exception e)
#pragma warning restore CA1031
        {
            reason = e.Message;
            _report($"arming {path}: {e.Message}");
        }
        lock (known)
        {
            known.Failed = _time.GetTimestamp();
            known.State = new ArmingState.Unarmed(reason, ForGood: false);
        }
    }

    private static bool IsUnchanged(ArmingState.Armed armed) =>
        Libc.Stat(armed.Path, follow: false, out FileStamp stamp) == 0 && stamp == armed.Stamp;

    private ArmingState? Recorded(Digest helm)
    {
        if (ArmingRecord.Read(_directory, helm) is not { } record)
            return null;
        if (record.Unarmed.Length > 0)
            return new ArmingState.Unarmed(record.Unarmed, ForGood: true);
        if (
            Libc.Stat(record.Copy, follow: false, out FileStamp stamp) != 0
            || _files.Find(record.Copy, stamp, _time.NowNs()) is not { } copy
            || copy.Digest.ToString() != record.CopyDigest
        )
            return null;
        ArmingRecord.Touch(_directory, helm, _time.GetUtcNow());
        return new ArmingState.Armed(record.Copy, stamp, record.Traps);
    }

    private sealed class Known
    {
        public ArmingState State { get; set; } = new ArmingState.Pending();

        /// <summary>Time stamp of the last attempt that left no armed copy.</summary>
        public long? Failed { get; set; }

        public Task? Work { get; set; }
    }
}
