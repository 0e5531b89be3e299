using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Coordination;
using CacheDaemon.Tests.Support;
using FsCheck.Xunit;
using Xunit;

namespace CacheDaemon.Tests.Coordination;

/// <summary>
/// Nobody runs beside one that it excludes, nobody is overtaken or forgotten, and no run is shared that began before the call.
/// </summary>
public sealed class TurnQueueTests
{
    private readonly ManualClock _clock = new();
    private readonly HashSet<Place> _gone = [];
    private readonly TurnQueue _queue;

    public TurnQueueTests() => _queue = new TurnQueue(_clock);

    [Fact]
    public void Writers_of_one_place_go_one_after_the_other_and_readers_together()
    {
        Place writer = Enter(Write("a")),
            reader = Enter(Read("a")),
            second = Enter(Read("a")),
            other = Enter(Write("b"));
        AssertGoes(writer, other);
        AssertWaits(reader, second);
        _queue.End(writer);
        AssertGoes(reader, second);
        Assert.Equal((0, 3), (_queue.Waiting, _queue.Running));
    }

    [Fact]
    public void A_stream_of_readers_keeps_no_writer_out()
    {
        Place reader = Enter(Read("a")),
            writer = Enter(Write("a")),
            late = Enter(Read("a"));
        AssertWaits(writer, late);
        _queue.End(reader);
        AssertGoes(writer);
        AssertWaits(late);
    }

    [Fact]
    public async Task Equal_callers_share_the_next_run_and_never_the_one_under_way()
    {
        Place first = Equal("u"),
            second = Equal("u"),
            third = Equal("u");
        AssertGoes(first);
        AssertWaits(second, third);
        _queue.End(first);
        AssertGoes(second, isAwaited: true);
        Place late = Equal("u");
        AssertWaits(third, late);
        var result = new RunResult(0, [], [1]);
        _queue.Finish(second, result);
        Assert.Same(result, ((Outcome.Joined)await third.Outcome.Task).Result);
        AssertGoes(late);
    }

    [Fact]
    public void Callers_that_are_not_equal_share_nothing()
    {
        Place first = Equal("u"),
            second = Equal("v"),
            third = Equal("u");
        _queue.End(first);
        AssertGoes(second);
        AssertWaits(third);
    }

    [Fact]
    public void A_failed_run_is_nobodys_and_those_who_waited_run_together_and_before_others()
    {
        Place first = Equal("u"),
            second = Equal("u"),
            third = Equal("u"),
            fourth = Equal("u");
        _queue.End(first);
        Place late = Enter(Read("cache"));
        _queue.Finish(second, new RunResult(1, [], []));
        AssertGoes(third, fourth);
        AssertWaits(late);
        _queue.End(third);
        AssertWaits(late);
        _queue.End(fourth);
        AssertGoes(late);
    }

    [Fact]
    public void A_run_that_vanished_passes_to_the_next_who_waited_for_it()
    {
        Place first = Equal("u"),
            second = Equal("u"),
            third = Equal("u"),
            fourth = Equal("u");
        _queue.End(first);
        Place late = Equal("u");
        _queue.End(second);
        AssertGoes(third, isAwaited: true);
        Assert.Equal([fourth, late], third.Joiners);
    }

    [Fact]
    public void Who_is_gone_when_its_turn_comes_is_passed_over()
    {
        Place first = Equal("u"),
            second = Equal("u"),
            third = Equal("u");
        _gone.Add(second);
        _queue.End(first);
        AssertGoes(third);
        Assert.Equal(0, _queue.Waiting);
    }

    [Fact]
    public void Who_leaves_is_out_and_lets_those_behind_it_go()
    {
        Place reader = Enter(Read("a")),
            writer = Enter(Write("a")),
            late = Enter(Read("a"));
        Assert.True(_queue.Leave(writer));
        AssertGoes(reader, late);
        Assert.False(_queue.Leave(late));
    }

    [Fact]
    public void Sweeping_ends_the_turn_of_one_that_is_gone()
    {
        Place first = Enter(Write("a")),
            second = Enter(Write("a"));
        _gone.Add(first);
        _queue.Sweep();
        AssertGoes(second);
    }

    /// <summary>
    /// Its process ends as soon as it has sent the result, which may lie unread for a while: that is no reason to run helm once more.
    /// </summary>
    [Fact]
    public async Task Sweeping_leaves_the_result_of_one_that_is_gone_to_those_who_wait_for_it()
    {
        Place first = Equal("u"),
            second = Equal("u"),
            third = Equal("u");
        _queue.End(first);
        AssertGoes(second, isAwaited: true);
        _gone.Add(second);
        _queue.Sweep();
        AssertWaits(third);
        _queue.Finish(second, new RunResult(0, [], []));
        Assert.IsType<Outcome.Joined>(await third.Outcome.Task);
    }

