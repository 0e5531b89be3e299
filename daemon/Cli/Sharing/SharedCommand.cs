using System.CommandLine;

namespace CacheDaemon.Daemon.Cli.Sharing;

/// <summary><c>helmcached shared</c>: what there is to do about the team's cache by hand.</summary>
internal static class SharedCommand
{
    public static Command Create() =>
        new("shared", "One cache for a team: make keys, try the server.") { CheckCommand.Create(), KeygenCommand.Create() };
}
