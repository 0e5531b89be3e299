using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Cli.Checking;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Shared.Servers;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Cli.Sharing;

/// <summary>
/// Tries what this machine may do with a server, by an entry under the name of no call: a writer writes and reads it, a reader looks
/// whether a writer's is there and can be opened.
/// </summary>
internal sealed class ServerTrial(ISharedServer server, SharedKeys keys, bool writes)
{
    private const int Rounds = 7;

    /// <summary>Longer than the daemon ever waits, so that slow can be told from dead.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    private readonly CacheKey _probe = new(Digest.Of("helmcached shared check"u8));

    /// <summary>One check after the other; the server is let go of at the end.</summary>
    public async IAsyncEnumerable<DoctorCheck> Run([EnumeratorCancellation] CancellationToken cancellation)
    {
        await using (server.ConfigureAwait(false))
        {
            // The first connection takes longer than all that follow, and may be longer than the daemon waits for one: then it is tried
            // again.
            (byte[]? content, string? failure) = await GetAsync(cancellation).ConfigureAwait(false);
            if (failure is not null)
                (content, failure) = await GetAsync(cancellation).ConfigureAwait(false);
            if (failure is not null)
            {
                yield return DoctorCheck.Fail("read", $"server: {server.Description}: {failure}", Advice(failure));
                yield break;
            }
            yield return DoctorCheck.Ok("read", $"server: {server.Description} answers and lets this machine read");
            if (server.Clock is { } clock)
                yield return ClockAgainst(clock);
            yield return await RoundTripAsync(cancellation).ConfigureAwait(false);
            if (writes)
            {
                if (await PutAsync(cancellation).ConfigureAwait(false) is { } refused)
                {
                    yield return DoctorCheck.Fail("write", $"writing: {server.Description}: {refused}", Advice(refused));
                    yield break;
                }
                yield return DoctorCheck.Ok("write", "writing: the server took an entry");
                (content, failure) = await GetAsync(cancellation).ConfigureAwait(false);
            }
            yield return Opened(content, failure);
        }
    }

    /// <summary>Writers and readers compare their own clocks; the server's is the one that all of them can see.</summary>
    private static DoctorCheck ClockAgainst(DateTimeOffset server)
    {
        TimeSpan behind = server - DateTimeOffset.UtcNow;
        string says = string.Create(
            CultureInfo.InvariantCulture,
            $"clock: {Math.Abs(behind.TotalSeconds):0} s {(behind < TimeSpan.Zero ? "ahead of" : "behind")} the server's"
        );
        return behind.Duration() < SealedEntry.MaxClockSkew
            ? DoctorCheck.Ok("clock", says)
            : DoctorCheck.Fail("clock", says, "set the clock that is wrong: what was made more than 10 minutes from now is refused");
    }

    private DoctorCheck Opened(byte[]? content, string? failure)
    {
        if (failure is not null)
            return DoctorCheck.Fail("probe", $"probe: {failure}", Advice(failure));
        if (content is null)
            return writes
                ? DoctorCheck.Fail(
                    "probe",
                    "probe: the server took an entry, and does not have it now",
                    "is it one server that keeps what it is given? Redis may be full (maxmemory)"
                )
                : new DoctorCheck(
                    "probe",
                    CheckOutcome.Note,
                    "probe: no writer has tried this server with our names yet",
                    "helmcached shared check on a writer; if it did, names_from or encrypt_with differ"
                );
        Unsealed probe = SealedEntry.Open(content, _probe, keys, DateTimeOffset.UtcNow);
        if (probe.Entry is { } entry)
            return DoctorCheck.Ok(
                "probe",
                $"probe: the entry that {probe.Signer} made at {entry.Created.ToString("u", CultureInfo.InvariantCulture)} is accepted here"
            );
        string says = $"probe: the entry there is refused: {probe.Refusal.Name()}{(probe.Signer is null ? "" : $", key {probe.Signer}")}";
        return writes && probe.Refusal == SharedRefusal.UnknownSigner
            ? new DoctorCheck("probe", CheckOutcome.Note, says, "this machine writes what it would not read itself: see trust")
            : DoctorCheck.Fail(
                "probe",
                says,
                probe.Refusal switch
                {
                    SharedRefusal.UnknownSigner => "is this writer meant to be trusted? then its line belongs into shared.trust",
                    SharedRefusal.FromTheFuture => "compare the clocks of this machine and the writer's",
                    SharedRefusal.TooOld => "helmcached shared check on a writer makes a new one",
                    SharedRefusal.Undecipherable => "is encrypt_with the same team.key here and on the writer?",
                    _ => "is anything between here and the server that changes what passes?",
                }
            );
    }

