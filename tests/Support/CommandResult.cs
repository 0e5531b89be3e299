using System;
using System.Text;

namespace CacheDaemon.Tests.Support;

/// <summary>What a finished command left: exit code (128 + n when ended by signal n) and both outputs, byte for byte.</summary>
public sealed class CommandResult(int exitCode, byte[] stdout, byte[] stderr) : IEquatable<CommandResult>
{
    public int ExitCode { get; } = exitCode;

    public ReadOnlyMemory<byte> Stdout { get; } = stdout;

    public ReadOnlyMemory<byte> Stderr { get; } = stderr;

    public string StdoutText => Encoding.UTF8.GetString(Stdout.Span);

    public string StderrText => Encoding.UTF8.GetString(Stderr.Span);

    public bool Equals(CommandResult? other) =>
        other is not null
        && ExitCode == other.ExitCode
        && Stdout.Span.SequenceEqual(other.Stdout.Span)
        && Stderr.Span.SequenceEqual(other.Stderr.Span);

    public override bool Equals(object? obj) => Equals(obj as CommandResult);

    public override int GetHashCode() => HashCode.Combine(ExitCode, Stdout.Length, Stderr.Length);

    /// <summary>Says how this result differs from <paramref name="expected"/>; null when it is the same, byte for byte.</summary>
    public string? DifferenceFrom(CommandResult expected)
    {
        if (Equals(expected))
            return null;
        var text = new StringBuilder();
        if (ExitCode != expected.ExitCode)
            text.AppendLine($"exit code {ExitCode}, expected {expected.ExitCode}");
        Compare(text, "stdout", Stdout.Span, expected.Stdout.Span);
        Compare(text, "stderr", Stderr.Span, expected.Stderr.Span);
        if (!Stderr.Span.SequenceEqual(expected.Stderr.Span) || ExitCode != expected.ExitCode)
            text.AppendLine($"stderr was:\n{StderrText}\nexpected:\n{expected.StderrText}");
        return text.ToString();
    }

    public override string ToString() => $"exit {ExitCode}, stdout {Stdout.Length} bytes, stderr: {StderrText}";

    private static void Compare(StringBuilder text, string name, ReadOnlySpan<byte> actual, ReadOnlySpan<byte> expected)
    {
        if (actual.SequenceEqual(expected))
            return;
        int at = actual.CommonPrefixLength(expected);
        text.AppendLine($"{name}: {actual.Length} bytes, expected {expected.Length}; first difference at byte {at}");
        text.AppendLine($"  is       {Around(actual, at)}");
        text.AppendLine($"  expected {Around(expected, at)}");
    }

    private static string Around(ReadOnlySpan<byte> bytes, int at)
    {
        int start = Math.Max(0, at - 40);
        return Encoding.UTF8.GetString(bytes[start..Math.Min(bytes.Length, at + 60)]).Replace("\n", "\\n", StringComparison.Ordinal);
    }
}
