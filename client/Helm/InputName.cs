using System.Collections.Generic;

namespace CacheDaemon.Client.Helm;

/// <summary>One file that a call reads its values from.</summary>
/// <param name="Path">As helm opens it.</param>
/// <param name="IsValues">A values file, which helm parses at once; else of <c>--set-file</c>.</param>
public readonly record struct InputName(string Path, bool IsValues)
{
    /// <summary>Whether it is <c>-</c>.</summary>
    public bool IsStdin => CommandLine.IsStdin(Path);

    /// <summary>The number of the caller's descriptor that it names, or -1.</summary>
    public int Descriptor => DescriptorPath.NumberOf(Path);

    /// <summary>Whether a call reads standard input or an open descriptor, which can be read once only, or one cannot know.</summary>
    public static bool MayBeOpen(ParsedCommandLine call)
    {
        if (InOrder(call) is not { } names)
            return true;
        foreach (InputName name in names)
            if (name.IsStdin || name.Descriptor >= 0)
                return true;
        return false;
    }

    /// <summary>
    /// The names in the order in which helm reads them (<c>pkg/cli/values/options.go</c>): each <c>-f</c>, then each <c>--set-file</c>;
    /// null when one of the flags is not surely understood, or the command line has an error.
    /// </summary>
    public static List<InputName>? InOrder(ParsedCommandLine call)
    {
        if (call.Error != Protocol.BypassReason.None)
            return null;
        var names = new List<InputName>();
        foreach (FlagUse use in call.Flags)
        {
            if (call.Row(use).Role != FlagRole.ValuesFile)
                continue;
            var items = new List<string>();
            if (!GoSyntax.TryReadCsv(use.Value!, items))
                return null;
            foreach (string item in items)
                names.Add(new InputName(item, IsValues: true));
        }
        foreach (FlagUse use in call.Flags)
        {
            if (call.Row(use).Role != FlagRole.SetFile)
                continue;
            var items = new List<SetFileItem>();
            if (!SetFileSyntax.TryParse(use.Value!, items))
                return null;
            foreach (SetFileItem item in items)
                names.Add(new InputName(item.Path, IsValues: false));
        }
        return names;
    }
}
