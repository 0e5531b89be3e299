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
[Trait("Needs", "programs")]
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
        string tool = directory.At("mytool");
        File.Copy("/bin/bash", tool);
        Command shell = new(
            tool,
            ["-c", $"sleep 1000 & echo $!; while [ ! -e {go} ]; do read -t 0.01 <> <(:); done; exec -a other /bin/sleep 1000"]
        );
        using Process parent = shell.Start();
        int child = int.Parse((await parent.StandardOutput.ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            var names = new CallerNames(_clock);
            Assert.Equal("mytool", names.ParentOf(child));
            File.WriteAllText(go, "");
            await Eventually.IsTrueAsync("the shell became sleep", () => File.ReadAllText($"/proc/{parent.Id}/comm") == "sleep\n");
            Assert.Equal("mytool", names.ParentOf(child));
            _clock.Advance(CallerNames.TrustFor);
            Assert.Equal("sleep", names.ParentOf(child));
        }
        finally
        {
            DaemonHome.Kill([child, parent.Id]);
        }
    }

    /// <summary>What stands between the tool and helm: each line ends by starting the sleep whose caller is asked for.</summary>
    [Theory]
    [InlineData("{0}", "mytool")]
    [InlineData("sh -c '{0}; true'", "mytool")]
    [InlineData("bash -c 'echo x | xargs -I@ {0}; true'", "mytool")]
    [InlineData("env A=b timeout 1000 nice {0}", "mytool")]
    [InlineData("sh -c 'bash -c \"sh -c \\\"timeout 1000 {0}; true\\\"; true\"; true'", "mytool")]
    [InlineData("printf 'all:\n\t@{0}; true\n' | make -f -", "mytool")]
    public async Task Row17_Tool_behind_shells_and_starters_is_named(string line, string expected)
    {
        using var directory = new TemporaryDirectory();
        string tool = directory.At("mytool"),
            mark = directory.At("mark");
        File.Copy("/bin/bash", tool);
        if (line.Contains("make", StringComparison.Ordinal) && !File.Exists("/usr/bin/make"))
            return;
        Assert.Equal(
            expected,
            await CallerOfSleepAsync(
                tool,
                ["-c", $"{string.Format(System.Globalization.CultureInfo.InvariantCulture, line, Script(directory, mark))}; true"],
                mark
            )
        );
    }

    /// <summary>A person's shell leads the session of its terminal; what is above it is the terminal's program.</summary>
    [Theory]
    [InlineData("exec bash -c \"{0}; true\"", "bash")]
    [InlineData("exec bash -c \"timeout 1000 {0}; true\"", "timeout")]
    public async Task Row17_Shell_of_a_terminal_is_the_caller_itself(string line, string expected)
    {
        using var directory = new TemporaryDirectory();
        string mark = directory.At("mark");
        Assert.Equal(
            expected,
            await CallerOfSleepAsync(
                "/usr/bin/script",
                ["-qec", string.Format(System.Globalization.CultureInfo.InvariantCulture, line, Script(directory, mark)), "/dev/null"],
                mark
            )
        );
    }

    /// <summary>A script, called by its name, that says its number and becomes sleep.</summary>
    private static string Script(TemporaryDirectory directory, string mark)
    {
        string script = directory.Write("script", $"#!/bin/sh\necho $$ > {mark}.new; mv {mark}.new {mark}; exec /bin/sleep 1000\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return script;
    }

    private async Task<string> CallerOfSleepAsync(string file, string[] arguments, string mark)
    {
        Command command = new(file, arguments)
        {
            Environment = new System.Collections.Generic.Dictionary<string, string?> { ["PATH"] = "/usr/bin:/bin", ["SHELL"] = "/bin/sh" },
        };
        using Process process = command.Start();
        int sleep = 0;
        try
        {
            await Eventually.IsTrueAsync("the sleep runs", () => File.Exists(mark));
            sleep = int.Parse(File.ReadAllText(mark), System.Globalization.CultureInfo.InvariantCulture);
            return new CallerNames(_clock).ParentOf(sleep);
        }
        finally
        {
            // Those above it end when it does.
            if (sleep > 0)
                DaemonHome.Kill([sleep]);
            await process.WaitForExitAsync().WaitAsync(Eventually.Patience);
        }
    }
}
