using System.ComponentModel;
using System.Diagnostics;
using System.Linq;
using Xunit;

namespace CacheDaemon.Tests.Support;

/// <summary>
/// A fact that needs a system tool with rights that not every test run has; skipped, with the reason, where it may not do that.
/// </summary>
public sealed class PrivilegedFactAttribute : FactAttribute
{
    /// <param name="tool">The tool.</param>
    /// <param name="arguments">Its arguments before the program that it is to run; tried with <c>true</c>.</param>
    public PrivilegedFactAttribute(string tool, params string[] arguments)
    {
        if (!Works(tool, [.. arguments, "true"]))
            Skip = $"`{string.Join(' ', arguments.Prepend(tool))}` is not permitted here: run the tests as root";
    }

    private static bool Works(string tool, string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}

/// <inheritdoc cref="PrivilegedFactAttribute"/>
public sealed class PrivilegedTheoryAttribute : TheoryAttribute
{
    /// <inheritdoc cref="PrivilegedFactAttribute(string, string[])"/>
    public PrivilegedTheoryAttribute(string tool, params string[] arguments) => Skip = new PrivilegedFactAttribute(tool, arguments).Skip;
}
