using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;

namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>One run of another program: without our terminal, its input empty, both outputs read, and over in time.</summary>
/// <param name="Code">Its exit code; null when it could not be started or did not end in time.</param>
/// <param name="Output">All of its standard output; empty without an exit code.</param>
/// <param name="Error">First line of its standard error; without an exit code, why there is none.</param>
/// <param name="Took">From before its start to its end.</param>
internal readonly record struct ProgramRun(int? Code, byte[] Output, string Error, TimeSpan Took)
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="program">Absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="patience">Longest wait; a program that takes longer is killed with what it started.</param>
    /// <param name="adjust">Sets directory and variables; everything else is ours.</param>
    public static ProgramRun ToEnd(string program, string[] arguments, TimeSpan patience, Action<ProcessStartInfo> adjust)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        adjust(start);
        long started = Stopwatch.GetTimestamp();
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            using var output = new MemoryStream();
            Task copying = process.StandardOutput.BaseStream.CopyToAsync(output);
            Task<string> errors = process.StandardError.ReadToEndAsync();
            // Exit alone is not the end: a child that keeps an output open may still write to it, and may never end.
            if (!Task.WaitAll([copying, errors, process.WaitForExitAsync()], patience))
            {
                process.Kill(entireProcessTree: true);
                return new ProgramRun(null, [], $"it did not end within {patience.TotalSeconds:0} s", Stopwatch.GetElapsedTime(started));
            }
            return new ProgramRun(process.ExitCode, output.ToArray(), errors.Result.Split('\n')[0], Stopwatch.GetElapsedTime(started));
        }
        catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            return new ProgramRun(null, [], e.Message, Stopwatch.GetElapsedTime(started));
        }
    }
}
