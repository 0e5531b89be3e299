using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Cli;

/// <summary>
/// One question to the running daemon, if there is one. Ends within a bounded time whatever the daemon does: with its answer,
/// with "none runs", or with an exception whose message tells a person what is wrong and what to do.
/// </summary>
internal static class AdminConnection
{
    /// <summary>
    /// Silence after which the daemon counts as hung. It says twice a second that it works on something, so this is long only
    /// for the sake of machines in trouble: a person would rather wait than be told wrong.
    /// </summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for an answer from a daemon that says it works on it: a prune of a full store takes seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>How long to ask again when the daemon hangs up: one that is leaving does so until its socket is gone.</summary>
    private static readonly TimeSpan HangUpPatience = TimeSpan.FromSeconds(2);

    /// <summary>Pause before asking again.</summary>
    private const int PauseMilliseconds = 20;

    /// <summary>Where this account's daemon lives.</summary>
    /// <exception cref="IOException">The account has no home directory and <c>HELMCACHED_HOME</c> is not set.</exception>
    public static Client.Endpoint Endpoint() =>
        Client.Endpoint.Resolve()
        ?? throw new IOException($"this account has no home directory; set {Client.Endpoint.HomeVariable} to a directory for the cache");

    /// <summary>
    /// The endpoint of the daemon that serves calls from here: another than the home's first when that one declines them.
    /// </summary>
    public static Client.Endpoint ServingEndpoint()
    {
        Client.Endpoint endpoint = Endpoint();
        return Exchange(new Message.Status(), endpoint) is Message.Json status && StatusReport.Read(status.Text).DeclinesCaller.Length > 0
            ? endpoint.Apart()
            : endpoint;
    }

    /// <summary>The home's endpoints: the first, and those of callers that its daemon declines.</summary>
    public static IEnumerable<Client.Endpoint> All(Client.Endpoint endpoint) =>
        HomeDirectory.Problem(endpoint) is null && Directory.Exists(endpoint.Home) ? [endpoint, .. endpoint.FindApart()] : [endpoint];

    /// <summary>The daemon's JSON answer; null when no daemon runs.</summary>
    /// <exception cref="IOException">A daemon runs but does not answer, or answers with a failure.</exception>
    public static string? Ask(Message request) => Text(Exchange(request));

    /// <summary>As the other, of the daemon at this endpoint.</summary>
    public static string? Ask(Message request, Client.Endpoint endpoint) => Text(Exchange(request, endpoint));

    private static string? Text(Message? answer) =>
        answer switch
        {
            null => null,
            Message.Json json => json.Text,
            Message.Failed failed => throw new IOException(failed.Reason),
            _ => throw new IOException($"the daemon for {Endpoint().Home} gave an unexpected reply; run the helmcached that belongs to it"),
        };

    /// <summary>The daemon's answer, whatever it is; null when no daemon runs.</summary>
    /// <exception cref="IOException">A daemon runs but does not answer.</exception>
    public static Message? Exchange(Message request)
    {
        Client.Endpoint endpoint = Endpoint();
        // A home without one apart is spared the question.
        return Exchange(request, DaemonLauncher.Exists(endpoint.Apart().SocketPath) ? ServingEndpoint() : endpoint);
    }

    /// <summary>The answer of the daemon at this endpoint; null when none runs there.</summary>
    /// <exception cref="IOException">A daemon runs but does not answer.</exception>
    public static Message? Exchange(Message request, Client.Endpoint endpoint)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            using DaemonClient? daemon = DaemonClient.TryConnect(endpoint, out int errno);
            switch (errno)
            {
                case Libc.EAGAIN:
                    throw new IOException(
                        $"the daemon for {endpoint.Home} does not accept connections: it hangs or has too many callers; see "
                            + $"{endpoint.LogPath}, or end the process that holds {endpoint.LockPath}"
                    );
                case Libc.EACCES:
                    throw new IOException($"{endpoint.SocketPath} cannot be used, or another user listens there; check who owns it");
            }
            if (daemon is null)
                return null;
            if (TryAsk(daemon, request, endpoint) is { } answer)
                return answer;
            if (Stopwatch.GetElapsedTime(started) > HangUpPatience)
                throw new IOException(
                    $"the daemon for {endpoint.Home} (process {daemon.PeerId}) closed the connection without replying: it is "
                        + $"another version or has too many callers; see {endpoint.LogPath}, or end it with `kill {daemon.PeerId}`"
                );
            Libc.Poll([], PauseMilliseconds);
        }
    }

    /// <summary>The answer, or null when the daemon hung up.</summary>
    private static Message? TryAsk(DaemonClient daemon, Message request, Client.Endpoint endpoint)
    {
        long asked = Stopwatch.GetTimestamp();
        if (!daemon.TrySend(request, Silence))
            return Stopwatch.GetElapsedTime(asked) < Silence ? null : throw Hung(daemon, endpoint, Silence);
        while (true)
        {
            long listening = Stopwatch.GetTimestamp();
            switch (daemon.Receive(Silence))
            {
                case null when Stopwatch.GetElapsedTime(listening) >= Silence:
                    throw Hung(daemon, endpoint, Silence);
                case Message.Waiting when Stopwatch.GetElapsedTime(asked) >= Patience:
                    throw Hung(daemon, endpoint, Patience);
                case Message.Waiting:
                    continue;
                case var answer:
                    return answer;
            }
        }
    }

    private static IOException Hung(DaemonClient daemon, Client.Endpoint endpoint, TimeSpan waited) =>
        new(
            $"the daemon for {endpoint.Home} (process {daemon.PeerId}) has not answered for {waited.TotalSeconds:0} s; see "
                + $"{endpoint.LogPath}, or end it with `kill -KILL {daemon.PeerId}`; calls use real helm meanwhile"
        );
}
