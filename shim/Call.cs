using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Shim;

/// <summary>This process's one call of helm: its arguments as received, the real helm, and what of it the daemon may see.</summary>
internal sealed unsafe class Call
{
    private readonly string[] _arguments;
    private readonly HelmCommand? _command;
    private readonly CommandWords _words;

    /// <param name="arguments">The arguments after argv[0].</param>
    public Call(string[] arguments)
    {
        _arguments = arguments;
        _command = CommandLine.FindCommand(arguments, out _words);
        Helm = HelmLocator.Find();
        Trace = Trace.Start();
    }

    /// <summary>The real helm, or why there is none.</summary>
    public HelmLocation Helm { get; }

    /// <summary>The line that <c>HELMCACHED_TRACE</c> asks for.</summary>
    public Trace Trace { get; }

    /// <summary>What of the caller's open pipes we have read, for helm to read it again.</summary>
    public TakenInputs Inputs { get; } = new();

    /// <summary>
    /// Where the files of the output are to be, as typed; null for a call whose output is printed. Known after <see cref="Request"/>.
    /// </summary>
    public string? OutputDirectory { get; private set; }

    /// <summary>Whether it takes turns with others, and is not served.</summary>
    public bool TakesTurns => _command is { IsServed: false };

    /// <summary>False when this call is real helm's alone: switched off, a command that is not served, or nothing to run it with.</summary>
    public bool MayAsk =>
        Libc.IsSupported
        && Helm.Path is not null
        && !Endpoint.Switch("HELMCACHED_DISABLE"u8)
        // A flag before the command that is not global swallows the next word: such a call is passed to helm.
        && _command is not null
        && _words.OnlyRootFlagsBefore
        && (_command.IsServed || !IsUncoordinated)
        // A closed standard descriptor would be reused by our own socket or pipe, and be written to.
        && Libc.IsOpen(0)
        && Libc.IsOpen(1)
        && Libc.IsOpen(2);

    /// <summary>argv as received, argv[0] included, as text.</summary>
    public string[] ArgumentVector()
    {
        string[] vector = new string[_arguments.Length + 1];
        vector[0] = Environment.GetCommandLineArgs()[0];
        _arguments.CopyTo(vector, 1);
        return vector;
    }

    /// <summary>True when an argument was not UTF-8: .NET has replaced its bytes, so it must not be passed on as text.</summary>
    public static bool HasUndecodableArgument()
    {
        foreach (string argument in Environment.GetCommandLineArgs())
            if (argument.Contains('\ufffd'))
                return true;
        return false;
    }

    private static bool IsUncoordinated => Endpoint.Variable("HELMCACHED_COORDINATE"u8) is "0" or "false";

    /// <summary>The same for a call that takes turns.</summary>
    public Message.Coordinate? TurnRequest() =>
        Request() is { } call ? new Message.Coordinate(EnvironmentDigest.Compute(), Libc.IsTerminal(1) || Libc.IsTerminal(2), call) : null;

    /// <summary>
    /// The question for a stored result and nothing else; null when this call cannot be put as one, or reads what can be read once only.
    /// </summary>
    public Message.Render? StoredRequest() => InputName.MayBeOpen(CommandLine.Parse(_arguments, _command!, _words)) ? null : Request();

    /// <summary>The question for the daemon; null when this call cannot be put as one.</summary>
    public Message.Render? Request()
    {
        if (
            Libc.WorkingDirectory is not { } directory
            || HasUndecodableArgument()
            || directory.Contains('\ufffd')
            || Libc.StatPlace(".", out FileStamp here) != 0
        )
            return null;
        int umask = Libc.Umask;
        if (umask < 0)
            return null;
        ParsedCommandLine parsed = CommandLine.Parse(_arguments, _command!, _words);
        OutputDirectory = Client.Helm.OutputDirectory.Of(parsed);
        if (!_command!.IsServed && parsed.Error != BypassReason.None)
            return null;
        if (_command.IsServed && !InputOrder.TryTake(parsed, Inputs))
        {
            Trace.NotServed("input-left-to-helm");
            return null;
        }
        return new Message.Render
        {
            Arguments = _arguments,
            Directory = directory,
            DirectoryDevice = here.Device,
            DirectoryInode = here.Inode,
            DirectoryMount = here.Mount,
            Environment = RelevantEnvironment(),
            Umask = umask,
            HelmPath = Helm.Path!,
            HelmStamp = Helm.Stamp,
            Stdin = Inputs.Stdin,
            Descriptors = Inputs.Descriptors,
            Flags =
                RenderFlags.TakesDescriptor
                | RenderFlags.TakesTree
                | (Endpoint.Switch("HELMCACHED_RECACHE"u8) ? RenderFlags.Recache : 0)
                | (Endpoint.Switch("HELMCACHED_READONLY"u8) ? RenderFlags.ReadOnly : 0)
                | (Endpoint.Variable("HELMCACHED_IMPURE"u8) == "freeze" ? RenderFlags.Freeze : 0)
                | (IsUncoordinated ? RenderFlags.Uncoordinated : 0)
                | (Trace.IsOn ? RenderFlags.WantsReason : 0),
        };
    }

    /// <summary>
    /// The variables that can influence a render (docs/key.md, "Variables") and no others: the rest is none of our business.
    /// </summary>
    private static Dictionary<string, string> RelevantEnvironment()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        for (byte** p = Libc.EnvironmentBlock; p is not null && *p is not null; p++)
        {
            ReadOnlySpan<byte> entry = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(*p);
            int equals = entry.IndexOf((byte)'=');
            if (equals <= 0)
                continue;
            string name = Encoding.UTF8.GetString(entry[..equals]);
            // The first of two equal names is the one that getenv and Go see.
            if (HelmVariables.CanMatter(name))
                variables.TryAdd(name, Encoding.UTF8.GetString(entry[(equals + 1)..]));
        }
        return variables;
    }
}
