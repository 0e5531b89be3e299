using System;
using System.IO;
using System.Text.Json;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Cli.Rendered;

/// <summary>
/// A hit without the shim, whose start would take most of the time: the daemon is asked from here, as the shim would ask it. Anything but a plain hit is left to the shim, which knows how to start a
/// daemon, take a lease and become helm.
/// </summary>
internal static class StoredRender
{
    /// <summary>The stored answer; null for all that is none, whatever the reason.</summary>
    public static Message.Result? Find(string[] call)
    {
        if (Endpoint.Switch("HELMCACHED_DISABLE"u8) || Endpoint.Switch("HELMCACHED_RECACHE"u8) || Endpoint.Variable("HELMCACHED_TRACE"u8) is not null
            || CallerContext.ReadsOpenFiles(call) || Array.Exists(call, static word => word.Contains('\ufffd'))
            || Endpoint.Resolve() is not { } endpoint || DaemonLauncher.Exists(endpoint.AvoidPath))
            return null;
        HelmLocation helm = HelmLocator.Find();
        if (helm.Path is null)
            return null;
        Message.Render request = CallerContext.Request(call, helm);
        request = request with { Flags = request.Flags | RenderFlags.ReadOnly };
        try
        {
            // First whether it is a hit: a question for a render that is none would be a lease, which is the shim's to take.
            using DaemonClient? daemon = DaemonClient.TryConnect(endpoint, out _);
            return daemon is not null && Ask(daemon, new Message.Explain(request)) is Message.Json { Text: var report } && IsHit(report) ? Ask(daemon, request) as Message.Result : null;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    private static Message? Ask(DaemonClient daemon, Message question) => daemon.TrySend(question, DaemonClient.FirstReplyDeadline) ? daemon.ReceiveAnswer(out _) : null;

    private static bool IsHit(string report)
    {
        using JsonDocument document = JsonDocument.Parse(report);
        return document.RootElement.TryGetProperty("outcome", out JsonElement outcome) && outcome.ValueEquals("hit"u8);
    }
}
