using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace CacheDaemon.Tests.Support;

/// <summary>
/// One program with everything that it inherits spelled out: no variable of the machine that runs the tests reaches it.
/// </summary>
public sealed record Command(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>
    /// No command of a test takes this long, a script that packs or builds on a busy machine included; one that does hangs, and is killed
    /// with its children.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Working directory; the root directory when a test does not care.</summary>
    public string Directory { get; init; } = "/";

    /// <summary>The whole environment. A null value takes a variable away.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Bytes for standard input; null closes it at once.</summary>
    public ReadOnlyMemory<byte>? Stdin { get; init; }

    /// <summary>The same with one variable more (or, when null, less).</summary>
    public Command With(string variable, string? value) =>
        this with
        {
            Environment = new Dictionary<string, string?>(Environment) { [variable] = value },
        };

    /// <summary>The same with another argv[0] (.NET cannot set it, the shell can).</summary>
    public Command CalledAs(string name) =>
        this with
        {
            File = "/bin/bash",
            Arguments = ["-c", "exec -a \"$0\" \"$@\"", name, File, .. Arguments],
        };

    /// <summary>
    /// The same on a pseudo-terminal of its own (<c>script</c> of util-linux) of this size. Its arguments must hold no blank.
    /// </summary>
    public Command OnTerminal(int columns, int rows) =>
        this with
        {
            File = "/usr/bin/script",
            // A test run in the background of a shell has SIGINT ignored, and so would all its children.
            Arguments =
            [
                "-qec",
                $"stty cols {columns} rows {rows}; exec env --default-signal=INT {File} {string.Join(' ', Arguments)}",
                "/dev/null",
            ],
            Environment = new Dictionary<string, string?>(Environment) { ["TERM"] = "xterm-256color", ["LANG"] = "C.UTF-8" },
        };

    /// <summary>Starts it, for a test that acts while it runs. The caller disposes the process.</summary>
    public Process Start()
    {
        var start = new ProcessStartInfo(File, Arguments)
        {
            WorkingDirectory = Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        foreach ((string name, string? value) in Environment)
        {
            if (value is not null)
                start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }

    /// <summary>Runs it to its end: exit, and end of file on both outputs (so a daemon that kept one open is caught).</summary>
    public async Task<CommandResult> RunAsync()
    {
        using Process process = Start();
        return await CompleteAsync(process).ConfigureAwait(false);
    }

    /// <summary>Feeds standard input and waits for a process of <see cref="Start"/>.</summary>
    public async Task<CommandResult> CompleteAsync(Process process)
    {
        using var stdout = new MemoryStream();
        CommandResult result = await CompleteAsync(process, stdout).ConfigureAwait(false);
        return new CommandResult(result.ExitCode, stdout.ToArray(), result.Stderr.ToArray());
    }

    /// <summary>The same, with standard output going to <paramref name="stdout"/> and not into the result.</summary>
    public async Task<CommandResult> CompleteAsync(Process process, Stream stdout)
    {
        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            using var stderr = new MemoryStream();
            Task feeding = FeedAsync(process, timeout.Token);
            await Task.WhenAll(
                    feeding,
                    process.StandardOutput.BaseStream.CopyToAsync(stdout, timeout.Token),
                    process.StandardError.BaseStream.CopyToAsync(stderr, timeout.Token),
                    process.WaitForExitAsync(timeout.Token)
                )
                .ConfigureAwait(false);
            return new CommandResult(process.ExitCode, [], stderr.ToArray());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"did not end within {Patience}: {this}");
        }
    }

    public override string ToString() => $"{File} {string.Join(' ', Arguments)} (in {Directory})";

    private async Task FeedAsync(Process process, CancellationToken cancellation)
    {
        try
        {
            if (Stdin is { } bytes)
                await process.StandardInput.BaseStream.WriteAsync(bytes, cancellation).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended or closed its input without reading everything, as `helm template` does unless asked.
        }
    }
}
