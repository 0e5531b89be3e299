using System;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Cli;

/// <summary>One question to the running daemon, if there is one.</summary>
internal static class AdminConnection
{
    /// <summary>Longest wait for an administrative answer: a prune of a full store takes seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Where this account's daemon lives.</summary>
    /// <exception cref="IOException">The account has no home directory and <c>HELMCACHED_HOME</c> is not set.</exception>
    public static Client.Endpoint Endpoint() => Client.Endpoint.Resolve()
        ?? throw new IOException($"this account has no home directory; set {Client.Endpoint.HomeVariable} to a directory for the cache");

    /// <summary>The daemon's JSON answer; null when no daemon runs.</summary>
    /// <exception cref="IOException">A daemon runs but does not answer.</exception>
    public static string? Ask(Message request) => Exchange(request) switch
    {
        null => null,
        Message.Json json => json.Text,
        Message.Failed failed => throw new IOException(failed.Reason),
        _ => throw NoAnswer(Endpoint()),
    };

    /// <summary>The daemon's answer, whatever it is; null when no daemon runs.</summary>
    /// <exception cref="IOException">A daemon runs but does not answer.</exception>
    public static Message? Exchange(Message request)
    {
        Client.Endpoint endpoint = Endpoint();
        using DaemonClient? daemon = DaemonClient.TryConnect(endpoint, out _);
        if (daemon is null)
            return null;
        if (!daemon.TrySend(request, DaemonClient.FirstReplyDeadline))
            throw NoAnswer(endpoint);
        while (true)
        {
            switch (daemon.Receive(Patience))
            {
                case Message.Waiting: continue;
                case null: throw NoAnswer(endpoint);
                case { } answer: return answer;
            }
        }
    }

    private static IOException NoAnswer(Client.Endpoint endpoint) =>
        new($"the daemon for {endpoint.Home} does not answer (hung, or of another version); see {endpoint.LogPath}, or end the process that holds {endpoint.LockPath}");
}
