using System;
using System.Diagnostics;
using System.IO;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>Skips, with the reason, where the tests may not mount file systems (design: a container's root may).</summary>
public sealed class MountTheoryAttribute : TheoryAttribute
{
    private static readonly Lazy<bool> s_possible = new(() => Needs.Succeeds("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"));

    public MountTheoryAttribute()
    {
        if (!s_possible.Value)
            Skip = "needs the right to mount a tmpfs in a namespace of its own";
    }
}

/// <inheritdoc cref="MountTheoryAttribute"/>
public sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute() => Skip = new MountTheoryAttribute().Skip;
}

/// <summary>Skips, with the reason, where the tests cannot act as another user.</summary>
public sealed class OtherUserFactAttribute : FactAttribute
{
    /// <summary>
    /// A user that owns nothing. Another one in each run of the tests: a daemon whose home has too long a path keeps its socket in a
    /// directory in /tmp that is named after the user, and two runs at a time must not meet there.
    /// </summary>
    public static int User { get; } = 100_000 + Environment.ProcessId;

    private static readonly Lazy<bool> s_possible = new(() =>
        Needs.Succeeds("setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups", "true")
    );

    public OtherUserFactAttribute()
    {
        if (!s_possible.Value)
            Skip = "needs root, to act as another user (setpriv)";
    }
}

/// <summary>Skips, with the reason, where no process can be traced.</summary>
public sealed class TraceFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> s_possible = new(() => Needs.Succeeds("strace", "-o", "/dev/null", "true"));

    public TraceFactAttribute()
    {
        if (!s_possible.Value)
            Skip = "needs strace and the right to trace (Debian: apt-get install strace)";
    }
}

/// <inheritdoc cref="TraceFactAttribute"/>
public sealed class TraceTheoryAttribute : TheoryAttribute
{
    public TraceTheoryAttribute() => Skip = new TraceFactAttribute().Skip;
}

/// <summary>Skips, with the reason, where no clock can be made.</summary>
public sealed class ClockFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> s_possible = new(() => Needs.Succeeds("cc", "--version"));

    public ClockFactAttribute()
    {
        if (!s_possible.Value)
            Skip = "needs a C compiler called cc (Debian: apt-get install gcc)";
    }
}

/// <summary>Whether this machine lets us do something: by trying it.</summary>
internal static class Needs
{
    public static bool Succeeds(string file, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo(file, arguments) { RedirectStandardError = true, RedirectStandardOutput = true }
            )!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
