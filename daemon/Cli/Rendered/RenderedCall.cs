using System;
using System.CommandLine;
using System.IO;
using CacheDaemon.Client.Helm;
using CacheDaemon.Daemon.Cli.Machine;
using CliWrap;

namespace CacheDaemon.Daemon.Cli.Rendered;

/// <summary>
/// A call of helm whose output a command works on. It goes the way of every call: the daemon is asked, and where it has no answer the shim
/// beside this program, which runs real helm. What helm says on standard error is passed on, and its failure is the command's.
/// </summary>
internal static class RenderedCall
{
    /// <summary>The argument that takes the call.</summary>
    public static Argument<string[]> Argument() =>
        new("call")
        {
            Description = "After --: the call as you would give it to helm, such as template web ./chart -f values.yaml.",
            Arity = ArgumentArity.OneOrMore,
        };

    /// <summary>What is wrong with a call, for people; null when it can be made: it must print manifests, and change nothing.</summary>
    /// <param name="call">The words after <c>--</c>; a leading <c>helm</c> is taken off.</param>
    public static string? Problem(ref string[] call)
    {
        call = CallerContext.WithoutProgram(call);
        int subcommand = CommandLine.FindSubcommand(call, out _);
        string[] words = subcommand < 0 ? [] : call[subcommand..];
        return words switch
        {
            ["template", ..] when Array.Exists(words, static word => word.StartsWith("--output-dir", StringComparison.Ordinal)) =>
                "with --output-dir helm prints no manifests; remove it",
            ["template", ..] or ["show" or "inspect", "crds", ..] => null,
            _ => "the call after -- must print manifests, such as `template web ./chart`",
        };
    }

    /// <summary>Makes the call. What was read of its output; null when helm failed, with <paramref name="code"/> helm's.</summary>
    /// <exception cref="IOException">The shim is missing.</exception>
    /// <param name="call">The call.</param>
    /// <param name="code">helm's exit code.</param>
    /// <param name="input">What it gets as standard input, where that was read before; null: this process's own.</param>
    public static ReadOutput? Make(string[] call, out int code, byte[]? input = null)
    {
        if (input is null && StoredRender.Find(call) is { ExitCode: 0 } stored)
        {
            using Stream errors = Console.OpenStandardError();
            errors.Write(stored.Stderr.Span);
            code = 0;
            return ReadOutput.Of(stored.Stdout.Span);
        }
        using MemoryStream? output = Run(call, input, out code);
        return output is null ? null : ReadOutput.Of(output.GetBuffer().AsSpan(0, (int)output.Length));
    }

    private static MemoryStream? Run(string[] call, byte[]? known, out int code)
    {
        string shim = Shim();
        var output = new MemoryStream();
        using Stream errors = Console.OpenStandardError();
        global::CliWrap.Command command = global::CliWrap
            .Cli.Wrap(shim)
            .WithArguments(call)
            .WithStandardOutputPipe(PipeTarget.ToStream(output))
            .WithStandardErrorPipe(PipeTarget.ToStream(errors))
            .WithValidation(CommandResultValidation.None);
        using Stream? input =
            known is not null ? new MemoryStream(known)
            : ReadsInput(call) ? Console.OpenStandardInput()
            : null;
        if (input is not null)
            command = command.WithStandardInputPipe(PipeSource.FromStream(input));
        code = command.ExecuteAsync().Task.GetAwaiter().GetResult().ExitCode;
        if (code == 0)
            return output;
        output.Dispose();
        return null;
    }

    /// <summary>The shim beside this program.</summary>
    /// <exception cref="IOException">It is missing.</exception>
    public static string Shim()
    {
        string shim = Path.Join(Path.GetDirectoryName(Environment.ProcessPath!), "helm");
        return Probe.IsShim(shim)
            ? shim
            : throw new IOException(
                $"{shim} is missing or is not the shim; keep helm and helmcached in the same directory, as they were built or unpacked"
            );
    }

    /// <summary>Whether a call reads standard input.</summary>
    public static bool ReadsInput(string[] call) =>
        CommandLine.FindCommand(call, out CommandWords words) is { } command
        && CommandLine.ReadsStdin(CommandLine.Parse(call, command, words));
}
