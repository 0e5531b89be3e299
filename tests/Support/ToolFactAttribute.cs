using System.IO;
using System.Linq;
using Xunit;

namespace CacheDaemon.Tests.Support;

/// <summary>A fact that needs a program that not every machine has; skipped, with the way to install it, where it is missing.</summary>
public sealed class ToolFactAttribute : FactAttribute
{
    /// <param name="tools">Names of the programs.</param>
    public ToolFactAttribute(params string[] tools) => Skip = Missing(tools);

    /// <summary>Path of a program, wherever Debian puts such; null when it is not there.</summary>
    public static string? PathOf(string tool) =>
        ((string[])["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"])
            .Select(directory => Path.Combine(directory, tool))
            .FirstOrDefault(File.Exists);

    internal static string? Missing(string[] tools) =>
        tools.FirstOrDefault(static tool => PathOf(tool) is null) is { } missing
            ? $"{missing} is not installed here (Debian: apt-get install {Package(missing)})"
            : null;

    private static string Package(string tool) =>
        tool is "redis-cli" ? "redis-tools"
        : tool is "nginx" ? "nginx-light"
        : tool;
}

/// <inheritdoc cref="ToolFactAttribute"/>
public sealed class ToolTheoryAttribute : TheoryAttribute
{
    /// <inheritdoc cref="ToolFactAttribute(string[])"/>
    public ToolTheoryAttribute(params string[] tools) => Skip = ToolFactAttribute.Missing(tools);
}
