using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;

namespace CacheDaemon.Daemon.Proving;

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

/// <summary>Runs real helm to learn the digests of what it prints; nobody waits for the output itself.</summary>
internal static class HelmRun
{
    /// <summary>Longest time for one run.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>Makes a remembered call again: in its directory with its arguments, standard input and variables, besides which only PATH is set.</summary>
    /// <exception cref="ProofException">It cannot be started, or takes too long.</exception>
    public static async Task<HelmOutcome> RunAsync(Message.Render request)
    {
        ProcessStartInfo start = Redirected(request.HelmPath, request.Arguments);
        start.WorkingDirectory = request.Directory;
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        foreach ((string name, string value) in request.Environment)
            start.Environment[name] = value;
        return await RunAsync(start, request.Stdin).ConfigureAwait(false);
    }

    /// <summary>Runs real helm as a child of this process, whose environment and directory it takes, without standard input.</summary>
    /// <exception cref="ProofException">It cannot be started, or takes too long.</exception>
    public static Task<HelmOutcome> RunAsync(string helm, IReadOnlyList<string> arguments) => RunAsync(Redirected(helm, arguments), stdin: null);

    private static ProcessStartInfo Redirected(string helm, IReadOnlyList<string> arguments) => new(helm, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    };

    private static async Task<HelmOutcome> RunAsync(ProcessStartInfo start, ReadOnlyMemory<byte>? stdin)
    {
        using Process process = Start(start);
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            Task feeding = FeedAsync(process.StandardInput.BaseStream, stdin, deadline.Token);
            Task<byte[]> stdout = SHA256.HashDataAsync(process.StandardOutput.BaseStream, deadline.Token).AsTask();
            Task<byte[]> stderr = SHA256.HashDataAsync(process.StandardError.BaseStream, deadline.Token).AsTask();
            await Task.WhenAll(feeding, stdout, stderr, process.WaitForExitAsync(deadline.Token)).ConfigureAwait(false);
            return new HelmOutcome(process.ExitCode, Digest.FromBytes(await stderr.ConfigureAwait(false)), Digest.FromBytes(await stdout.ConfigureAwait(false)));
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new ProofException($"helm took longer than {Deadline}");
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new ProofException("helm cannot be started");
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
        {
            throw new ProofException("helm cannot be started");
        }
    }

    private static async Task FeedAsync(Stream input, ReadOnlyMemory<byte>? content, CancellationToken cancellation)
    {
        try
        {
            if (content is { } bytes)
                await input.WriteAsync(bytes, cancellation).ConfigureAwait(false);
            input.Close();
        }
        catch (IOException)
        {
            // helm has ended without reading all of it; its output says the rest.
        }
    }
}
