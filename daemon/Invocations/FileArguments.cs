using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Invocations;

/// <summary>
/// Turns the file names of <c>-f</c> and <c>--set-file</c> into inputs (helm's <c>values.readFile</c>): <c>-</c> is standard input, once; a
/// name of a descriptor is what the caller sent of it, and declined when it sent nothing; a name that Go's URL parser could see a scheme
/// in, or reject, is declined. Names are opened as typed, relative to the working directory.
/// </summary>
/// <param name="directory">The working directory.</param>
/// <param name="descriptors">Those that the caller has read.</param>
internal sealed class FileArguments(string directory, IReadOnlyList<DescriptorContent> descriptors)
{
    private readonly HashSet<int> _named = [];

    /// <summary>True once a name stood for standard input.</summary>
    public bool ReadsStdin { get; private set; }

    /// <summary>Finds the input that <paramref name="typed"/> means. Call in the order in which helm reads.</summary>
    /// <returns>Null, or why the call is declined.</returns>
    public BypassReason? Read(string typed, out InputFile input)
    {
        input = default;
        if (CommandLine.IsStdin(typed))
        {
            if (_named.Contains(0))
                return BypassReason.ValuesThroughProc;
            input = new InputFile(ReadsStdin ? InputKind.SpentStdin : InputKind.Stdin, typed, "");
            ReadsStdin = true;
            return null;
        }
        if (DescriptorPath.NumberOf(typed) is var number and >= 0 && descriptors.Any(d => d.Number == number))
        {
            // What a second reading finds depends on what it is.
            if (!_named.Add(number) || (number == 0 && ReadsStdin))
                return BypassReason.ValuesThroughProc;
            input = new InputFile(InputKind.Descriptor, typed, "", number);
            return null;
        }
        if (Judge(typed) is { } reason)
            return reason;
        string path = GoPath.Under(directory, typed);
        if (GoPath.IsThroughProc(path))
            return BypassReason.ValuesThroughProc;
        input = new InputFile(InputKind.File, typed, path);
        return null;
    }

    // url.Parse: a colon before the first slash is a scheme (http:x is fetched, seen) or an error; percent signs without two hexadecimal
    // digits, control characters and a host (//) can be rejected.
    private static BypassReason? Judge(string typed)
    {
        if (typed.Length == 0)
            return BypassReason.BadFlagValue;
        int slash = typed.IndexOf('/', StringComparison.Ordinal);
        if (typed.AsSpan(0, slash < 0 ? typed.Length : slash).Contains(':') || typed.Contains("://", StringComparison.Ordinal))
            return BypassReason.RemoteValues;
        if (typed.StartsWith("//", StringComparison.Ordinal))
            return BypassReason.BadFlagValue;
        // helm opens the name as typed, if only Go could have unescaped it (seen).
        for (int percent = typed.IndexOf('%'); percent >= 0; percent = typed.IndexOf('%', percent + 1))
            if (percent + 2 >= typed.Length || !char.IsAsciiHexDigit(typed[percent + 1]) || !char.IsAsciiHexDigit(typed[percent + 2]))
                return BypassReason.BadFlagValue;
        foreach (char c in typed)
            if (c < ' ' || c == '\x7f')
                return BypassReason.BadFlagValue;
        return null;
    }
}
