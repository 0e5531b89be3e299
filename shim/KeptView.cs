using System;
using System.Runtime.InteropServices;
using System.Text;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Shim;

/// <summary>
/// What <c>helmcached resources --json</c>, <c>images --json</c> and <c>images --quiet</c> print, where it is kept beside the output of a
/// hit. <c>helmcached</c> becomes this program for it, which starts in a fraction of its time; anything but what is kept is left to
/// <c>helmcached</c> (shim/Native/kept_view.c, daemon/Native/kept_view.c).
/// </summary>
internal static class KeptView
{
    /// <summary>The name that this program is started by for it.</summary>
    private const string Name = "helmcached";

    /// <summary>Whether this process was started for that.</summary>
    public static bool IsWanted(string[] args) =>
        args.Length > 0
        && Environment.GetCommandLineArgs()[0] is var program
        && (program == Name || program.EndsWith("/" + Name, StringComparison.Ordinal));

    /// <summary>Prints it and returns the exit code; <see cref="Program.NothingDone"/> where <c>helmcached</c> is to answer.</summary>
    public static int TryPrint(string[] args)
    {
        try
        {
            return Print(args);
        }
#pragma warning disable CA1031 // Whatever is wrong with us, helmcached answers, and says it if it is wrong there, too.
        catch (Exception)
#pragma warning restore CA1031
        {
            return Program.NothingDone;
        }
    }

    private static int Print(string[] args)
    {
        if (
            Wanted(args, out string[] call) is not { } view
            || Endpoint.Switch("HELMCACHED_RECACHE"u8)
            || Endpoint.Resolve() is not { } endpoint
            || DaemonLauncher.Exists(endpoint.AvoidPath)
        )
            return Program.NothingDone;
        var made = new Call(call);
        if (!made.MayAsk || made.Trace.IsOn || made.StoredRequest() is not { } request)
            return Program.NothingDone;
        using DaemonClient? daemon = DaemonClient.TryConnect(endpoint, out _);
        return daemon?.AskForHit(request with { View = view }) switch
        {
            Message.Result result => End(result.Stderr.Span, Libc.WriteAll(1, result.Stdout.Span)),
            Message.ResultDescriptor result when daemon.TakeOutput(result.StdoutLength) is var output and >= 0 => End(
                result.Stderr.Span,
                Libc.SendFile(1, output, result.StdoutLength)
            ),
            _ => Program.NothingDone,
        };
    }

    /// <summary>
    /// What is left to do when standard output was written; the exit code. Not as helm, which ends with 0 on a full disk.
    /// </summary>
    private static int End(ReadOnlySpan<byte> stderr, int errno)
    {
        if (Libc.WriteAll(2, stderr) == Libc.EPIPE || errno == Libc.EPIPE)
            Libc.DieBy(Libc.SIGPIPE);
        if (errno == 0)
            return 0;
        Libc.WriteAll(2, Encoding.UTF8.GetBytes($"helmcached: {Marshal.GetPInvokeErrorMessage(errno)}\n"));
        return 1;
    }

    /// <summary>The view that a command line asks for; null for any that is not written in one of the usual ways.</summary>
    /// <param name="args">After the program's name.</param>
    /// <param name="call">Receives the call of helm.</param>
    private static string? Wanted(string[] args, out string[] call)
    {
        // Loops of our own: what the library has for them is 0.2 MB of the program.
        int end = 0;
        while (end < args.Length && args[end] != "--")
            end++;
        int first = end + 1 < args.Length && IsHelm(args[end + 1]) ? end + 2 : end + 1;
        call = new string[Math.Max(0, args.Length - first)];
        for (int i = 0; i < call.Length; i++)
            call[i] = args[first + i];
        // Any other call is wrong, which is for helmcached to say.
        if (CommandLine.FindCommand(call, out _) is not { Name: "template" or "show crds" } || NamesDirectory(call))
            return null;
        return args.AsSpan(0, end) switch
        {
            ["resources", "--json"] => ViewName.ResourcesJson(ViewName.DefaultFormat),
            ["resources", "--json", "--name-format", var format] => ViewName.ResourcesJson(format),
            ["resources", "--name-format", var format, "--json"] => ViewName.ResourcesJson(format),
            ["images", "--json"] => ViewName.ImagesJson,
            ["images", "--quiet"] => ViewName.ImagesQuiet,
            _ => null,
        };
    }

    private static bool IsHelm(string word) => word == "helm" || word.EndsWith("/helm", StringComparison.Ordinal);

    private static bool NamesDirectory(string[] call)
    {
        foreach (string word in call)
            if (word.StartsWith("--" + OutputDirectory.Flag, StringComparison.Ordinal))
                return true;
        return false;
    }
}
