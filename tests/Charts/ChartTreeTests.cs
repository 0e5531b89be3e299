using System;
using System.IO;
using System.Linq;
using System.Text;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Keys;
using Xunit;

namespace CacheDaemon.Tests.Charts;

/// <summary>What helm reads of a chart, rule by rule.</summary>
public sealed class ChartTreeTests
{
    [Fact]
    public void Every_regular_file_counts_in_byte_order()
    {
        using var chart = new ChartDirectory();
        chart
            .Write("B", "")
            .Write("a/z", "")
            .Write("a-b", "")
            .Write(".dot", "")
            .Write("é", "")
            .Write("crds/c.yaml", "")
            .Write("charts/kid/x", "");
        Assert.Equal(
            [".dot", "B", "Chart.yaml", "a/z", "a-b", "charts/kid/x", "crds/c.yaml", "templates/x.yaml", "values.yaml", "Ã©"],
            chart.Names()
        );
    }

    [Fact]
    public void Directory_links_are_followed_under_their_own_name()
    {
        using var chart = new ChartDirectory();
        Directory.CreateDirectory(Path.Combine(chart.Parent, "shared"));
        File.WriteAllText(Path.Combine(chart.Parent, "shared", "a.txt"), "a");
        chart.Link("files", "../shared").Link("one.txt", "files/a.txt");
        ChartTree tree = chart.Tree();
        Assert.NotEqual(default, tree.LinkTargets);
        Assert.Equal(
            [("files", ChartFileKind.LinkToDirectory), ("files/a.txt", ChartFileKind.File), ("one.txt", ChartFileKind.LinkToFile)],
            tree.Files.Where(f => f.Name[0] is (byte)'f' or (byte)'o').Select(f => (Encoding.UTF8.GetString(f.Name), f.Kind))
        );
        Assert.Equal(Digest.Of("a"u8), tree.Files.Single(f => f.Kind == ChartFileKind.LinkToFile).Content);
    }

    [Fact]
    public void Ignored_parts_are_neither_opened_nor_counted_but_links_are_still_mentioned()
    {
        using var chart = new ChartDirectory();
        chart
            .Write("skip/huge", new byte[ChartLimits.MaxFileBytes + 1])
            .Write(".helmignore", "skip\npipe\nlink\n.helmignore\n")
            .Link("link", "values.yaml");
        chart.CreateFifo("pipe");
        Assert.Equal(["Chart.yaml", "link", "templates/x.yaml", "values.yaml"], chart.Names());
        Assert.Equal(ChartFileKind.IgnoredLink, chart.Tree().Files[1].Kind);
        Assert.NotEqual(default, chart.Tree().LinkTargets);
    }

    [Fact]
    public void Rules_below_the_root_say_nothing()
    {
        using var chart = new ChartDirectory();
        chart.Write("charts/kid/.helmignore", "x\n").Write("charts/kid/x", "");
        Assert.Contains("charts/kid/x", chart.Names());
    }

    [Fact]
    public void Rules_may_come_through_a_link()
    {
        using var chart = new ChartDirectory();
        File.WriteAllText(Path.Combine(chart.Parent, "rules"), "secret\n");
        chart.Link(".helmignore", "../rules").Write("secret", "");
        Assert.DoesNotContain("secret", chart.Names());
    }

    [Fact]
    public void Chart_that_is_itself_a_link_is_like_its_directory()
    {
        using var chart = new ChartDirectory();
        string link = Path.Combine(chart.Parent, "link");
        File.CreateSymbolicLink(link, "c");
        ChartTree tree = chart.Tree(link);
        Assert.Equal(chart.Tree().Digest, tree.Digest);
        Assert.Equal(default, tree.LinkTargets);
    }

