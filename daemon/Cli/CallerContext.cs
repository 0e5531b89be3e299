using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Cli;

/// <summary>What a command that stands in for a caller of helm takes from its own process.</summary>
internal static class CallerContext
{
    /// <summary>
    /// All of standard input when this call of helm would read it, else null; and what it would read of descriptors by name
    /// (<c>&lt;(…)</c>), without those that the shim leaves to helm.
    /// </summary>
    public static (byte[]? Stdin, IReadOnlyList<DescriptorContent> Descriptors) Inputs(string[] call)
    {
        byte[]? stdin = null;
        var descriptors = new List<DescriptorContent>();
        var seen = new HashSet<(ulong, ulong)>();
        if (CommandLine.FindCommand(call, out CommandWords words) is not { } command)
            return (null, descriptors);
        foreach (InputName name in InputName.InOrder(CommandLine.Parse(call, command, words)) ?? [])
        {
            if (name.IsStdin)
            {
                using Stream input = Console.OpenStandardInput();
                stdin ??= All(input);
            }
            else if (
                name.Descriptor >= 0
                && Libc.Inherited(name.Descriptor, name.Path, out FileStamp stamp) != InheritedInput.None
                && seen.Add((stamp.Device, stamp.Inode))
            )
            {
                using FileStream input = File.OpenRead(name.Path);
                descriptors.Add(new DescriptorContent(name.Descriptor, All(input)));
            }
        }
        return (stdin, descriptors);
    }

    /// <summary>Whether a call reads standard input or an open descriptor, which can be read once only, or one cannot know.</summary>
    public static bool ReadsOpenFiles(string[] call) =>
        CommandLine.FindCommand(call, out CommandWords words) is not { } command
        || !words.OnlyRootFlagsBefore
        || InputName.MayBeOpen(CommandLine.Parse(call, command, words));

    /// <summary>The call as the shim would ask it from here, with all that it reads of standard input and descriptors.</summary>
    public static Message.Render Request(string[] call, HelmLocation helm)
    {
        Libc.StatPlace(".", out FileStamp here);
        (byte[]? stdin, IReadOnlyList<DescriptorContent> descriptors) = Inputs(call);
        return new Message.Render
        {
            Arguments = call,
            Directory = Environment.CurrentDirectory,
            DirectoryDevice = here.Device,
            DirectoryInode = here.Inode,
            DirectoryMount = here.Mount,
            Environment = Variables(),
            Umask = Math.Max(0, Libc.Umask),
            HelmPath = helm.Path!,
            HelmStamp = helm.Stamp,
            Stdin = stdin is null ? (ReadOnlyMemory<byte>?)null : stdin,
            Descriptors = descriptors,
            Flags = Client.Endpoint.Variable("HELMCACHED_IMPURE"u8) == "freeze" ? RenderFlags.Freeze : RenderFlags.None,
        };
    }

    /// <summary>A call as it was typed, or copied from a script, without a leading <c>helm</c>.</summary>
    public static string[] WithoutProgram(string[] call) =>
        call is [var program, .. var rest] && Path.GetFileName(program) == "helm" ? rest : call;

    private static byte[] All(Stream input)
    {
        using var all = new MemoryStream();
        input.CopyTo(all);
        return all.ToArray();
    }

    /// <summary>The variables that can matter to a render.</summary>
    public static Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            if (HelmVariables.CanMatter((string)variable.Key))
                variables[(string)variable.Key] = (string)variable.Value!;
        return variables;
    }
}
