using System;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Hosting;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Rendering;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>What the entries say: asked of the running daemon or, when none runs, read from the store.</summary>
internal static class StoredAnswer
{
    /// <summary>The answer to a question about entries.</summary>
    /// <param name="question">What to ask the daemon.</param>
    /// <param name="alone">The same of the store; null when there is none yet.</param>
    /// <exception cref="IOException">It could not be answered; the message says why.</exception>
    public static Message To(Message question, Func<EntryListing?, Task<Message>> alone) =>
        (AdminConnection.Exchange(question) ?? FromStore(alone)) switch
        {
            Message.Failed failed => throw new IOException(failed.Reason),
            var answer => answer,
        };

    private static Message FromStore(Func<EntryListing?, Task<Message>> alone)
    {
        Endpoint endpoint = AdminConnection.Endpoint();
        if (!File.Exists(endpoint.StorePath))
            return alone(null).GetAwaiter().GetResult();
        if (HomeDirectory.Problem(endpoint) is { } problem)
            throw new IOException(problem);
        using var log = new DaemonLog(endpoint.LogPath, TimeProvider.System, echo: false);
        using var rooms = StoreTiers.ForCommand(endpoint, TimeProvider.System, log);
        return alone(new EntryListing(rooms.Store, new RecentRequests())).GetAwaiter().GetResult();
    }
}
