using System.Collections.Generic;
using CacheDaemon.Client.Helm.Commands;

namespace CacheDaemon.Client.Helm;

/// <summary>
/// The commands that are served or coordinated, by helm's own words for them (cobra's <c>Use</c> and <c>Aliases</c>, the same in the three
/// helms).
/// </summary>
public static class HelmCommands
{
    /// <summary>Those that are served.</summary>
    public static IEnumerable<HelmCommand> All =>
        [
            TemplateCommand.Command,
            VersionCommand.Command,
            ShowCommands.All,
            ShowCommands.Chart,
            ShowCommands.Crds,
            ShowCommands.Readme,
            ShowCommands.Values,
            LintCommand.Command,
            DependencyListCommand.Command,
        ];

    /// <summary>Those that write what other calls read, and take turns.</summary>
    public static IEnumerable<HelmCommand> Coordinated =>
        [RepoUpdateCommand.Command, DependencyWriteCommands.Build, DependencyWriteCommands.Update, PullCommand.Command];

    /// <summary>Whether the next word says which of several commands is meant.</summary>
    public static bool IsGroup(string word) => word is "show" or "inspect" or "dependency" or "dep" or "dependencies" or "repo";

    /// <summary>The command with these words; null when it is neither served nor coordinated.</summary>
    /// <param name="word">The first word.</param>
    /// <param name="second">The word after a group's; else empty.</param>
    public static HelmCommand? Find(string word, string second) =>
        (word, second) switch
        {
            ("template", _) => TemplateCommand.Command,
            ("version", _) => VersionCommand.Command,
            ("show" or "inspect", "all") => ShowCommands.All,
            ("show" or "inspect", "chart") => ShowCommands.Chart,
            ("show" or "inspect", "crds") => ShowCommands.Crds,
            ("show" or "inspect", "readme") => ShowCommands.Readme,
            ("show" or "inspect", "values") => ShowCommands.Values,
            ("lint", _) => LintCommand.Command,
            ("dependency" or "dep" or "dependencies", "list" or "ls") => DependencyListCommand.Command,
            ("dependency" or "dep" or "dependencies", "build") => DependencyWriteCommands.Build,
            ("dependency" or "dep" or "dependencies", "update" or "up") => DependencyWriteCommands.Update,
            ("repo", "update" or "up") => RepoUpdateCommand.Command,
            ("pull" or "fetch", _) => PullCommand.Command,
            _ => null,
        };
}
