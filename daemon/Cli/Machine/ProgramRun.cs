using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.IO;
using System.Text;
using System.Threading;
using CliWrap;

namespace CacheDaemon.Daemon.Cli.Machine;

/// <summary>One run of another program: without our terminal, its input empty, both outputs read, and over in time.</summary>
/// <param name="Code">Its exit code; null when it could not be started or did not end in time.</param>
/// <param name="Output">All of its standard output; empty without an exit code.</param>
/// <param name="Error">First line of its standard error; without an exit code, why there is none.</param>
/// <param name="Took">From its start to its end; 0 without an exit code.</param>
internal readonly record struct ProgramRun(int? Code, byte[] Output, string Error, TimeSpan Took)
{
    /// <summary>
    /// Runs it to its end: exit alone is not that, a child that keeps an output open may still write to it, and may never end.
    /// </summary>
    /// <param name="program">Absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="patience">Longest wait; a program that takes longer is killed with what it started.</param>
    /// <param name="directory">Working directory.</param>
    /// <param name="variables">Variables besides ours, or, where null, without ours.</param>
    public static ProgramRun ToEnd(
        string program,
        string[] arguments,
        TimeSpan patience,
        string directory,
        IReadOnlyDictionary<string, string?>? variables = null
    )
    {
        using var output = new MemoryStream();
        var errors = new StringBuilder();
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            CommandResult result = global::CliWrap
                .Cli.Wrap(program)
                .WithArguments(arguments)
                .WithWorkingDirectory(directory)
                .WithEnvironmentVariables(variables ?? new Dictionary<string, string?>())
                .WithStandardOutputPipe(PipeTarget.ToStream(output))
                .WithStandardErrorPipe(PipeTarget.ToStringBuilder(errors))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(deadline.Token)
                .Task.GetAwaiter()
                .GetResult();
            return new ProgramRun(result.ExitCode, output.ToArray(), errors.ToString().Split('\n')[0], result.RunTime);
        }
        catch (OperationCanceledException)
        {
            return new ProgramRun(null, [], $"it did not finish within {patience.TotalSeconds:0} s", default);
        }
        catch (Exception e) when (e is IOException or Win32Exception or InvalidOperationException)
        {
            return new ProgramRun(null, [], e.Message, default);
        }
    }
}
