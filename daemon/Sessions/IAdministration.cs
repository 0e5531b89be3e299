using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>What a session may ask of the process as a whole; implemented by <c>DaemonHost</c>, to its left.</summary>
internal interface IAdministration
{
    /// <summary>One JSON document: how the daemon is.</summary>
    /// <param name="caller">Why who asks is declined, when it is.</param>
    string Status(BypassReason caller);

    /// <summary>One JSON document: the counters of design 2; then sets them to zero if asked.</summary>
    string Stats(bool reset);

    /// <summary>One JSON document: the last calls, newest first.</summary>
    string Calls(int count);

    /// <summary>One JSON document: what was deleted.</summary>
    ValueTask<string> PruneAsync(Message.Prune request);
}
