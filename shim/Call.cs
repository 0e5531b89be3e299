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
    /// <summary>
    /// Most standard input that is sent to the daemon. Values on standard input are kilobytes; beyond this the render
    /// itself dwarfs what a cache could save.
    /// </summary>
    private const int MaxStdinBytes = 32 * 1024 * 1024;

    private readonly string[] _arguments;
    private readonly int _subcommand;
    private readonly bool _onlyGlobalFlagsBefore;

    /// <param name="arguments">The arguments after argv[0].</param>
    public Call(string[] arguments)
    {
        _arguments = arguments;
        _subcommand = CommandLine.FindSubcommand(arguments, out _onlyGlobalFlagsBefore);
        Helm = HelmLocator.Find();
        Trace = Trace.Start();
    }

    /// <summary>The real helm, or why there is none.</summary>
    public HelmLocation Helm { get; }

    /// <summary>The line that <c>HELMCACHED_TRACE</c> asks for.</summary>
    public Trace Trace { get; }

    /// <summary>The arguments after argv[0].</summary>
    public IReadOnlyList<string> Arguments => _arguments;

    /// <summary>
    /// Descriptor that holds the standard input which we have consumed, positioned at its start; -1 when standard input
    /// is untouched.
    /// </summary>
    public int ConsumedStdin { get; private set; } = -1;

    /// <summary>
    /// Why a part of standard input, which we have taken, cannot be given to helm any more; null as long as it can. Helm must not run then: it
    /// would render other values.
    /// </summary>
    public string? StdinLost { get; private set; }

    /// <summary>Whether what is left of standard input is less than helm is to read.</summary>
    public bool HasTakenStdin => ConsumedStdin >= 0 || StdinLost is not null;

    /// <summary>False when this call is real helm's alone: switched off, not a render, or nothing to run it with.</summary>
    public bool MayAsk =>
        Libc.IsSupported
        && Helm.Path is not null
        && !Endpoint.Switch("HELMCACHED_DISABLE"u8)
        && IsTemplate
        // A closed standard descriptor would be reused by our own socket or pipe, and be written to.
        && Libc.IsOpen(0) && Libc.IsOpen(1) && Libc.IsOpen(2);

    /// <summary>
    /// A flag before the subcommand that is not global swallows the next word (helm-inputs 2.1): such a call is left to helm.
    /// </summary>
    private bool IsTemplate => _subcommand >= 0 && _onlyGlobalFlagsBefore && _arguments[_subcommand] == CommandLine.Template;

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

    /// <summary>The question for the daemon; null when this call cannot be put as one.</summary>
    public Message.Render? Request()
    {
        if (Libc.WorkingDirectory is not { } directory || HasUndecodableArgument() || directory.Contains('\ufffd') || Libc.StatPlace(".", out FileStamp here) != 0)
            return null;
        int umask = Libc.Umask;
        if (umask < 0)
            return null;
        ReadOnlyMemory<byte>? stdin = null;
        ParsedCommandLine parsed = CommandLine.Parse(_arguments, _subcommand);
        if (CommandLine.ReadsStdin(parsed))
        {
            if (!StandardInput.IsDue(parsed))
            {
                Trace.NotServed("stdin-left-to-helm");
                return null;
            }
            stdin = ConsumeStdin();
            if (stdin is null)
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
            Stdin = stdin,
            Flags = RenderFlags.TakesDescriptor
                | (Endpoint.Switch("HELMCACHED_RECACHE"u8) ? RenderFlags.Recache : 0)
                | (Endpoint.Switch("HELMCACHED_READONLY"u8) ? RenderFlags.ReadOnly : 0)
                | (Endpoint.Variable("HELMCACHED_IMPURE"u8) == "freeze" ? RenderFlags.Freeze : 0)
                | (Trace.IsOn ? RenderFlags.WantsReason : 0),
        };
    }

    /// <summary>
    /// Reads all of standard input and keeps a copy that helm can read instead. Null when that is not possible or when
    /// it is too much; what was consumed is kept for helm in any case, or else <see cref="StdinLost"/> says why not.
    /// </summary>
    private ReadOnlyMemory<byte>? ConsumeStdin()
    {
        // A file in memory is a file: beyond a limit on their size, writing it would end us.
        int copy = Libc.LimitsFileSize ? -1 : Libc.MemoryFile();
        // Not where there is no way back to its start: helm is to read it.
        if (copy < 0 || Libc.Rewind(copy) != 0)
            return null;
        byte[] buffer = new byte[64 * 1024];
        byte[]? all = [];
        int length = 0;
        while (true)
        {
            int count = Libc.Read(0, buffer);
            if (count == -Libc.EAGAIN)
            {
                Libc.Poll(0, Libc.POLLIN, -1);
                continue;
            }
            if (count < 0)
            {
                // Nothing was taken: helm will meet the same fault, and says it in its own words.
                if (ConsumedStdin >= 0)
                    StdinLost = $"helm: read /dev/stdin: {Marshal.GetPInvokeErrorMessage(-count)}";
                return null;
            }
            ConsumedStdin = copy;
            if (count == 0)
                break;
            int error = Libc.WriteAll(copy, buffer.AsSpan(0, count));
            if (error != 0)
            {
                StdinLost = NotKept(error);
                return null;
            }
            all = Append(all, length, buffer.AsSpan(0, count));
            length += all is null ? 0 : count;
        }
        if (Libc.Rewind(copy) is var lost and not 0)
        {
            StdinLost = NotKept(lost);
            return null;
        }
        return all is null ? null : all.AsMemory(0, length);
    }

    private static string NotKept(int error) =>
        $"helm: standard input cannot be kept in memory: {Marshal.GetPInvokeErrorMessage(error)}; give the values in a file";

    /// <summary><paramref name="all"/>, or a larger array, with more in it; null when that is too much, and from then on.</summary>
    private static byte[]? Append(byte[]? all, int length, ReadOnlySpan<byte> more)
    {
        if (all is null || length + more.Length > MaxStdinBytes)
            return null;
        try
        {
            if (length + more.Length > all.Length)
                Array.Resize(ref all, 2 * (length + more.Length));
            more.CopyTo(all.AsSpan(length));
            return all;
        }
        catch (OutOfMemoryException)
        {
            return null; // Under a limit of the caller's. What was consumed is still whole in the copy.
        }
    }

    /// <summary>The variables that can influence a render (helm-inputs 3.1) and no other: values of the rest are none of our business.</summary>
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
