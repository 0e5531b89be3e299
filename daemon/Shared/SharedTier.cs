using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared.Sealing;

namespace CacheDaemon.Daemon.Shared;

/// <summary>
/// The team's cache behind memory and disk: asked when both have nothing, within a deadline, and left alone while it fails. Nothing that
/// the server does reaches a caller: what is not a good entry in time is a miss.
/// </summary>
internal sealed class SharedTier : IAsyncDisposable
{
    /// <summary>As in traces and <c>hits_by_tier</c>.</summary>
    public const string Name = "shared";

    /// <summary>
    /// Longest time for an answer. helm itself takes as long for a small chart, so that a slow server costs no more than that.
    /// </summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(200);

    /// <summary>The same problem is logged again after this; ten thousand bad objects are one line.</summary>
    private static readonly TimeSpan s_repeatAfter = TimeSpan.FromMinutes(10);

    /// <summary>Kinds of problems that are remembered as logged.</summary>
    private const int MaxKinds = 100;

    private readonly ISharedServer _server;
    private readonly SharedKeys _keys;
    private readonly TimeProvider _time;
    private readonly Action<string> _log;
    private readonly Breaker _reading,
        _writing;
    private readonly SharedWriter? _writer;
    private readonly Lock _logging = new();
    private readonly Dictionary<string, long> _logged = [];

    /// <param name="server">Disposed with this.</param>
    /// <param name="keys">Whom to trust, and whether to sign.</param>
    /// <param name="time">The clock of deadlines, pauses and ages.</param>
    /// <param name="log">Receives one line for each kind of problem.</param>
    public SharedTier(ISharedServer server, SharedKeys keys, TimeProvider time, Action<string> log)
    {
        _server = server;
        _keys = keys;
        _time = time;
        _log = log;
        _reading = new Breaker(time);
        _writing = new Breaker(time);
        _writer = keys.CanSign ? new SharedWriter(WriteAsync, time) : null;
    }

    /// <summary>Told of each attempt to write an object whether the server took it.</summary>
    public Action<bool> Wrote { get; set; } = static _ => { };

    /// <summary>Whether <see cref="Offer"/> takes anything.</summary>
    public bool IsWriting => _writer is not null;

    /// <summary>One line for people: the server, what it is used for, whether it is left alone.</summary>
    public string Status =>
        $"{_server.Description}, {(IsWriting ? "read and written" : "read")}{Rests(_reading, "reads")}{Rests(_writing, "writes")}";

    /// <summary>What the server has under a key. Answers within <see cref="Deadline"/>.</summary>
    public async Task<SharedAnswer> AskAsync(CacheKey key)
    {
        if (!_reading.TryEnter())
            return new SharedAnswer(SharedOutcome.NotAsked);
        long began = _time.GetTimestamp();
        byte[]? content;
        try
        {
            using var deadline = new CancellationTokenSource(Deadline, _time);
            // On a thread of its own, and not waited for beyond the deadline, whatever a client does before it first waits.
            content = await Task.Run(
                    () => _server.GetAsync(_keys.NameOf(key), SealedEntry.MaxBytes, deadline.Token),
                    CancellationToken.None
                )
                .WaitAsync(deadline.Token)
                .ConfigureAwait(false);
        }
        catch (SharedServerException e) when (e.IsTooLarge)
        {
            Succeeded(_reading);
            return Refuse(key, SharedRefusal.TooLarge, null);
        }
        catch (Exception e) when (e is SharedServerException or OperationCanceledException)
        {
            Failed(_reading, e);
            return new SharedAnswer(SharedOutcome.Failed);
        }
        catch
        {
            // Our own bug, which the caller of this logs; a breaker that waits for this answer must not wait for ever.
            _reading.Failed();
            throw;
        }
        Succeeded(_reading);
        TimeSpan took = _time.GetElapsedTime(began);
        if (content is null)
            return new SharedAnswer(SharedOutcome.Miss, Took: took);
        Unsealed answer = SealedEntry.Open(content, key, _keys, _time.GetUtcNow());
        return answer.Entry is { } entry
            ? new SharedAnswer(SharedOutcome.Hit, entry, answer.Signer!, Took: took)
            : Refuse(key, answer.Refusal, answer.Signer, took);
    }

    /// <summary>Has an entry sealed and sent, some time later. It may be lost.</summary>
    public void Offer(CacheKey key, SharedEntry entry)
    {
        // Asked again when it is sealed; here so that what never goes does not wait for it.
        if (_writer is null || (entry.HoldsSecret && !_keys.MaySealSecrets))
            return;
        if (!_writer.TryEnqueue(key, entry))
            Log("queue", $"{_server.Description}: too much waits to be written; some entries are not shared");
    }

    /// <summary>Sends what waits, for a moment, and lets go of the server.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_writer is not null)
            await _writer.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
    }

    private async Task WriteAsync(CacheKey key, SharedEntry entry, CancellationToken end)
    {
        try
        {
            if (!_writing.TryEnter())
                return;
            if (SealedEntry.Seal(key, entry, _keys) is not { } content)
            {
                _writing.Succeeded(); // Nothing was asked of the server.
                return;
            }
            using var deadline = new CancellationTokenSource(SharedWriter.PutDeadline, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, end);
            await _server.PutAsync(_keys.NameOf(key), content, either.Token).WaitAsync(either.Token).ConfigureAwait(false);
            Succeeded(_writing);
            Wrote(true);
        }
#pragma warning disable CA1031 // An entry lost is a miss elsewhere; a dead writer would lose all. It is logged.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed(_writing, e);
            Wrote(false);
        }
    }

    private SharedAnswer Refuse(CacheKey key, SharedRefusal refusal, string? signer, TimeSpan? took = null)
    {
        Log(
            refusal.Name() + signer,
            $"{_server.Description}: object {_keys.NameOf(key)} is refused: {refusal.Name()}{(signer is null ? "" : $", writer {signer}")}"
        );
        return new SharedAnswer(SharedOutcome.Refused, Signer: signer ?? "", Refusal: refusal, Took: took);
    }

    private void Succeeded(Breaker breaker)
    {
        if (breaker.Succeeded())
            _log($"{_server.Description}: answers again");
    }

    private void Failed(Breaker breaker, Exception reason)
    {
        bool opens = breaker.Failed();
        string why = reason switch
        {
            SharedServerException => reason.Message,
            OperationCanceledException => "no answer in time",
            _ => $"{reason.GetType().Name}: {reason.Message}",
        };
        string what = breaker == _writing ? "write" : "read";
        if (opens)
            _log(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_server.Description}: {what}: {why}; left alone for {Breaker.Rest.TotalSeconds:0} s at a time until it answers"
                )
            );
        else
            Log(what + why, $"{_server.Description}: {what}: {why}");
    }

    /// <summary>One line for each kind of problem, until it has been a while.</summary>
    private void Log(string kind, string line)
    {
        lock (_logging)
        {
            long now = _time.GetTimestamp();
            if (_logged.TryGetValue(kind, out long before) ? _time.GetElapsedTime(before, now) < s_repeatAfter : _logged.Count >= MaxKinds)
                return;
            _logged[kind] = now;
        }
        _log(line);
    }

    private static string Rests(Breaker breaker, string what) =>
        breaker.IsOpen ? $"; {what} fail, and are tried again every {Breaker.Rest.TotalSeconds:0} s" : "";
}
