using System;
using System.IO;
using System.Linq;
using Xunit;

namespace CacheDaemon.Tests.Support;

/// <summary>
/// A fact that needs programs which not every machine has: skipped, with the names of the missing ones, where they are not on PATH.
/// </summary>
public sealed class ProgramFactAttribute : FactAttribute
{
    /// <param name="programs">Their names, which are those of their Debian packages as well.</param>
    public ProgramFactAttribute(params string[] programs)
    {
        string[] missing = [.. programs.Where(static program => !IsOnPath(program))];
        if (missing.Length > 0)
            Skip = $"needs {string.Join(", ", missing)} (Debian: apt-get install {string.Join(' ', missing)})";
    }

    /// <summary>Whether PATH has it.</summary>
    public static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Any(directory => File.Exists(Path.Combine(directory, program)));
}
