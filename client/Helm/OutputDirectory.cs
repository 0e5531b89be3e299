using System;

namespace CacheDaemon.Client.Helm;

/// <summary>
/// What <c>--output-dir</c> asks for. helm writes each file below it and prints <c>wrote</c> and the path as it put it together: by a plain
/// slash, but cleaned where <c>--release-name</c> adds the release's name (<c>writeToFile</c> in pkg/action/install.go; seen on the three
/// helms).
/// </summary>
public static class OutputDirectory
{
    /// <summary>The flag.</summary>
    public const string Flag = "output-dir";

    /// <summary>The directory as typed; null when there is none, or an empty one, which is none to helm.</summary>
    public static string? Of(ParsedCommandLine call)
    {
        string? directory = null;
        foreach (FlagUse use in call.Flags)
            if (call.Row(use).Role == FlagRole.OutputDirectory)
                directory = use.Value;
        return string.IsNullOrEmpty(directory) ? null : directory;
    }

    /// <summary>The same of a whole command line; null also for a command that is neither served nor coordinated.</summary>
    /// <param name="arguments">argv without argv[0].</param>
    public static string? Of(ReadOnlySpan<string> arguments) =>
        CommandLine.FindCommand(arguments, out CommandWords words) is { } command ? Of(CommandLine.Parse(arguments, command, words)) : null;

    /// <summary>
    /// Whether the call is the same with another directory in this one's place, but for the beginning of the paths: not where helm would
    /// clean the path, not where a flag at the end of the line would be none, and not where the path climbs back (<c>a/../b</c>): helm
    /// makes the directories of the cleaned path and opens the files by the one as typed.
    /// </summary>
    public static bool CanBeExchanged(ParsedCommandLine call, string directory)
    {
        if (call.EndsFlags || ClimbsBack(directory))
            return false;
        foreach (FlagUse use in call.Flags)
            if (call.Row(use).Name == "release-name" && use.Value == "true")
                return IsClean(directory);
        return true;
    }

    private static bool ClimbsBack(string path)
    {
        bool named = path.StartsWith('/');
        foreach (Range range in path.AsSpan().Split('/'))
        {
            if (named && path.AsSpan()[range] is "..")
                return true;
            named |= path.AsSpan()[range] is not ("" or "." or "..");
        }
        return false;
    }

    private static bool IsClean(string path)
    {
        ReadOnlySpan<char> rest = path.StartsWith('/') ? path.AsSpan(1) : path;
        foreach (Range range in rest.Split('/'))
            if (rest[range] is "" or "." or "..")
                return false;
        return true;
    }
}
