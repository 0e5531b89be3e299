using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Text;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Client;

/// <summary>
/// A hit without a program: the daemon is asked from here, in the words of the shim. Anything but a plain hit is left to the shim, which
/// knows how to start a daemon, take a lease and become helm.
/// </summary>
internal static class DaemonHit
{
    private static readonly string[] s_deciding =
    [
        "HELMCACHED_HOME",
        "HELMCACHED_CONFIG",
        "HELMCACHED_HELM",
        "HELMCACHED_DISABLE",
        "HELMCACHED_RECACHE",
        "HELMCACHED_READONLY",
        "HELMCACHED_IMPURE",
        "HELMCACHED_TRACE",
        "PATH",
        "HOME",
        "XDG_CONFIG_HOME",
        "XDG_RUNTIME_DIR",
    ];

    /// <summary>The stored answer; null for all that is none, whatever the reason.</summary>
    public static HelmRender? Find(HelmCall call)
    {
        string[] arguments = [.. call.Arguments];
        if (
            !Libc.IsSupported
            || Endpoint.Switch("HELMCACHED_DISABLE"u8)
            || Endpoint.Switch("HELMCACHED_RECACHE"u8)
            || Endpoint.Variable("HELMCACHED_TRACE"u8) is not null
            || ChangesWhoIsAsked(call)
            || CommandLine.FindCommand(arguments, out CommandWords words) is not { } command
            || !words.OnlyRootFlagsBefore
        )
            return null;
        ParsedCommandLine parsed = CommandLine.Parse(arguments, command, words);
        if (
            OutputDirectory.Of(parsed) is not null
            || InputName.MayBeOpen(parsed)
            || Request(call, arguments) is not { } request
            || Endpoint.Resolve() is not { } endpoint
        )
            return null;
        if (DaemonLauncher.Exists(endpoint.AvoidPath))
            return null;
        using DaemonClient? daemon = DaemonClient.TryConnect(endpoint, out _);
        return daemon?.AskForHit(request) is Message.Result result
            ? new HelmRender(result.ExitCode, result.Stdout.ToArray(), result.Stderr.ToArray(), isHit: true)
            : null;
    }

    /// <summary>
    /// Whether the call's own variables, or those that this program has set since it started, say where the daemon or helm is. The shim
    /// reads them; what is asked from here is what the process was started with.
    /// </summary>
    private static bool ChangesWhoIsAsked(HelmCall call)
    {
        foreach (string name in call.Variables.Keys)
            if (name.StartsWith("HELMCACHED_", StringComparison.Ordinal) || Array.IndexOf(s_deciding, name) >= 0)
                return true;
        foreach (string name in s_deciding)
            if ((Environment.GetEnvironmentVariable(name) ?? "") != (Endpoint.Variable(Encoding.UTF8.GetBytes(name)) ?? ""))
                return true;
        return false;
    }

    /// <summary>Whether a path is what the kernel calls the directory, as the shim would find it to be: no link on the way.</summary>
    private static bool IsPhysical(string directory)
    {
        for (int end = directory.Length; end > 0; end = directory.LastIndexOf('/', end - 1))
            if ((File.GetAttributes(directory[..end]) & FileAttributes.ReparsePoint) != 0)
                return false;
        return true;
    }

    private static Message.Render? Request(HelmCall call, string[] arguments)
    {
        string directory = Path.GetFullPath(call.WorkingDirectory);
        int umask = Libc.Umask;
        HelmLocation helm = HelmLocator.Find();
        if (
            helm.Path is null
            || umask < 0
            || !IsPhysical(directory)
            || directory.Contains('\ufffd', StringComparison.Ordinal)
            || Array.Exists(arguments, static word => word.Contains('\ufffd', StringComparison.Ordinal))
            || Libc.StatPlace(directory, out FileStamp here) != 0
        )
            return null;
        return new Message.Render
        {
            Arguments = arguments,
            Directory = directory,
            DirectoryDevice = here.Device,
            DirectoryInode = here.Inode,
            DirectoryMount = here.Mount,
            Environment = Variables(call),
            Umask = umask,
            HelmPath = helm.Path,
            HelmStamp = helm.Stamp,
            Flags = (Endpoint.Variable("HELMCACHED_IMPURE"u8) == "freeze" ? RenderFlags.Freeze : 0),
        };
    }

    /// <summary>The variables that can matter to a render, and no other.</summary>
    private static Dictionary<string, string> Variables(HelmCall call)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            if (HelmVariables.CanMatter((string)variable.Key))
                variables[(string)variable.Key] = (string)variable.Value!;
        foreach ((string name, string? value) in call.Variables)
            if (value is null)
                variables.Remove(name);
            else if (HelmVariables.CanMatter(name))
                variables[name] = value;
        return variables;
    }
}
