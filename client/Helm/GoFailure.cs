using System;

namespace CacheDaemon.Client.Helm;

/// <summary>How a Go program ends when its runtime gives up.</summary>
public static class GoFailure
{
    /// <summary>Its exit code.</summary>
    public const int ExitCode = 2;

    /// <summary>
    /// Whether the beginning of its standard error says that it called itself without end, as a template does by <c>tpl</c> (helm counts
    /// only <c>include</c>): at a gigabyte of stack, half a minute later, the runtime gives up. A trap takes no stack, so any helm comes to
    /// the same end.
    /// </summary>
    public static bool IsStackOverflow(ReadOnlySpan<byte> text) =>
        text.IndexOf("runtime: goroutine stack exceeds "u8) is var at and >= 0
        && (at == 0 || text[at - 1] == (byte)'\n')
        && text[at..].IndexOf("\nfatal error: stack overflow\n"u8) >= 0;
}