    [Fact]
    public void What_helm_would_refuse_is_declined_with_its_reason()
    {
        Declined(BypassReason.ChartSymlinkBroken, c => c.Link("gone", "nowhere"));
        Declined(BypassReason.ChartSymlinkBroken, c => c.Link("gone", "nowhere").Write(".helmignore", "gone\n"));
        Declined(BypassReason.ChartSymlinkBroken, c => c.Link("self", "self"));
        Declined(BypassReason.ChartSymlinkBroken, c => c.Link("loop", "."));
        Declined(BypassReason.ChartSymlinkBroken, c => c.Link("a/up", "..").Link("b/up", ".."));
        Declined(BypassReason.ChartSpecialFile, c => c.CreateFifo("pipe"));
        Declined(BypassReason.ChartSpecialFile, c => c.Link("null", "/dev/null"));
        Declined(BypassReason.ChartSpecialFile, c => c.Link("mine", "/proc/self/environ"));
        Declined(BypassReason.ChartSpecialFile, c => c.Link("here", "/proc/self/cwd"));
        Declined(BypassReason.ChartSpecialFile, c => c.Link("fd", "/dev/fd/0"));
        Declined(BypassReason.ChartTooLarge, c => c.Write("big", new byte[ChartLimits.MaxFileBytes + 1]));
        Declined(BypassReason.HelmIgnoreInvalid, c => c.Write(".helmignore", "a/**\n"));
        Declined(BypassReason.HelmIgnoreInvalid, c => Directory.CreateDirectory(c.At(".helmignore")));

        static void Declined(BypassReason reason, Action<ChartDirectory> harm)
        {
            using var chart = new ChartDirectory();
            harm(chart);
            chart.AssertDeclined(reason);
        }
    }

    [Fact]
    public void Missing_or_odd_charts_are_declined()
    {
        using var chart = new ChartDirectory();
        chart.AssertDeclined(BypassReason.ChartMissing, chart.At("nothing"));
        chart.CreateFifo("pipe");
        chart.AssertDeclined(BypassReason.ChartNotAFileOrDirectory, chart.At("pipe"));
        chart.AssertDeclined(BypassReason.ChartSpecialFile, "/proc/self/cwd");
    }

    [Fact]
    public void Too_many_names_are_declined_without_reading_on()
    {
        using var chart = new ChartDirectory();
        // Each level doubles: 2^18 names through 18 links.
        for (int i = 0; i < 18; i++)
        {
            Directory.CreateDirectory(chart.At($"d{i}"));
            chart.Link($"d{i}/a", $"../d{i + 1}").Link($"d{i}/b", $"../d{i + 1}");
        }
        chart.Write("d18/x", "");
        chart.AssertDeclined(BypassReason.ChartTooLarge);
    }

    [Fact]
    public void Names_that_are_not_text_count_by_their_bytes()
    {
        using var one = new ChartDirectory();
        using var other = new ChartDirectory();
        one.CreateByBytes([0xFF]);
        other.CreateByBytes([0xFE]);
        Assert.Contains("\u00FF", one.Names());
        Assert.NotEqual(one.Tree().Digest, other.Tree().Digest);
    }

    [Fact]
    public void Names_with_newlines_and_quotes_count()
    {
        using var chart = new ChartDirectory();
        chart.Write("new\nline", "").Write("q\"uote", "").Write("tab\t", "");
        Assert.Equal(3, chart.Names().Count(n => n.AsSpan().ContainsAny("\n\"\t")));
    }

    [Fact]
    public void Path_of_four_kilobytes_loads_and_a_longer_one_is_declined()
    {
        using var chart = new ChartDirectory();
        byte[] path = Encoding.UTF8.GetBytes(chart.Root);
        string name = new('n', 100);
        while (path.Length + 101 < 4000)
        {
            path = [.. path, (byte)'/', .. Encoding.ASCII.GetBytes(name)];
            Directory.CreateDirectory(Encoding.UTF8.GetString(path));
        }
        File.WriteAllText(Encoding.UTF8.GetString(path) + "/deep.txt", "x");
        Assert.Contains(chart.Tree().Files, f => f.Name.AsSpan().EndsWith("/deep.txt"u8));

        // Names more than the kernel takes in one path: they get there by a move, and helm cannot name them either.
        string below = Encoding.UTF8.GetString(path);
        using var elsewhere = new ChartDirectory(empty: true);
        Directory.CreateDirectory(elsewhere.At(Path.Combine(name, name, name)));
        Directory.Move(elsewhere.At(name), Path.Combine(below, "x"));
        chart.AssertDeclined(BypassReason.ChartUnreadable);
        Directory.Move(Path.Combine(below, "x"), elsewhere.At(name)); // too deep to be deleted there
    }

