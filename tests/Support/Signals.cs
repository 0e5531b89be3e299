using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace CacheDaemon.Tests.Support;

/// <summary>Signals as a shell sends them.</summary>
internal static class Signals
{
    /// <summary>Sends <paramref name="name"/> (<c>STOP</c>, <c>TERM</c>) to one process that the test started.</summary>
    public static void Send(int process, string name)
    {
        using var kill = Process.Start("kill", ["-" + name, process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
