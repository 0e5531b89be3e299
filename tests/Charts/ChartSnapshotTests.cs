using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Keys;
using Xunit;

namespace CacheDaemon.Tests.Charts;

public sealed class ChartSnapshotTests
{
    /// <summary>Every change that could matter, and how to make it without the clock's help.</summary>
    private static readonly (string What, Action<ChartDirectory> Change)[] Changes =
    [
        ("content", c => c.Write("values.yaml", "a: 22\n")),
        (
            "replaced file",
            c =>
            {
                c.Write("new", "a: 1\n");
                File.Move(c.At("new"), c.At("values.yaml"), overwrite: true);
            }
        ),
        ("added file", c => c.Write("templates/y.yaml", "")),
        ("removed file", c => File.Delete(c.At("templates/x.yaml"))),
        ("renamed file", c => File.Move(c.At("templates/x.yaml"), c.At("templates/z.yaml"))),
        ("added directory", c => Directory.CreateDirectory(c.At("more"))),
        ("rules", c => c.Write(".helmignore", "ignored\n.helmignore\nx.yaml\n")),
        ("target of a link", c => File.WriteAllText(Path.Combine(c.Parent, "out", "a.txt"), "out aa")),
        ("added file behind a link", c => File.WriteAllText(Path.Combine(c.Parent, "out", "b.txt"), "")),
        (
            "retargeted link outside",
            c =>
            {
                File.Delete(Path.Combine(c.Parent, "hop"));
                File.CreateSymbolicLink(Path.Combine(c.Parent, "hop"), "out2");
            }
        ),
        ("target of an ignored link gone", c => File.Delete(Path.Combine(c.Parent, "ignored-target"))),
        (
            "chart replaced",
            c =>
            {
                Directory.Move(c.Root, c.Root + "2");
                Directory.CreateDirectory(c.Root);
            }
        ),
        ("chart gone", c => Directory.Move(c.Root, c.Root + "2")),
    ];

    [Fact]
    public void Every_change_is_noticed()
    {
        foreach ((string what, Action<ChartDirectory> change) in Changes)
        {
            using ChartDirectory chart = Rich();
            ChartSnapshot snapshot = chart.Snapshot();
            Assert.True(snapshot.StillValid(), what);
            Assert.True(snapshot.StampsEqual(chart.Snapshot()), what);
            change(chart);
            Assert.False(snapshot.StillValid(), what);
            if (chart.Load() is ChartLoad.Loaded after)
                Assert.False(snapshot.StampsEqual(after.Snapshot), what);
        }
    }

    [Fact]
    public void Chart_is_looked_for_where_its_path_leads_now()
    {
        using ChartDirectory chart = Rich();
        using ChartDirectory twin = Rich();
        string link = Path.Combine(chart.Parent, "link");
        File.CreateSymbolicLink(link, chart.Root);
        ChartSnapshot snapshot = chart.Snapshot(link);
        Assert.True(snapshot.StillValid());

        // The chart that was read is unchanged, but no longer what the path means.
        File.Delete(link);
        File.CreateSymbolicLink(link, twin.Root);
        Assert.False(snapshot.StillValid());
        File.Delete(link);
        Assert.False(snapshot.StillValid());
        File.CreateSymbolicLink(link, chart.Root);
        Assert.True(snapshot.StillValid());
        chart.Write("templates/x.yaml", "y: {{ .Values.a }}\n");
        Assert.False(snapshot.StillValid());
    }

    [Fact]
    public void What_is_ignored_is_not_watched()
    {
        using ChartDirectory chart = Rich();
        ChartSnapshot snapshot = chart.Snapshot();
        chart.Write("ignored/more", "x").Write("ignored/sub/even", "more");
        File.WriteAllText(Path.Combine(chart.Parent, "ignored-target"), "other");
        Assert.True(snapshot.StillValid());
    }

    [Fact]
    public void Directory_that_moves_under_its_link_is_noticed_because_helm_prints_its_path()
    {
        using ChartDirectory chart = Rich();
        ChartSnapshot snapshot = chart.Snapshot();
        // The chart's own link leads to the same directory, by its new name, through a link where the old name was.
        Directory.Move(Path.Combine(chart.Parent, "out"), Path.Combine(chart.Parent, "renamed"));
        File.CreateSymbolicLink(Path.Combine(chart.Parent, "out"), "renamed");
        Assert.False(snapshot.StillValid());
        ChartTree after = chart.Tree();
        Assert.Equal(snapshot.Tree.Digest, after.Digest);
        Assert.NotEqual(snapshot.Tree.LinkTargets, after.LinkTargets);
    }

    [Fact]
    public void Young_stamps_are_never_trusted()
    {
        using var chart = new ChartDirectory();
        Assert.False(chart.Snapshot().StillValid());
        Assert.Equal(0, chart.Memo.Count);
        int scans = chart.Scans;
        chart.Snapshot();
        Assert.Equal(2 * scans, chart.Scans);
    }

