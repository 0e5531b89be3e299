using System;
using System.IO;
using CliWrap;
using CliWrap.Buffered;

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
        BufferedCommandResult result = global::CliWrap
            .Cli.Wrap(file)
            .WithArguments([argument])
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync()
            .Task.GetAwaiter()
            .GetResult();
        return result.IsSuccess
            ? result.StandardOutput.Trim()
            : throw new InvalidOperationException($"set {variable}, or see why {file} {argument} failed: {result.StandardError}");
    }
}
