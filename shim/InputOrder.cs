using System;
using System.Collections.Generic;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Shim;

/// <summary>
/// Reads standard input and pipes in helm's order, and none that helm would not come to: what makes it fail before must not have us wait
/// for the end of an open pipe, or take what the next command of a script is to read. In doubt the rest is passed to helm.
/// </summary>
/// <remarks>
/// helm's order, by strace on 3.17.3 and 4.1.4 (<c>pkg/cmd/template.go</c>, <c>install.go</c>, <c>pkg/cli/values/options.go</c>): flags,
/// positional arguments, the chart's path, then values: each <c>-f</c>, parsed before the next is opened, <c>--set-json</c>, <c>--set</c>,
/// <c>--set-string</c>, <c>--set-file</c>.
/// </remarks>
internal static class InputOrder
{
    /// <summary>A values file that is longer is not checked.</summary>
    private const int MaxCheckedBytes = 4 << 20;

    /// <summary>
    /// Takes what the call reads from descriptors. True when that is all there, or when there is nothing that could be taken: the daemon
    /// then says what it makes of the names. False: helm itself is to go on, with what was taken so far.
    /// </summary>
    public static bool TryTake(ParsedCommandLine call, TakenInputs inputs)
    {
        if (InputName.InOrder(call) is not { } names)
            return !CommandLine.ReadsStdin(call);
        var kinds = new (InheritedInput Kind, FileStamp Stamp)[names.Count];
        bool readsStdin = false,
            named = false;
        for (int i = 0; i < kinds.Length; i++)
        {
            readsStdin |= names[i].IsStdin;
            named |= names[i].Descriptor >= 0;
            if (names[i].Descriptor is var number and >= 0)
                kinds[i].Kind = Libc.Inherited(number, names[i].Path, out kinds[i].Stamp);
        }
        if (!readsStdin && !named)
            return true;
        if (named && !AreApart(names, kinds))
            return !readsStdin;
        int last = LastThatIsUsedUp(names, kinds);
        if (last >= 0 && !BeforeValues.AreSurelyPassed(call))
            return false;
        for (int i = 0; i < kinds.Length; i++)
            if (!TryPass(call, names[i], kinds[i], isBefore: i < last, inputs))
                return false;
        return true;
    }

    /// <summary>
    /// Whether each descriptor can be read, and no two of them, standard input included, are one pipe, or one number: what the second finds
    /// depends on the first.
    /// </summary>
    private static bool AreApart(List<InputName> names, (InheritedInput Kind, FileStamp Stamp)[] kinds)
    {
        var seen = new HashSet<(ulong, ulong)>();
        var numbers = new HashSet<int>();
        bool stdin = false;
        for (int i = 0; i < kinds.Length; i++)
        {
            if (names[i].IsStdin && !stdin)
            {
                stdin = true;
                if (!numbers.Add(0) || Libc.Stat(0, out FileStamp stamp) != 0 || !seen.Add((stamp.Device, stamp.Inode)))
                    return false;
            }
            if (names[i].Descriptor < 0)
                continue;
            if (
                kinds[i].Kind == InheritedInput.None
                || !numbers.Add(names[i].Descriptor)
                || !seen.Add((kinds[i].Stamp.Device, kinds[i].Stamp.Inode))
            )
                return false;
        }
        return true;
    }

    private static int LastThatIsUsedUp(List<InputName> names, (InheritedInput Kind, FileStamp Stamp)[] kinds)
    {
        int last = -1;
        bool stdin = false;
        for (int i = 0; i < kinds.Length; i++)
        {
            // Standard input is at its end the second time.
            if ((names[i].IsStdin && !stdin) || kinds[i].Kind == InheritedInput.Pipe)
                last = i;
            stdin |= names[i].IsStdin;
        }
        return last;
    }

    /// <summary>Takes one input, and makes sure that helm goes on after it, if that matters.</summary>
    private static bool TryPass(
        ParsedCommandLine call,
        InputName name,
        (InheritedInput Kind, FileStamp Stamp) input,
        bool isBefore,
        TakenInputs inputs
    )
    {
        // The others are parsed before the first of these is opened.
        if (!name.IsValues && Sets(call))
        {
            if (name.IsStdin || input.Kind == InheritedInput.Pipe || isBefore)
                return false;
        }
        if (name.IsStdin)
        {
            if (inputs.Stdin is null && !inputs.TakeStdin())
                return false;
            return !isBefore || !name.IsValues || PlainYaml.IsSurelyMapping(inputs.Stdin!.Value.Span);
        }
        if (name.Descriptor is var number and >= 0)
        {
            bool taken =
                input.Kind == InheritedInput.Pipe ? inputs.TakePipe(number, name.Path) : inputs.TakeFile(number, name.Path, input.Stamp);
            return taken && (!isBefore || !name.IsValues || PlainYaml.IsSurelyMapping(inputs.Descriptors[^1].Content.Span));
        }
        return !isBefore || CanBeRead(name);
    }

    private static bool Sets(ParsedCommandLine call)
    {
        foreach (FlagUse use in call.Flags)
            if (call.Row(use).Role is FlagRole.Set or FlagRole.SetString or FlagRole.SetJson)
                return true;
        return false;
    }

    /// <summary>
    /// A regular file that this user may read, by a name that is no URL to helm and no error to its parser of URLs; one of values that helm
    /// surely parses.
    /// </summary>
    private static bool CanBeRead(InputName name)
    {
        foreach (char c in name.Path)
            if (c is ':' or '%' || char.IsControl(c))
                return false;
        byte[] path = Libc.PathBytes(name.Path);
        if (Libc.Stat(path, follow: true, out FileStamp stamp) != 0 || stamp.Kind != FileKind.Regular)
            return false;
        if (name.IsValues)
            return Libc.ReadFile(path, MaxCheckedBytes, out ReadOnlySpan<byte> content) == 0 && PlainYaml.IsSurelyMapping(content);
        if (Libc.Open(path, out int descriptor) != 0)
            return false;
        Libc.Close(descriptor);
        return true;
    }
}
