using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;

namespace CacheDaemon.Tests.Support;

/// <summary>The scripts of <c>eng/</c> that fetch what tests need, and print where it is.</summary>
internal static class EngScript
{
    /// <summary>What the script printed. A script that fails fails the test with its own words.</summary>
    public static string Output(string name, string argument)
    {
        string script = Path.Combine(Repository.Root, "eng", name);
        var start = new ProcessStartInfo(script, [argument]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{script} {argument} failed: {errors.Result}");
    }
}
