using static CacheDaemon.Client.Helm.FlagArity;
using static CacheDaemon.Client.Helm.FlagRole;
using static CacheDaemon.Client.Helm.HelmFlags;

namespace CacheDaemon.Client.Helm.Commands;

/// <summary>
/// <c>helm repo update [REPO...]</c> (pkg/cmd/repo_update.go): fetches the indexes of repositories into the repository cache. Coordinated.
/// </summary>
internal static class RepoUpdateCommand
{
    public static HelmCommand Command { get; } =
        new()
        {
            Name = "repo update",
            Statistics = "",
            Turn = CommandTurn.RepositoryIndexes,
            Arguments = CommandArguments.None,
            Flags = new FlagTable([.. Root, Local("fail-on-repo-update-fail", Switch, KeyScalar), Local("timeout", Value, KeyEvery), Help]),
        };
}
