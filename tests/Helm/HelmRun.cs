using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using CacheDaemon.Tests.Support;

namespace CacheDaemon.Tests.Helm;

/// <summary>What one run of a real helm wrote and how it ended.</summary>
internal sealed record HelmRun(int ExitCode, string Stdout, string Stderr)
{
    /// <summary>Runs helm <paramref name="major"/> in <paramref name="directory"/> with nothing but <paramref name="variables"/> in its environment.</summary>
    public static HelmRun Of(
        int major, IReadOnlyList<string> args, string directory, IReadOnlyDictionary<string, string> variables, string stdin = "")
    {
        var start = new ProcessStartInfo(major == 3 ? RealHelms.Helm3 : RealHelms.Helm4, args)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        try
        {
            process.StandardInput.Write(stdin);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // helm may end without reading its input.
        }
        var stderr = process.StandardError.ReadToEndAsync();
        string stdout = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new HelmRun(process.ExitCode, stdout, stderr.GetAwaiter().GetResult());
    }
}
