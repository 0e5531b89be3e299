using System;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Cli.Rendered;

/// <summary>
/// A hit without the shim, whose start would take most of the time: the daemon is asked from here, as the shim would ask it. Anything but a
/// plain hit is left to the shim, which knows how to start a daemon, take a lease and become helm.
/// </summary>
internal static class StoredRender
{
    /// <summary>The stored answer; null for all that is none, whatever the reason.</summary>
    public static Message.Result? Find(string[] call)
    {
        if (
            Endpoint.Switch("HELMCACHED_DISABLE"u8)
            || Endpoint.Switch("HELMCACHED_RECACHE"u8)
            || Endpoint.Variable("HELMCACHED_TRACE"u8) is not null
            || CallerContext.ReadsOpenFiles(call)
            || Array.Exists(call, static word => word.Contains('\ufffd'))
            || Endpoint.Resolve() is not { } endpoint
            || DaemonLauncher.Exists(endpoint.AvoidPath)
        )
            return null;
        HelmLocation helm = HelmLocator.Find();
        if (helm.Path is null)
            return null;
        Message.Render request = CallerContext.Request(call, helm);
        try
        {
            using DaemonClient? daemon = DaemonClient.TryConnect(endpoint, out _);
            return daemon?.AskForHit(request) as Message.Result;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
