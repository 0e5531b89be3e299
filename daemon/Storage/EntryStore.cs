using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// The store as everyone else sees it: asks the tiers fastest first, promotes what a slower one had, writes to disk after
/// the callers were served. No failure of a tier reaches the caller: it is a miss, or a reason for not storing.
/// </summary>
/// <remarks>Owns neither tier: whoever made them disposes them, after this.</remarks>
public sealed class EntryStore : IAsyncDisposable, IDisposable
{
    /// <summary>Keys known to vary that could not be written to disk; beyond this many, new ones are not remembered.</summary>
    private const int MaxVaryingInMemory = 10_000;

    private readonly MemoryTier _memory;
    private readonly LiteDbTier _disk;
    private readonly EntryStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly BackgroundWriter _writer;

    /// <summary>Upkeep and prunes, which take seconds where many entries go.</summary>
    private readonly ChoreThread _chores;
    private readonly ITimer _clock;
    private readonly ConcurrentDictionary<CacheKey, string> _varying = new();

    /// <summary>
    /// Held while an entry is written to or removed from disk, so that a removal is never undone by a write that was on
    /// its way. Taken before <see cref="_changing"/>.
    /// </summary>
    private readonly Lock _diskChanging = new();

    /// <summary>Held while memory and <see cref="_version"/> change together; short.</summary>
    private readonly Lock _changing = new();

    /// <summary>
    /// Raised by each put and removal, after the disk was changed: what was read from disk before is not promoted after it.
    /// </summary>
    private long _version;