    [Fact]
    public void Sweeping_ends_the_turn_of_one_that_was_stopped_while_others_wait_for_it()
    {
        bool isStopped = false;
        Place first = Equal("u");
        var second = new Place(Write("cache"), "u", () => true) { IsStopped = () => isStopped };
        _queue.Enter(second);
        Place third = Equal("u");
        _queue.End(first);
        _queue.Sweep();
        AssertWaits(third);
        isStopped = true;
        _queue.Sweep();
        AssertGoes(third);
    }

    [Fact]
    public void A_turn_that_has_lasted_too_long_holds_nobody_up()
    {
        var reader = new Place(Read("a"), null, () => true) { MaxTurn = TimeSpan.FromSeconds(10) };
        _queue.Enter(reader);
        Place writer = Enter(Write("a"));
        _clock.Advance(TimeSpan.FromSeconds(9));
        _queue.Sweep();
        AssertWaits(writer);
        _clock.Advance(TimeSpan.FromSeconds(2));
        _queue.Sweep();
        AssertGoes(writer);
        _queue.End(reader);
        AssertGoes(writer);
    }

    [Fact]
    public void One_is_held_up_for_as_long_as_the_oldest_run_that_excludes_it_has_run()
    {
        Enter(Write("b"));
        _clock.Advance(TimeSpan.FromSeconds(5));
        Place holder = Enter(Write("a"));
        _clock.Advance(TimeSpan.FromSeconds(3));
        Place waits = Enter(Write("a"));
        Assert.Equal(TimeSpan.FromSeconds(3), _queue.HeldUpFor(waits));
        _queue.End(holder);
        Assert.Equal(TimeSpan.Zero, _queue.HeldUpFor(waits));
    }

    [Fact]
    public async Task A_closed_queue_lets_everybody_go_their_own_way()
    {
        Place first = Equal("u"),
            second = Equal("u");
        _queue.Close();
        Assert.IsType<Outcome.Closed>(await second.Outcome.Task);
        Assert.IsType<Outcome.Closed>(await Equal("u").Outcome.Task);
        _queue.End(first);
    }

    /// <summary>Any order of events: at each moment no two run that exclude each other, and when all have ended nobody waits.</summary>
    [Property(MaxTest = 300)]
    public void Nobody_runs_beside_one_it_excludes_and_nobody_is_forgotten(byte[] events)
    {
        var queue = new TurnQueue(_clock);
        var places = new List<Place>();
        var ended = new HashSet<Place>();
        foreach (byte b in events)
        {
            if (b < 160)
            {
                string name = "abc"[b % 3].ToString();
                places.Add(
                    b % 5 == 0
                        ? new Place([Update], "u", () => true)
                        : new Place([new LockWish(new LockName(0, 0, name), b % 2 == 0)], null, () => true)
                );
                queue.Enter(places[^1]);
            }
            else if (Running().Skip(b % 4).FirstOrDefault() is { } running)
            {
                Stop(running, b % 3);
            }
            Place[] now = [.. Running()];
            foreach (Place one in now)
                Assert.DoesNotContain(now, other => other != one && one.Excludes(other) && one.Equal is null);
        }
        while (Running().FirstOrDefault() is { } last)
            Stop(last, 0);
        Assert.All(places, place => Assert.True(place.Outcome.Task.IsCompleted));
        Assert.Equal((0, 0), (queue.Waiting, queue.Running));

        IEnumerable<Place> Running() =>
            places.Where(place => !ended.Contains(place) && place.Outcome.Task is { IsCompleted: true, Result: Outcome.Go });

        void Stop(Place place, int how)
        {
            ended.Add(place);
            if (how == 0 || place.Outcome.Task.Result is Outcome.Go { IsAwaited: false })
                queue.End(place);
            else
                queue.Finish(place, new RunResult(how - 1, [], []));
        }
    }

    private static LockWish Update => new(new LockName(0, 0, "updates"), true);

    private static LockWish[] Write(string name) => [new(new LockName(0, 0, name), true)];

    private static LockWish[] Read(string name) => [new(new LockName(0, 0, name), false)];

    private Place Enter(LockWish[] wishes) => Enter(wishes, null);

    private Place Equal(string text) => Enter(Write("cache"), text);

    private Place Enter(LockWish[] wishes, string? equal)
    {
        Place? place = null;
        place = new Place(wishes, equal, () => !_gone.Contains(place!));
        _queue.Enter(place);
        return place;
    }

    private static void AssertGoes(params Place[] places) => Assert.All(places, place => AssertGoes(place, isAwaited: false));

    private static void AssertGoes(Place place, bool isAwaited)
    {
        Assert.True(place.Outcome.Task.IsCompleted);
        Assert.Equal(new Outcome.Go(isAwaited), place.Outcome.Task.Result);
    }

    private static void AssertWaits(params Place[] places) => Assert.All(places, place => Assert.False(place.Outcome.Task.IsCompleted));
}
