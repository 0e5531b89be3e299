using System;
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
internal readonly record struct HelmOutcome(int ExitCode, Digest Stderr, Digest Stdout);

/// <summary>Makes a remembered call again, in the surroundings that it had as far as they can matter to helm.</summary>
internal static class HelmRun
{
    /// <summary>Longest time for one run.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>Runs real helm in the call's directory with its arguments, standard input and variables, besides which only PATH is set.</summary>
    /// <exception cref="ProofException">It cannot be started, or takes too long.</exception>
    public static async Task<HelmOutcome> RunAsync(Message.Render request)
    {
        var start = new ProcessStartInfo(request.HelmPath, request.Arguments)
        {
            WorkingDirectory = request.Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        foreach ((string name, string value) in request.Environment)
            start.Environment[name] = value;

        using Process process = Start(start);
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            Task feeding = FeedAsync(process.StandardInput.BaseStream, request.Stdin, deadline.Token);
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
