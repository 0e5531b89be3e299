using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;
using CliWrap;

namespace CacheDaemon.Daemon.Arming;

/// <summary>What a run of helm gave.</summary>
/// <param name="ExitCode">helm's exit code; 128 and the signal's number when one ended it.</param>
/// <param name="Stderr">Digest of all of standard error.</param>
/// <param name="Stdout">Digest of all of standard output.</param>
internal readonly record struct HelmOutcome(int ExitCode, Digest Stderr, Digest Stdout)
{
    /// <summary>Exit codes above this one tell of a signal, as shells count them.</summary>
    private const int SignalCodes = 128;

    /// <summary>Someone ended it: that says nothing about the call.</summary>
    public bool EndedBySignal => ExitCode > SignalCodes;
}

/// <summary>helm could not be run to its end; the message says why, for people.</summary>
internal sealed class HelmRunException : Exception
{
    public HelmRunException(string message, Exception? cause = null)
        : base(message, cause) { }

    /// <summary>The system does not let it run at all: no permission, or a file system without programs.</summary>
    public bool NotAllowed => InnerException is Win32Exception { NativeErrorCode: PermissionDenied };

    private const int PermissionDenied = 13;
}

/// <summary>Runs helm and waits, to compare what it prints; nobody else sees the output.</summary>
internal static class HelmRun
{
    /// <summary>Longest time for one run.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Makes a remembered call again: in its directory with its arguments, standard input and variables, besides which only PATH is set.
    /// Files of <c>--output-dir</c> go into a directory of our own; their digest, with that of the lines about them, stands in place of
    /// that of standard output, as it does in the store.
    /// </summary>
    /// <exception cref="HelmRunException">It cannot be started, or takes too long, or wrote files that are not understood.</exception>
    public static async Task<HelmOutcome> AgainAsync(Message.Render request)
    {
        if (OutputDirectory.Of([.. request.Arguments]) is null)
            return await RunAsync(request.HelmPath, request.Arguments, request.Directory, request.Environment, request.Stdin ?? default)
                .ConfigureAwait(false);
        if (Endpoint.Resolve() is not { } endpoint || OutputCapture.Start(endpoint) is not { } capture)
            throw new HelmRunException("there is no directory for the files that helm writes");
        using MemoryStream stdout = new(),
            stderr = new();
        int exitCode = await RunAsync(
                request.HelmPath,
                [.. request.Arguments, capture.Argument],
                request.Directory,
                request.Environment,
                request.Stdin ?? default,
                PipeTarget.ToStream(stdout),
                PipeTarget.ToStream(stderr)
            )
            .ConfigureAwait(false);
        if (capture.Take(stdout.ToArray(), stderr.ToArray()) is not { } tree)
            throw new HelmRunException("what helm wrote is not understood");
        return new HelmOutcome(
            exitCode,
            Digest.Of(stderr.ToArray()),
            exitCode == 0 ? Digest.Of(tree.Encode().Span) : Digest.Of(stdout.ToArray())
        );
    }

    /// <summary>Runs one.</summary>
    /// <param name="helm">The program.</param>
    /// <param name="arguments">After argv[0].</param>
    /// <param name="directory">Working directory.</param>
    /// <param name="variables">The environment, besides which only PATH is set.</param>
    /// <param name="stdin">Standard input.</param>
    /// <exception cref="HelmRunException">It cannot be started, or takes too long.</exception>
    public static async Task<HelmOutcome> RunAsync(
        string helm,
        IReadOnlyList<string> arguments,
        string directory,
        IReadOnlyDictionary<string, string> variables,
        ReadOnlyMemory<byte> stdin = default
    )
    {
        using Sha256 stdout = new(),
            stderr = new();
        int exitCode = await RunAsync(helm, arguments, directory, variables, stdin, Into(stdout), Into(stderr)).ConfigureAwait(false);
        return new HelmOutcome(exitCode, stderr.Current(), stdout.Current());
    }

    private static async Task<int> RunAsync(
        string helm,
        IReadOnlyList<string> arguments,
        string directory,
        IReadOnlyDictionary<string, string> variables,
        ReadOnlyMemory<byte> stdin,
        PipeTarget stdout,
        PipeTarget stderr
    )
    {
        Command command = global::CliWrap
            .Cli.Wrap(helm)
            .WithArguments(arguments)
            .WithWorkingDirectory(directory)
            .WithEnvironmentVariables(Only(variables))
            .WithStandardInputPipe(PipeSource.FromBytes(stdin))
            .WithValidation(CommandResultValidation.None);
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            CommandResult result = await (command | (stdout, stderr)).ExecuteAsync(deadline.Token).ConfigureAwait(false);
            return result.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new HelmRunException($"helm took longer than {Deadline}");
        }
        catch (Exception e) when (e is Win32Exception or IOException or InvalidOperationException)
        {
            throw new HelmRunException("helm cannot be started: " + e.Message, e);
        }
    }

    private static PipeTarget Into(Sha256 hash) =>
        PipeTarget.Create(
            async (stream, cancellation) =>
            {
                byte[] buffer = new byte[64 * 1024];
                for (int count; (count = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0; )
                    hash.Append(buffer.AsSpan(0, count));
            }
        );

    /// <summary>CliWrap adds to this process's environment: what must not be there is taken out by name.</summary>
    private static Dictionary<string, string?> Only(IReadOnlyDictionary<string, string> variables)
    {
        var all = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry inherited in Environment.GetEnvironmentVariables())
            if ((string)inherited.Key != "PATH")
                all[(string)inherited.Key] = null;
        foreach ((string name, string value) in variables)
            all[name] = value;
        return all;
    }
}
