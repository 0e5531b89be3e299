using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Sessions;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>Who called helm, told by /proc.</summary>
public sealed class CallerNamesTests
{
    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData("123 (helm) S 77 123 99 0 -1 4194304", "helm", 77)]
    [InlineData("123 (a b) (c)) R 1 1 1", "a b) (c)", 1)]
    [InlineData("123 ()) S 5 5", ")", 5)]
    public void Line_of_a_process(string stat, string name, int parent)
    {
        Assert.True(CallerNames.TryParse(Encoding.UTF8.GetBytes(stat), out ReadOnlySpan<byte> found, out int foundParent));
        Assert.Equal((name, parent), (Encoding.UTF8.GetString(found), foundParent));
    }

    [Theory]
    [InlineData("")]
    [InlineData("123")]
    [InlineData("123 (helm)")]
    [InlineData("123 (helm) S ")]
    [InlineData("123 (helm) S x")]
    public void No_line_of_a_process(string stat) => Assert.False(CallerNames.TryParse(Encoding.UTF8.GetBytes(stat), out _, out _));

    [Fact]
    public void Parent_of_a_child_is_this_process()
    {
        using Process child = new Command("/bin/sleep", ["1000"]).Start();
        var names = new CallerNames(_clock);
        Assert.Equal(File.ReadAllText("/proc/self/comm").TrimEnd('\n'), names.ParentOf(child.Id));
        child.Kill();
        child.WaitForExit();
        Assert.Equal("", names.ParentOf(child.Id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Process_that_cannot_be_seen_has_no_parent_to_name(int pid) => Assert.Equal("", new CallerNames(_clock).ParentOf(pid));

    /// <summary>A shell changes its name when it becomes another program; soon after, that is noticed.</summary>
    [Fact]
    public async Task Parent_is_asked_again_after_a_while()
    {
        using var directory = new TemporaryDirectory();
        string go = directory.At("go");
        // The shell starts a child, then becomes another program, whose parent-hood stays.
        Command shell = new("/bin/bash", ["-c", $"sleep 1000 & echo $!; while [ ! -e {go} ]; do read -t 0.01 <> <(:); done; exec -a other /bin/sleep 1000"]);
        using Process parent = shell.Start();
        int child = int.Parse((await parent.StandardOutput.ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            var names = new CallerNames(_clock);
            Assert.Equal("bash", names.ParentOf(child));
            File.WriteAllText(go, "");
            await Eventually.IsTrueAsync("the shell became sleep", () => File.ReadAllText($"/proc/{parent.Id}/comm") == "sleep\n");
            Assert.Equal("bash", names.ParentOf(child));
            _clock.Advance(CallerNames.TrustFor);
            Assert.Equal("sleep", names.ParentOf(child));
        }
        finally
        {
            DaemonHome.Kill([child, parent.Id]);
        }
    }
}
