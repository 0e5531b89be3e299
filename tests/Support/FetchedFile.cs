using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;

namespace CacheDaemon.Tests.Support;

/// <summary>Something that a script in <c>eng/</c> fetches and checks, unless a variable names it already.</summary>
public static class FetchedFile
{
    /// <summary>The path that <paramref name="variable"/> names, else the one that the script prints.</summary>
    public static string Get(string variable, string script, string argument)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path)
            return Path.Exists(path) ? path : throw new FileNotFoundException($"{variable} names {path}, which does not exist");

        string file = Path.Combine(Repository.Root, "eng", script);
        var start = new ProcessStartInfo(file, [argument]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"set {variable}, or see why {file} {argument} failed: {errors.Result}");
    }
}
