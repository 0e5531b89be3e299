using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Sessions;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>Which state of the daemon follows which, and what is said of it.</summary>
public sealed class LifecycleTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly DaemonLog _log;
    private readonly Lifecycle _lifecycle;

    public LifecycleTests()
    {
        _log = new DaemonLog(_directory.At("log"), TimeProvider.System, echo: false);
        _lifecycle = new Lifecycle(_log);
    }

    /// <summary>All that is not listed is forbidden: a new state has to be put into this table.</summary>
    [Fact]
    public void Every_pair_of_states_is_allowed_or_forbidden()
    {
        DaemonState[] states = Enum.GetValues<DaemonState>();
        string allowed = string.Join(
            ' ',
            from f in states
            from t in states
            where Lifecycle.Allows(f, t)
            select $"{Lifecycle.NameOf(f)}->{Lifecycle.NameOf(t)}"
        );
        Assert.Equal("starting->serving starting->draining starting->stopped serving->draining draining->stopped", allowed);
        Assert.Equal(states.Length, states.Select(Lifecycle.NameOf).Distinct().Count());
    }

    [Theory]
    [InlineData("", "serve drain stop", "")]
    [InlineData("serve", "drain", "serve stop")]
    [InlineData("drain", "stop", "serve drain")]
    [InlineData("serve drain", "stop", "serve drain")]
    [InlineData("stop", "", "serve drain stop")]
    [InlineData("serve drain stop", "", "serve drain stop")]
    public void What_was_done_decides_what_can_be_done(string done, string possible, string impossible)
    {
        foreach (string step in Words(possible))
            Assert.True(Take(Words(done).Aggregate(new Lifecycle(_log), Taken), step), step);
        foreach (string step in Words(impossible))
        {
            Lifecycle lifecycle = Words(done).Aggregate(new Lifecycle(_log), Taken);
            (DaemonState before, string reason) = (lifecycle.State, lifecycle.Reason);
            string lines = Log;
            Assert.False(Take(lifecycle, step), step);
            Assert.Equal((before, reason, lines), (lifecycle.State, lifecycle.Reason, Log));
        }
    }

    [Fact]
    public void First_reason_to_end_counts()
    {
        _lifecycle.Serve("pid 1");
        Assert.False(_lifecycle.Ending.IsCompleted);
        Assert.True(_lifecycle.Drain("stop command"));
        Assert.False(_lifecycle.Drain("idle", failed: true));
        Assert.True(_lifecycle.Stop("all callers were answered"));
        Assert.Equal(("stop command", false, true), (_lifecycle.Reason, _lifecycle.HasFailed, _lifecycle.Ending.IsCompleted));
    }

    [Fact]
    public void Fault_is_remembered_until_the_end()
    {
        _lifecycle.Serve("pid 1");
        _lifecycle.Drain("accept: broken", failed: true);
        _lifecycle.Stop("all callers were answered");
        Assert.Equal(("accept: broken", true), (_lifecycle.Reason, _lifecycle.HasFailed));
    }

    [Fact]
    public void Each_change_is_one_line_with_its_reason()
    {
        _lifecycle.Serve("pid 1");
        _lifecycle.Serve("pid 2");
        _lifecycle.Drain("idle");
        _lifecycle.Drain("stop command");
        _lifecycle.Stop("all callers were answered");
        Assert.Equal(
            [
                "state: starting -> serving: pid 1",
                "state: serving -> draining: idle",
                "state: draining -> stopped: all callers were answered",
            ],
            File.ReadLines(_directory.At("log")).Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..])
        );
    }

    [Fact]
    public async Task Of_many_that_end_it_at_the_same_time_one_does()
    {
        _lifecycle.Serve("pid 1");
        bool[] ended = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => _lifecycle.Drain($"reason {i}"))));
        Assert.Equal($"reason {Array.IndexOf(ended, true)}", _lifecycle.Reason);
        Assert.Single(ended, true);
        await _lifecycle.Ending.WaitAsync(Eventually.Patience);
    }

    public void Dispose()
    {
        _log.Dispose();
        _directory.Dispose();
    }

    private string Log => File.Exists(_directory.At("log")) ? File.ReadAllText(_directory.At("log")) : "";

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static Lifecycle Taken(Lifecycle lifecycle, string step)
    {
        Assert.True(Take(lifecycle, step), step);
        return lifecycle;
    }

    private static bool Take(Lifecycle lifecycle, string step) =>
        step switch
        {
            "serve" => lifecycle.Serve("served"),
            "drain" => lifecycle.Drain("drained"),
            _ => lifecycle.Stop("stopped"),
        };
}
