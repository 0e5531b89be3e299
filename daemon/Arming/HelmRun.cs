using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
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
    public HelmRunException(string message, Exception? cause = null) : base(message, cause)
    {
    }

    /// <summary>The system does not let it run at all: no permission, or a file system without programs.</summary>
    public bool NotAllowed => InnerException is Win32Exception { NativeErrorCode: PermissionDenied };

    private const int PermissionDenied = 13;
}

/// <summary>Runs helm and waits, to compare what it prints; nobody else sees the output.</summary>
internal static class HelmRun
{
    /// <summary>Longest time for one run.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>Makes a remembered call again: in its directory with its arguments, standard input and variables, besides which only PATH is set.</summary>
    /// <exception cref="HelmRunException">It cannot be started, or takes too long.</exception>
    public static Task<HelmOutcome> AgainAsync(Message.Render request) =>
        RunAsync(request.HelmPath, request.Arguments, request.Directory, request.Environment, request.Stdin ?? default);

    /// <summary>Runs one.</summary>
    /// <param name="helm">The program.</param>
    /// <param name="arguments">After argv[0].</param>
    /// <param name="directory">Working directory.</param>
    /// <param name="variables">The environment, besides which only PATH is set.</param>
    /// <param name="stdin">Standard input.</param>
    /// <exception cref="HelmRunException">It cannot be started, or takes too long.</exception>
    public static async Task<HelmOutcome> RunAsync(
        string helm, IReadOnlyList<string> arguments, string directory, IReadOnlyDictionary<string, string> variables, ReadOnlyMemory<byte> stdin = default)
    {
        Command command = global::CliWrap.Cli.Wrap(helm)
            .WithArguments(arguments)
            .WithWorkingDirectory(directory)
            .WithEnvironmentVariables(Only(variables))
            .WithStandardInputPipe(PipeSource.FromBytes(stdin))
            .WithValidation(CommandResultValidation.None);
        using Sha256 stdout = new(), stderr = new();
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            CommandResult result = await (command | (Into(stdout), Into(stderr))).ExecuteAsync(deadline.Token).ConfigureAwait(false);
            return new HelmOutcome(result.ExitCode, stderr.Current(), stdout.Current());
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

    private static PipeTarget Into(Sha256 hash) => PipeTarget.Create(async (stream, cancellation) =>
    {
        byte[] buffer = new byte[64 * 1024];
        for (int count; (count = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
            hash.Append(buffer.AsSpan(0, count));
    });

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