    private async Task<DoctorCheck> RoundTripAsync(CancellationToken cancellation)
    {
        double[] times = new double[Rounds];
        for (int i = 0; i < Rounds; i++)
        {
            long began = Stopwatch.GetTimestamp();
            if ((await GetAsync(cancellation).ConfigureAwait(false)).Failure is { } failure)
                return DoctorCheck.Fail("round-trip", $"round trip: only the first of some answers came: {failure}", Advice(failure));
            times[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }
        Array.Sort(times);
        string says = string.Create(CultureInfo.InvariantCulture, $"round trip: {times[Rounds / 2]:0.0} ms (median of {Rounds})");
        return times[Rounds / 2] < SharedTier.Deadline.TotalMilliseconds
            ? DoctorCheck.Ok("round-trip", says)
            : DoctorCheck.Fail(
                "round-trip",
                $"{says}; a miss waits {SharedTier.Deadline.TotalMilliseconds} ms, so it is never served from there",
                "a server that is nearer"
            );
    }

    private async Task<(byte[]? Content, string? Failure)> GetAsync(CancellationToken cancellation)
    {
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(s_deadline);
            return (await server.GetAsync(keys.NameOf(_probe), SealedEntry.MaxBytes, deadline.Token).ConfigureAwait(false), null);
        }
        catch (OperationCanceledException)
        {
            return (null, $"no answer in {s_deadline.TotalSeconds} s");
        }
        catch (SharedServerException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>Null when the server took the entry.</summary>
    private async Task<string?> PutAsync(CancellationToken cancellation)
    {
        var entry = new SharedEntry(
            new RenderResult(0, Encoding.UTF8.GetBytes("# helmcached shared check\n"), []),
            DateTimeOffset.UtcNow,
            0,
            default,
            HoldsSecret: false
        );
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(s_deadline);
            await server.PutAsync(keys.NameOf(_probe), SealedEntry.Seal(_probe, entry, keys)!, deadline.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            return $"no answer in {s_deadline.TotalSeconds} s";
        }
        catch (SharedServerException e)
        {
            return e.Message;
        }
    }

    /// <summary>What to look at, by what an <see cref="ISharedServer"/> said.</summary>
    private static string Advice(string failure) =>
        failure switch
        {
            "status 401" or "status 407" => "the token in shared.headers_from is missing or wrong",
            "status 403" => "the token in shared.headers_from does not allow this",
            "status 405" or "status 501" => "the server takes no PUT: in nginx, dav_methods PUT; in the right location",
            "status 409" => "the server makes no directories: in nginx, create_full_put_path on;",
            "status 413" => "the server takes no object of this length: in nginx, client_max_body_size 16m;",
            "status 500" or "status 507" => "see the server's log; may it write where it keeps objects?",
            _ when failure.StartsWith("status 3", StringComparison.Ordinal) =>
                "redirects are not followed; write the last address into shared.url",
            "password refused" or "error NOAUTH" or "error WRONGPASS" => "see shared.password_from, or the user and password in shared.url",
            "error NOPERM" => "the Redis user needs get, getrange and (to write) set on helmcached:ac:*",
            "error OOM" => "Redis is full: maxmemory-policy allkeys-lru lets it drop old entries",
            "database refused" => "the number at the end of shared.url is no database of this Redis",
            ServerCertificates.NoTls => "https:// and rediss:// need a port where the server speaks TLS: see shared.url",
            _ when failure.EndsWith("not trusted here", StringComparison.Ordinal) =>
                "shared.ca_file: the certificate (PEM) of your company's authority",
            _ when failure.StartsWith("TLS failed", StringComparison.Ordinal) =>
                "the server needs a certificate that is valid today and for the host in shared.url",
            "host not found" => "see the host in shared.url",
            "too large" or "the object is too large" => "something else lies under the probe's name",
            _ => "does the server run, and may this machine connect to it? see shared.url; the log of the server says more",
        };
}
