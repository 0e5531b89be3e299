using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Storage;
using CacheDaemon.Tests.Support;
using MessagePack;
using Xunit;

namespace CacheDaemon.Tests.Insight;

public sealed class CallJournalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualClock _clock = new();
    private readonly DaemonLog _log;
    private readonly CallJournal _journal;

    public CallJournalTests()
    {
        _log = new DaemonLog(_directory.At("log"), _clock, echo: false, LogLevel.Debug);
        _journal = new CallJournal(new Tallies(new Dictionary<string, long>(), _clock), _log, _clock);
    }

    public void Dispose()
    {
        _log.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Newest_call_comes_first_and_the_oldest_leave()
    {
        for (int i = 0; i < CallJournal.Capacity + 10; i++)
            Hit($"c{i}");
        Assert.Equal([$"c{CallJournal.Capacity + 9}", $"c{CallJournal.Capacity + 8}"], _journal.Last(2).Select(c => c.Chart));
        Assert.Equal(CallJournal.Capacity, _journal.Last(int.MaxValue).Count);
        Assert.Equal("c10", _journal.Last(int.MaxValue)[^1].Chart);
    }

    [Fact]
    public void End_of_a_render_is_told_at_its_call()
    {
        _journal.Note(new(CallOutcome.Miss, "web", "make", 200) { LeaseId = 7 });
        Hit("other");
        Assert.Equal(7, _journal.Last(2)[1].LeaseId);
        _journal.NoteEnd(7, 31_000, 4_000, "unproven");
        CallRecord miss = _journal.Last(2)[1];
        Assert.Equal((0L, 31_000L, 4_000L, "unproven"), (miss.LeaseId, miss.Microseconds, miss.Bytes, miss.Reason));
        // A lease that nobody remembers, and one that has ended.
        _journal.NoteEnd(99, 1, 1, "x");
        _journal.NoteEnd(7, 1, 1, "x");
        _journal.NoteEnd(0, 1, 1, "x");
        Assert.Equal("unproven", _journal.Last(2)[1].Reason);
    }

    [Fact]
    public void Miss_is_explained_once_by_what_was_stored_before_it_whatever_else_lies_in_the_store()
    {
        using var fixture = new StoreFixture();
        LiteDbTier store = fixture.Open();
        MaterialItem[] before = [new("release", 1), new("namespace", 2)],
            now = [new("release", 1), new("namespace", 3)];
        store.Put(StoreFixture.Key(1), StoreFixture.Render("a") with { Material = Serialised(before), Created = _clock.GetUtcNow() });
        store.Put(StoreFixture.Key(2), StoreFixture.Render("b", material: "not what it should be"));
        _clock.Advance(TimeSpan.FromMinutes(1));
        _journal.Note(new(CallOutcome.Miss, "web", "make", 200) { Material = now });
        // Stored after it, and nearer.
        _clock.Advance(TimeSpan.FromMinutes(1));
        store.Put(StoreFixture.Key(3), StoreFixture.Render("c") with { Material = Serialised([now[0]]), Created = _clock.GetUtcNow() });
        store.Put(StoreFixture.Key(4), StoreFixture.Render("d") with { Material = Serialised(now), Created = _clock.GetUtcNow() });

        Assert.Null(_journal.Last(1)[0].Changed);
        _journal.ExplainMisses(new MissExplainer(store));
        Assert.Equal(["namespace changed"], _journal.Last(1)[0].Changed);
        // Nothing is left to be looked up: a store that is closed is not asked.
        store.Dispose();
        _journal.ExplainMisses(new MissExplainer(store));
        Assert.Equal(["namespace changed"], _journal.Last(1)[0].Changed);
    }

    [Fact]
    public void Noting_a_hit_allocates_nothing()
    {
        using var quiet = new DaemonLog(_directory.At("quiet"), _clock, echo: false);
        var journal = new CallJournal(new Tallies(new Dictionary<string, long>(), TimeProvider.System), quiet, TimeProvider.System);
        var call = new CallJournal.Call(CallOutcome.Hit, "web", "make", 100) { Tier = "memory", Bytes = 5 };
        for (int i = 0; i < 100; i++)
            journal.Note(call, 1_000);
        Assert.Equal(0, Allocation.PerRound(1_000, () => journal.Note(call, 1_000)));
    }

    [Fact]
    public void Detailed_log_has_a_line_for_each_call()
    {
        _journal.Note(
            new(CallOutcome.Bypass, "web", "make", 200)
            {
                Id = new(17, 3),
                Reason = "cluster-access",
                Detail = "validate",
            }
        );
        Hit("web");
        string[] lines = System.IO.File.ReadAllLines(_directory.At("log"));
        Assert.EndsWith(" id=17.3 call: bypass cluster-access, chart web, caller make, 0.2 ms", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("Z call: hit memory, chart web, caller make, 0.1 ms", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Report_is_one_array_newest_first()
    {
        Hit("old");
        _journal.Note(new(CallOutcome.Miss, "new", "", 200) { LeaseId = 1, Changed = ["release changed"] });
        using JsonDocument report = JsonDocument.Parse(CallReport.Write(_journal.Last(10)));
        JsonElement[] calls = [.. report.RootElement.EnumerateArray()];
        Assert.Equal(["new", "old"], calls.Select(c => c.GetProperty("chart").GetString()));
        Assert.True(calls[0].GetProperty("under_way").GetBoolean());
        Assert.Equal("release changed", calls[0].GetProperty("changed")[0].GetString());
    }

    private static byte[] Serialised(MaterialItem[] items)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(items.Length);
        foreach (MaterialItem item in items)
        {
            writer.Write(item.Label);
            writer.Write(item.Digest);
        }
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private void Hit(string chart) => _journal.Note(new(CallOutcome.Hit, chart, "make", 100) { Tier = "memory" }, 30_000);
}
