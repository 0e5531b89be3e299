using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace CacheDaemon.Client;

/// <summary>
/// A call made by a program of its own: the shim, which asks the daemon and becomes helm where that does not answer; or helm.
/// </summary>
internal static class ChildRun
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="program">Absolute path.</param>
    /// <param name="arguments">After argv[0].</param>
    /// <param name="call">Directory, variables and standard input.</param>
    /// <param name="cancellation">Ends the program, and what it has started.</param>
    /// <exception cref="HelmCacheException">It cannot be started.</exception>
    public static async Task<HelmRender> RunAsync(
        string program,
        IEnumerable<string> arguments,
        HelmCall call,
        CancellationToken cancellation
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = call.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach ((string name, string? value) in call.Variables)
            start.Environment[name] = value;
        using Process process = Start(start);
        using CancellationTokenRegistration end = cancellation.Register(() => Kill(process));
        Task input = WriteAsync(process.StandardInput.BaseStream, call.StandardInput);
        using MemoryStream output = new(),
            errors = new();
        // Not given up early: what is killed closes its ends of the pipes.
        await Task.WhenAll(
                input,
                process.StandardOutput.BaseStream.CopyToAsync(output, CancellationToken.None),
                process.StandardError.BaseStream.CopyToAsync(errors, CancellationToken.None)
            )
            .ConfigureAwait(false);
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return new HelmRender(process.ExitCode, output.ToArray(), errors.ToArray(), isHit: false);
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new HelmCacheException($"{start.FileName} was not started");
        }
        catch (Win32Exception e)
        {
            throw new HelmCacheException($"{start.FileName} cannot be started in {start.WorkingDirectory}: {e.Message}", e);
        }
    }

    private static async Task WriteAsync(Stream input, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await using (input.ConfigureAwait(false))
                await input.WriteAsync(bytes, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It ended without reading all of it, as helm does when something is wrong earlier.
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
