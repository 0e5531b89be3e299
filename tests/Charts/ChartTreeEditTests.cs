using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Charts;

/// <summary>Pairs of "this edit misses" and "this noise still hits" for the chart's part of the key.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ChartTreeEditTests
{
    [Fact]
    public void Edit_of_any_byte_of_any_file_changes_the_digest()
    {
        using ChartDirectory chart = Rich();
        Digest before = chart.Tree().Digest;
        var seen = new HashSet<Digest> { before };
        foreach (
            string file in Directory
                .GetFiles(chart.Root, "*", SearchOption.AllDirectories)
                .Where(f => !f.Contains("/ignored", StringComparison.Ordinal))
        )
        {
            byte[] content = File.ReadAllBytes(file);
            for (int i = 0; i < content.Length; i++)
            {
                content[i] ^= 1;
                File.WriteAllBytes(file, content);
                if (chart.Load() is ChartLoad.Loaded { Tree: var edited })
                    Assert.True(seen.Add(edited.Digest), $"{file}, byte {i}");
                content[i] ^= 1;
            }
            File.WriteAllBytes(file, content);
        }
        Assert.Equal(before, chart.Tree().Digest);
    }

    [Fact]
    public void Change_of_names_kinds_and_links_changes_the_digest()
    {
        using ChartDirectory chart = Rich();
        var seen = new HashSet<Digest> { chart.Tree().Digest };
        foreach (
            Action<ChartDirectory> edit in new Action<ChartDirectory>[]
            {
                c => c.Write("new.txt", ""),
                c => File.Move(c.At("new.txt"), c.At("newer.txt")),
                c => Directory.Move(c.At("files"), c.At("moved")),
                c => c.Link("link", "values.yaml"),
                c => Relink(c, "link", "./values.yaml"),
                c => Relink(c, "link", c.At("values.yaml")),
                c =>
                {
                    File.Delete(c.At("link"));
                    File.Copy(c.At("values.yaml"), c.At("link"));
                },
                c => c.Link("templates/dir", "../moved"),
                c =>
                {
                    File.Delete(c.At("templates/dir"));
                    Directory.CreateDirectory(c.At("templates/dir"));
                    File.Copy(c.At("moved/a.txt"), c.At("templates/dir/a.txt"));
                },
                c => c.Link("ignored.link", "values.yaml"),
                c => Relink(c, "ignored.link", "Chart.yaml"),
                c => c.Write(".helmignore", "ignored*\n*.link\nnewer*\n"),
                c => File.Delete(c.At(".helmignore")),
            }
        )
        {
            edit(chart);
            Assert.True(seen.Add(chart.Tree().Digest));
        }

        static void Relink(ChartDirectory chart, string name, string target)
        {
            File.Delete(chart.At(name));
            chart.Link(name, target);
        }
    }

    [Fact]
    public void Noise_keeps_the_digest()
    {
        using ChartDirectory chart = Rich();
        Digest before = chart.Tree().Digest;
        foreach (
            Action<ChartDirectory> noise in new Action<ChartDirectory>[]
            {
                c => File.SetLastWriteTimeUtc(c.At("values.yaml"), new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc)),
                c => File.SetUnixFileMode(c.At("values.yaml"), UnixFileMode.UserRead),
                c => Directory.CreateDirectory(c.At("empty/empty")),
                c => c.Write("ignored/more", "x").Write("ignored/x.yaml", "y"),
                c => File.Delete(c.At("ignored/x.yaml")),
                c => c.Write("templates/.swap", "x"),
                c => c.Write("values.yaml~", "x"),
                c =>
                {
                    File.Copy(c.At("Chart.yaml"), c.At("t~"));
                    File.Move(c.At("t~"), c.At("Chart.yaml"), overwrite: true);
                },
            }
        )
        {
            noise(chart);
            Assert.Equal(before, chart.Tree().Digest);
        }
    }

    [Fact]
    public void Copy_elsewhere_keeps_the_digest()
    {
        using ChartDirectory chart = Rich();
        string copy = Path.Combine(chart.Parent, "some where", "else");
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        using (Process cp = Process.Start("cp", ["-r", chart.Root, copy]))
            cp.WaitForExit();
        Assert.Equal(chart.Tree().Digest, chart.Tree(copy).Digest);
    }

    [Fact]
    public void Where_links_lead_is_kept_apart_from_the_digest()
    {
        using ChartDirectory chart = Rich();
        chart.Link("link", "values.yaml");
        string copy = Path.Combine(chart.Parent, "copy");
        using (Process cp = Process.Start("cp", ["-a", chart.Root, copy]))
            cp.WaitForExit();
        Assert.Equal(chart.Tree().Digest, chart.Tree(copy).Digest);
        Assert.NotEqual(chart.Tree().LinkTargets, chart.Tree(copy).LinkTargets);
    }

    [Fact]
    public void Edit_within_the_same_tick_misses()
    {
        // Same size, same mtime, often the same ctime: only the rule for young stamps sees these. By a clock that stands, as they would age
        // on a busy machine.
        using var chart = new ChartDirectory(clock: new ManualClock(DateTimeOffset.UtcNow));
        DateTime written = File.GetLastWriteTimeUtc(chart.At("values.yaml"));
        Digest last = default;
        for (int i = 0; i < 500; i++)
        {
            File.WriteAllText(chart.At("values.yaml"), $"a: {i % 10}\n");
            File.SetLastWriteTimeUtc(chart.At("values.yaml"), written);
            Digest now = chart.Tree().Digest;
            Assert.NotEqual(last, now);
            last = now;
        }
        Assert.Equal(0, chart.Memo.Count);
    }

    [Fact]
    public void Edit_of_an_old_file_with_its_times_put_back_misses()
    {
        using var chart = new ChartDirectory(clock: ChartDirectory.Later);
        ChartSnapshot before = chart.Snapshot();
        DateTime written = File.GetLastWriteTimeUtc(chart.At("values.yaml"));
        DateTime changed = written;
        // ctime moves on with the kernel's tick; until it does, an edit cannot be told from the stamp.
        while (changed - written < TimeSpan.FromMilliseconds(20))
            changed = DateTime.UtcNow;
        File.WriteAllText(chart.At("values.yaml"), "a: 2\n");
        File.SetLastWriteTimeUtc(chart.At("values.yaml"), written);
        Assert.False(before.StillValid());
        Assert.NotEqual(before.Tree.Digest, chart.Tree().Digest);
    }

    [Fact]
    public void Lock_of_a_v2_chart_may_be_written_anew_at_another_time()
    {
        using ChartDirectory chart = Rich();
        Digest before = Locked(chart, "", "\"2024-01-02T03:04:05.123456789Z\"");
        Assert.Equal(before, Locked(chart, "", "\"2025-11-12T13:14:15+01:00\""));
        Assert.NotEqual(before, Locked(chart, "", "2024-01-02T03:04:05Z"));
        Assert.NotEqual(before, Locked(chart, "", "\"\""));
        Assert.NotEqual(before, Locked(chart, "", "\"2024-02-30T03:04:05Z\""));
        Assert.NotEqual(before, Locked(chart, "", "\"2024-01-02T03:04:05.123456789Z\"", "digest: other\n"));

        chart.Write("charts/kid/Chart.yaml", "apiVersion: v2\nname: kid\nversion: 1.0.0\n");
        Assert.Equal(Locked(chart, "charts/kid/", "\"2024-01-02T03:04:05Z\""), Locked(chart, "charts/kid/", "\"2024-01-02T03:04:06Z\""));
        chart.Write("charts/kid/Chart.yaml", "apiVersion: v1\nname: kid\nversion: 1.0.0\n");
        Assert.NotEqual(Locked(chart, "charts/kid/", "\"2024-01-02T03:04:05Z\""), Locked(chart, "charts/kid/", "\"2024-01-02T03:04:06Z\""));
        Assert.NotEqual(Locked(chart, "files/", "\"2024-01-02T03:04:05Z\""), Locked(chart, "files/", "\"2024-01-02T03:04:06Z\""));

        static Digest Locked(ChartDirectory chart, string at, string time, string digest = "digest: sha256:0\n") =>
            chart.Write(at + "Chart.lock", $"dependencies: []\n{digest}generated: {time}\n").Tree().Digest;
    }

    [Theory]
    [InlineData("generated: \"2024-01-02T03:04:05Z\"\ngenerated: \"2024-01-02T03:04:05Z\"\n")]
    [InlineData("'generated': \"2024-01-02T03:04:05Z\"\ngenerated: \"2024-01-02T03:04:05Z\"\n")]
    [InlineData("  generated: \"2024-01-02T03:04:05Z\"\n")]
    [InlineData("generated:  \"2024-01-02T03:04:05Z\"\n")]
    [InlineData("generated: \"2024-01-02T03:04:05Z\" \n")]
    [InlineData("generated: \"2024-01-02T03:04:05Z\"\r\n")]
    [InlineData("generated: \"2024-01-02t03:04:05Z\"\n")]
    [InlineData("generated: \"2024-01-02T24:04:05Z\"\n")]
    [InlineData("generated: \"2024-01-02T03:04:60Z\"\n")]
    [InlineData("generated: \"2024-01-02T03:04:05\"\n")]
    [InlineData("generated: \"2024-01-02T03:04:05+24:00\"\n")]
    [InlineData("generated: \"2024-01-02T03:04:05.Z\"\n")]
    [InlineData("generated: \"2024-01-02T03:04:05,5Z\"\n")]
    [InlineData("generated: \"2024-01-02T03:04:05Z")]
    [InlineData("")]
    public void Lock_with_any_other_line_is_taken_as_it_is(string content) =>
        Assert.Null(ChartLock.WithoutTime(System.Text.Encoding.UTF8.GetBytes(content)));

    [Fact]
    public void Lock_without_time_is_not_taken_for_one_whose_time_is_empty() =>
        Assert.Equal(
            ChartLock.WithoutTime("a\ngenerated: \"2024-01-02T03:04:05Z\"\nb"u8),
            ChartLock.WithoutTime("a\ngenerated: \"2024-01-02T03:04:06.5-07:00\"\nb"u8)
        );

    private static ChartDirectory Rich() =>
        new ChartDirectory()
            .Write("files/a.txt", "a")
            .Write("charts/kid/values.yaml", "k: 1\n")
            .Write(".helmignore", "ignored\n*~\nignored.link\n")
            .Write("ignored/x", "x");
}
