using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Insight;

public sealed class DaemonLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualClock _clock = new();

    private string LogPath => _directory.At("daemon.log");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Line_has_its_time_and_no_breaks()
    {
        using (DaemonLog log = Open())
            log.Write("first\r\nsecond\nthird");
        Assert.Equal("2026-11-21T08:00:00.000Z first second third\n", File.ReadAllText(LogPath));
    }

    [Fact]
    public void Line_about_a_request_names_it()
    {
        using (DaemonLog log = Open())
        {
            log.WriteProblem("first", new RequestId(4711, 2));
            log.WriteProblem("second");
            // A peer in a process namespace that we do not see.
            log.Write("third", new RequestId(0, 1));
        }
        Assert.Equal(
            ["id=4711.2 first", "second", "id=0.1 third"],
            File.ReadLines(LogPath).Select(line => line["2026-11-21T08:00:00.000Z ".Length..])
        );
    }

    [Fact]
    public void Next_daemon_appends()
    {
        using (DaemonLog log = Open())
            log.Write("one");
        using (DaemonLog log = Open())
            log.Write("two");
        Assert.Equal(2, File.ReadAllLines(LogPath).Length);
    }

    [Fact]
    public void File_that_was_open_to_others_is_closed_to_them_but_not_what_a_link_leads_to()
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            Shared = OwnerOnly | UnixFileMode.OtherRead;
        File.WriteAllText(LogPath, "");
        File.SetUnixFileMode(LogPath, Shared);
        using (DaemonLog log = Open())
            log.Write("one");
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(LogPath));

        string elsewhere = _directory.At("elsewhere");
        File.Move(LogPath, elsewhere);
        File.SetUnixFileMode(elsewhere, Shared);
        File.CreateSymbolicLink(LogPath, elsewhere);
        using (DaemonLog log = Open())
            log.Write("two");
        Assert.Equal((Shared, 2), (File.GetUnixFileMode(elsewhere), File.ReadAllLines(elsewhere).Length));
    }

    [Fact]
    public void File_is_private_before_and_after_it_is_rotated()
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using DaemonLog log = Open();
        log.Write("one");
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(LogPath));
        Fill(log);
        Assert.Equal((OwnerOnly, OwnerOnly), (File.GetUnixFileMode(LogPath), File.GetUnixFileMode(LogPath + ".1")));
    }

    [Fact]
    public void Rotation_keeps_one_old_file_and_loses_no_line_between_them()
    {
        using DaemonLog log = Open();
        int lines = 0;
        for (int generation = 0; generation < 3; generation++)
            lines = Fill(log);
        Assert.Equal(["daemon.log", "daemon.log.1"], Directory.GetFiles(_directory.Location).Select(Path.GetFileName).Order());
        string[] all = [.. File.ReadAllLines(LogPath + ".1"), .. File.ReadAllLines(LogPath)];
        Assert.InRange(new FileInfo(LogPath + ".1").Length, DaemonLog.RotateAtBytes, DaemonLog.RotateAtBytes + 20_000);
        Assert.InRange(all.Length, lines, lines + 1);
    }

    [Fact]
    public void Log_that_cannot_be_written_is_dropped_and_comes_back()
    {
        using var log = new DaemonLog(_directory.At("missing", "daemon.log"), _clock, echo: false);
        log.Write("lost");
        Directory.CreateDirectory(_directory.At("missing"));
        log.Write("kept");
        Assert.EndsWith(" kept", Assert.Single(File.ReadAllLines(_directory.At("missing", "daemon.log"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_many_threads_stay_whole()
    {
        using (DaemonLog log = Open())
            Parallel.For(0, 400, i => log.Write($"line {i:000} {new string((char)('a' + (i % 26)), 60)}"));
        string[] lines = File.ReadAllLines(LogPath);
        Assert.Equal(400, lines.Select(line => line[25..33]).Distinct().Count());
        Assert.All(lines, line => Assert.Equal(24 + 1 + 8 + 1 + 60, line.Length));
    }

    private DaemonLog Open() => new(LogPath, _clock, echo: false);

    /// <summary>Writes until the log was rotated once more; answers how many lines that took.</summary>
    private int Fill(DaemonLog log)
    {
        string long10K = new('x', 10_000);
        long before = -1;
        for (int lines = 0; ; lines++)
        {
            long now = File.Exists(LogPath) ? new FileInfo(LogPath).Length : 0;
            if (now < before)
                return lines;
            before = now;
            log.Write(long10K);
        }
    }
}