    /// <param name="memory">The fast tier.</param>
    /// <param name="disk">The lasting tier; it may be out of use, see <see cref="Status"/>.</param>
    /// <param name="options">Policy and limits.</param>
    /// <param name="time">The clock of upkeep.</param>
    /// <param name="log">Receives one line for each thing that went wrong.</param>
    public EntryStore(MemoryTier memory, LiteDbTier disk, EntryStoreOptions options, TimeProvider time, Action<string> log)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _memory = memory;
        _disk = disk;
        _options = options;
        _time = time;
        _writer = new BackgroundWriter(options.MaxPendingBytes, WritePending, log);
        _chores = new ChoreThread("store upkeep", yields: true, log);
        Action upkeep = Upkeep;
        _clock = time.CreateTimer(_ => _chores.Request(upkeep), null, TimeSpan.Zero, options.UpkeepEvery);
    }

    /// <summary>One line for people: whether the disk is in use and, if not, why.</summary>
    public string Status => _disk.Problem is string problem ? $"memory only: {problem}" : "memory and disk";

    /// <summary>Entries and bytes on disk.</summary>
    public StoreTotals Totals() => _disk.Totals();

    /// <summary>Entries in memory.</summary>
    public int MemoryEntries => _memory.Count;

    /// <summary>Bytes in memory.</summary>
    public long MemoryBytes => _memory.Bytes;

    /// <summary>Bytes that memory may hold.</summary>
    public long MemoryLimit => _memory.Limit;

    /// <summary>The entry under <paramref name="key"/>, from the fastest tier that has it.</summary>
    public Lookup Get(CacheKey key)
    {
        // Read first: whatever changes from here on forbids promoting what is read below.
        long version = Interlocked.Read(ref _version);
        if (_memory.Get(key) is { } entry)
        {
            // So that what memory serves does not look unused on disk.
            _disk.Touch(key);
            return new Lookup(entry, _memory.Name);
        }
        if (_writer.Find(key) is Entry pending)
            return new Lookup(pending, _memory.Name);
        if (_disk.Get(key) is not Entry found)
            return Lookup.Miss;
        if (found.HoldsSecret && _options.Secrets != SecretsPolicy.Disk)
        {
            // Stored under an earlier, more generous policy.
            _disk.Remove(key);
            if (_options.Secrets == SecretsPolicy.Never)
                return Lookup.Miss;
        }
        lock (_changing)
        {
            if (version == _version)
                _memory.Put(key, found);
        }
        return new Lookup(found, _disk.Name);
    }

    /// <summary>Keys of all results on disk, once everything put before is there.</summary>
    public async Task<IReadOnlySet<CacheKey>> ResultKeysOnDiskAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        return _disk.ResultKeys();
    }

    /// <summary>What was made of an output and is kept beside it on disk; null for nothing.</summary>
    /// <param name="output">SHA-256 of the output.</param>
    /// <param name="name">Name of the view.</param>
    public Blob? GetView(Digest output, string name) => _disk.GetView(output, name);

    /// <summary>
    /// What was made of an entry's output, from memory where it was asked for before; null for nothing. It is of the very bytes of this
    /// entry.
    /// </summary>
    /// <param name="key">Of the entry.</param>
    /// <param name="entry">From <see cref="Get"/>.</param>
    /// <param name="name">Name of the view.</param>
    public Blob? GetView(CacheKey key, Entry entry, string name)
    {
        ArgumentNullException.ThrowIfNull(entry);
        foreach (View known in entry.Views)
            if (known.Name == name)
                return known.Bytes;
        if (entry.Result is not { } result || _disk.GetView(result.Stdout.Digest(), name) is not { } view)
            return null;
        lock (_changing)
            _memory.Replace(key, entry, entry with { Views = [.. entry.Views, new View(name, view)] });
        return view;
    }

    /// <summary>
    /// Keeps bytes beside an output for as long as that is on disk. False when it is not there, so that what may be in memory alone stays
    /// in memory alone.
    /// </summary>
    /// <param name="output">SHA-256 of the output.</param>
    /// <param name="name">Name of the view.</param>
    /// <param name="view">What to keep.</param>
    public async Task<bool> PutViewAsync(Digest output, string name, Blob view)
    {
        await FlushAsync().ConfigureAwait(false);
        return _disk.PutView(output, name, view);
    }

    /// <summary>Time since an entry was stored; never negative.</summary>
    public TimeSpan Age(Entry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        TimeSpan age = _time.GetUtcNow() - entry.Created;
        return age > TimeSpan.Zero ? age : TimeSpan.Zero;
    }

    /// <summary>
    /// The inputs of a chart's entries, once everything put before is on disk: those there, the ones used last first, then those that
    /// memory alone has. Notes are among them.
    /// </summary>
    public async Task<List<StoredMaterial>> MaterialAsync(string chart, int limit, long maxBytes)
    {
        await FlushAsync().ConfigureAwait(false);
        List<StoredMaterial> found = [.. _disk.RecentByChart(chart, limit, maxBytes)];
        var onDisk = new HashSet<CacheKey>(found.Count);
        foreach (StoredMaterial stored in found)
            onDisk.Add(stored.Key);
        foreach ((CacheKey key, Entry entry) in _memory.Snapshot())
            if (entry.ChartName == chart && !onDisk.Contains(key))
                found.Add(new StoredMaterial(key, entry.Created, entry.Material));
        return found;
    }

    /// <summary>All results, once everything put before is on disk: those there, and those that memory alone has.</summary>
    public async Task<List<StoredEntry>> ListAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        _disk.FlushUses();
        List<StoredEntry> entries = _disk.List();
        var onDisk = new HashSet<CacheKey>(entries.Count);
        foreach (StoredEntry entry in entries)
            onDisk.Add(entry.Key);
        foreach ((CacheKey key, Entry entry) in _memory.Snapshot())
        {
            if (entry.Result is { } result && !onDisk.Contains(key))
            {
                entries.Add(
                    new StoredEntry
                    {
                        Key = key,
                        ChartName = entry.ChartName,
                        ChartVersion = entry.ChartVersion,
                        Created = entry.Created,
                        LastUse = entry.Created,
                        Uses = null,
                        RenderMilliseconds = entry.RenderMilliseconds,
                        HoldsSecret = entry.HoldsSecret,
                        Bytes = result.Stdout.Length + (long)result.Stderr.Length,
                        Tier = _memory.Name,
                    }
                );
            }
        }
        return entries;
    }

    /// <summary>Stores an entry and returns at once: <see cref="Get"/> finds it from now on, the disk is written later.</summary>
    /// <returns><see cref="RefuseReason.None"/>, or why it is not stored anywhere.</returns>
    public RefuseReason PutInBackground(CacheKey key, Entry entry)
    {
        if (KeptInMemoryOnly(key, entry) is RefuseReason answer)
            return answer;
        lock (_changing)
        {
            _version++;
            bool inMemory = _memory.Put(key, entry);
            if (_writer.TryEnqueue(key, entry))
                return RefuseReason.None;
            _writer.Forget(key);
            return inMemory ? RefuseReason.None : RefuseReason.StoreFailed;
        }
    }

    /// <summary>Removes the entry everywhere.</summary>
    public void Remove(CacheKey key)
    {
        lock (_diskChanging)
        {
            _disk.Remove(key);
            RemoveFromMemory(key);
        }
    }

    /// <summary>
    /// Why the output under a key is known to vary, in words for people that name a function or a check, never a value; null when it is
    /// not.
    /// </summary>
    public string? GetVarying(CacheKey key) => _varying.TryGetValue(key, out string? detail) ? detail : _disk.GetVarying(key);

    /// <summary>Remembers that the output varies; on disk, or in memory while the disk cannot. Does not remove an entry.</summary>
    public void MarkVarying(CacheKey key, RefuseReason reason, string detail)
    {
        if (!_disk.MarkVarying(key, reason, detail) && _varying.Count < MaxVaryingInMemory)
            _varying[key] = detail;
    }

    /// <summary>Forgets that the output varies: it may be judged anew.</summary>
    public void ForgetVarying(CacheKey key)
    {
        _varying.TryRemove(key, out _);
        _disk.ForgetVarying(key);
    }

    /// <summary>
    /// Prunes both tiers. What the answer counts is the disk's, and memory's where there is no other; memory never holds on to what the
    /// disk let go.
    /// </summary>
    public async Task<PruneResult> PruneAsync(PruneRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request is { All: true, DryRun: false })
            _writer.ForgetAll();
        await FlushAsync().ConfigureAwait(false);

        PruneResult result = await _chores.RunAsync(() => _disk.Prune(request, _time.GetUtcNow(), RemoveFromMemory)).ConfigureAwait(false);
        if (request.DryRun)
            return result;
        if (request.All)
            _varying.Clear();
        bool wholeChart = request is { Chart: not null, OlderThan: null, MaxBytes: null };
        lock (_changing)
            _version++;
        // Entries that live in memory only; those on disk are gone from here already.
        PruneResult inMemory =
            request.All || wholeChart ? _memory.RemoveWhere((_, entry) => request.All || entry.ChartName == request.Chart) : default;
        // Deleted means deleted: outputs in memory files too, as soon as the callers that have one let go of it.
        MemoryFile.CloseForgotten();
        return _disk.IsOthers ? inMemory : result;
    }

    /// <summary>Completes when everything put in the background before is on disk, and upkeep that was due before is done.</summary>
    public async Task FlushAsync()
    {
        await _writer.FlushAsync().ConfigureAwait(false);
        await _chores.RunAsync(static () => 0).ConfigureAwait(false);
    }

    /// <summary>Writes what waits, which may take a moment, and stops.</summary>
    public void Dispose()
    {
        _clock.Dispose();
        _chores.Dispose();
        _writer.Dispose();
        _disk.FlushUses();
    }

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync() => await Task.Run(Dispose).ConfigureAwait(false);

    /// <summary>Deals with an entry that may not go to disk; null when it may.</summary>
    private RefuseReason? KeptInMemoryOnly(CacheKey key, Entry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!entry.HoldsSecret || _options.Secrets == SecretsPolicy.Disk)
            return null;
        // What was stored under this key before must not be served in its place.
        Remove(key);
        if (_options.Secrets == SecretsPolicy.Never)
            return RefuseReason.SecretsNever;
        return PutInMemory(key, entry) ? RefuseReason.None : RefuseReason.OutputTooLarge;
    }

    private bool PutInMemory(CacheKey key, Entry entry)
    {
        lock (_changing)
        {
            _version++;
            _writer.Forget(key);
            return _memory.Put(key, entry);
        }
    }

    private void RemoveFromMemory(CacheKey key)
    {
        lock (_changing)
        {
            _version++;
            _writer.Forget(key);
            _memory.Remove(key);
        }
    }

    private void WritePending(CacheKey key, Entry entry)
    {
        lock (_diskChanging)
        {
            if (_writer.IsPending(key, entry))
                _disk.Put(key, entry);
        }
    }

    private void Upkeep()
    {
        // What came before it is on disk, so that the limits hold for it too.
        _writer.FlushAsync().GetAwaiter().GetResult();
        if (_options.Secrets != SecretsPolicy.Disk)
            _disk.RemoveSecrets();
        _disk.EvictToLimits(_options.MaxDiskBytes, _options.MaxAge, _time.GetUtcNow());
    }
}
