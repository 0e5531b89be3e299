using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Cli.Warming;

/// <summary>A call that is to be in the cache.</summary>
/// <param name="Name">What it is called in messages: its chart and key, or file and line; never its words, which may hold secrets.</param>
/// <param name="Request">The call, with all that it needs to be made.</param>
internal readonly record struct WarmCall(string Name, Message.Render Request);