    [Fact]
    public void One_young_file_spoils_the_snapshot_but_not_what_is_known_of_the_others()
    {
        using ChartDirectory chart = Rich();
        chart.Snapshot();
        int known = chart.Scans;
        chart.Write("values.yaml", "a: 22\n");
        ChartSnapshot snapshot = chart.Snapshot();
        Assert.Equal(known + 1, chart.Scans);
        Assert.True(snapshot.StillValid());
    }

    [Fact]
    public void Charts_are_walked_once_and_then_only_looked_at()
    {
        using ChartDirectory chart = Rich();
        var snapshots = new ChartSnapshots(chart.Loader);
        ChartLoad first = snapshots.Get(PathOf(chart));
        Assert.Same(first, snapshots.Get(PathOf(chart)));
        chart.Write("values.yaml", "a: 22\n");
        ChartLoad second = snapshots.Get(PathOf(chart));
        Assert.NotSame(first, second);
        Assert.Same(second, snapshots.Get(PathOf(chart)));
        Directory.Delete(chart.Root, recursive: true);
        Assert.IsType<ChartLoad.Declined>(snapshots.Get(PathOf(chart)));
        Directory.CreateDirectory(chart.Root);
        Assert.IsType<ChartLoad.Loaded>(snapshots.Get(PathOf(chart)));
    }

    [Fact]
    public async Task Concurrent_callers_get_the_truth_and_share_walks()
    {
        using ChartDirectory chart = Rich();
        var snapshots = new ChartSnapshots(chart.Loader);
        for (int round = 0; round < 20; round++)
        {
            chart.Write("values.yaml", $"a: {new string('1', round)}\n");
            Digest expected = Digest.Of(File.ReadAllBytes(chart.At("values.yaml")));
            ChartLoad[] loads = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => snapshots.Get(PathOf(chart)))));
            foreach (ChartLoad load in loads)
            {
                ChartTree tree = Assert.IsType<ChartLoad.Loaded>(load).Tree;
                Assert.Equal(expected, tree.Files.Single(f => f.Name.AsSpan().SequenceEqual("values.yaml"u8)).Content);
            }
        }
        // Once per content: 20 versions of one file, and each other file.
        Assert.InRange(chart.Scans, 20, 20 + 10);
    }

    [Fact]
    public void Least_recently_used_charts_go_first()
    {
        using ChartDirectory a = Rich();
        using ChartDirectory b = Rich();
        using ChartDirectory c = Rich();
        var snapshots = new ChartSnapshots(a.Loader, maxCharts: 2);
        ChartLoad first = snapshots.Get(PathOf(a));
        snapshots.Get(PathOf(b));
        Assert.Same(first, snapshots.Get(PathOf(a)));
        snapshots.Get(PathOf(c));
        Assert.Equal(2, snapshots.Count);
        Assert.Same(first, snapshots.Get(PathOf(a)));

        var small = new ChartSnapshots(a.Loader, maxPaths: 3);
        small.Get(PathOf(a));
        small.Get(PathOf(b));
        Assert.Equal(1, small.Count);
    }

    [Fact]
    public void Archive_is_watched_too()
    {
        using var chart = new ChartDirectory(clock: ChartDirectory.Later);
        string path = Path.Combine(chart.Parent, "a.tgz");
        File.WriteAllText(path, "not an archive");
        ChartSnapshot snapshot = chart.Snapshot(path);
        Assert.True(snapshot.Tree.Opaque);
        Assert.True(snapshot.StillValid());
        File.AppendAllText(path, "!");
        Assert.False(snapshot.StillValid());
    }

    [Fact]
    public void Memo_forgets_the_oldest()
    {
        var memo = new StampMemo<string>(capacity: 2);
        FileStamp Stamp(ulong inode) => new(1, inode, 0, 0, 0, 0);
        memo.Add(Stamp(1), 0, "a");
        memo.Add(Stamp(1), 1, "b");
        memo.Add(Stamp(1), 0, "again");
        Assert.True(memo.TryGet(Stamp(1), 0, out string? value));
        Assert.Equal("a", value);
        memo.Add(Stamp(2), 0, "c");
        Assert.False(memo.TryGet(Stamp(1), 0, out _));
        Assert.True(memo.TryGet(Stamp(1), 1, out _));
        Assert.Equal(2, memo.Count);
    }

    private static byte[] PathOf(ChartDirectory chart) => Encoding.UTF8.GetBytes(chart.Root);

    private static ChartDirectory Rich()
    {
        var chart = new ChartDirectory(clock: ChartDirectory.Later);
        foreach (string name in new[] { "out", "out2" })
        {
            Directory.CreateDirectory(Path.Combine(chart.Parent, name));
            File.WriteAllText(Path.Combine(chart.Parent, name, "a.txt"), "out a");
        }
        File.CreateSymbolicLink(Path.Combine(chart.Parent, "hop"), "out");
        File.WriteAllText(Path.Combine(chart.Parent, "ignored-target"), "");
        return chart
            .Write(".helmignore", "ignored\nignored.link\n.helmignore\n")
            .Write("ignored/x", "x")
            .Link("ignored.link", "../ignored-target")
            .Link("files", "../hop")
            .Link("one.txt", "../hop/a.txt");
    }
}