    [Fact]
    public void Tree_of_ten_thousand_files_loads_and_is_found_unchanged()
    {
        using var chart = new ChartDirectory(clock: ChartDirectory.Later);
        for (int i = 0; i < 100; i++)
        {
            Directory.CreateDirectory(chart.At($"files/{i}"));
            for (int j = 0; j < 100; j++)
                File.WriteAllBytes(chart.At($"files/{i}/{j}"), [(byte)i, (byte)j]);
        }
        ChartSnapshot snapshot = chart.Snapshot();
        Assert.Equal(10_003, snapshot.Tree.FileCount);
        Assert.Equal(10_003, chart.Scans);
        Assert.True(snapshot.StillValid());
        File.WriteAllBytes(chart.At("files/57/99"), [57, 98]);
        Assert.False(snapshot.StillValid());
        ChartSnapshot again = chart.Snapshot();
        Assert.NotEqual(snapshot.Tree.Digest, again.Tree.Digest);
        Assert.Equal(10_004, chart.Scans);
    }

    [Fact]
    public void Facts_carry_the_name_of_their_file()
    {
        using var chart = new ChartDirectory();
        chart.Write("four", "1234");
        Assert.Contains(chart.Tree().Facts, f => f.Name.AsSpan().SequenceEqual("four"u8) && f.Obstacle?.Line == 4);
        Assert.Equal(4, chart.Tree().Facts.Count);
    }

    [Fact]
    public void Metadata_is_for_people_and_never_a_reason_to_decline()
    {
        using var chart = new ChartDirectory();
        Assert.Equal(new ChartMetadata("c", "1.0.0", "v2"), chart.Tree().Metadata);
        chart.Write("Chart.yaml", "\uFEFFdependencies: [{name: x}]\nname: 'q'\nversion: 2\nannotations: {version: 9}\n");
        Assert.Equal(new ChartMetadata("q", "2", ""), chart.Tree().Metadata);
        foreach (string broken in new[] { "", "[", "- a", "a: [", "\t", "a: b: c", "name: x\nname: y", "{" })
        {
            chart.Write("Chart.yaml", broken);
            Assert.Equal("", chart.Tree().Metadata.Name);
        }
        File.Delete(chart.At("Chart.yaml"));
        Assert.Equal(ChartMetadata.Unknown, chart.Tree().Metadata);
    }

    [Theory]
    [InlineData("Chart.yaml", 1, "")]
    [InlineData("charts/kid/Chart.yaml", 1, "charts/kid/")]
    [InlineData("charts/kid/charts/deep/Chart.lock", 2, "charts/kid/charts/deep/")]
    [InlineData("files/Chart.yaml", 0, "")]
    [InlineData("templates/Chart.lock", 0, "")]
    [InlineData("charts/_kid/Chart.yaml", 0, "")]
    [InlineData("charts/.kid/Chart.yaml", 0, "")]
    [InlineData("charts/kid.tgz", 4, "")]
    [InlineData("charts/kid/charts/a-1.0.tgz", 4, "charts/kid/")]
    [InlineData("charts/_kid.tgz", 0, "")]
    [InlineData("charts/.tgz", 0, "")]
    [InlineData("charts/kid/files/a.tgz", 0, "charts/kid/")]
    [InlineData("charts/kid.tgz/charts/a.tgz", 0, "")]
    [InlineData("charts/kid.tgz.prov", 0, "")]
    [InlineData("a.tgz", 0, "")]
    [InlineData("values.schema.json", 3, "")]
    [InlineData("files/values.schema.json", 0, "")]
    [InlineData("charts", 0, "")]
    public void Place_decides_what_a_file_is(string name, byte role, string chart)
    {
        Assert.Equal((ChartFileRole)role, ChartFileRoles.Of(Encoding.UTF8.GetBytes(name), out ReadOnlySpan<byte> owner));
        Assert.Equal(chart, Encoding.UTF8.GetString(owner));
    }
}
