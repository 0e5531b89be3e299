using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using CacheDaemon.Client;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Sessions;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>How long the daemon pauses after accepts that failed, and what it says of it.</summary>
public sealed class AcceptBackOffTests : IDisposable
{
    private static readonly AcceptError UsedUp = new(AcceptErrorKind.BackOff, "too many files (EMFILE)"),
        Passing = new(AcceptErrorKind.GoOn, "a rule forbids it (EPERM)");

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualClock _clock = new();
    private readonly List<double> _pauses = [];
    private readonly DaemonLog _log;
    private readonly AcceptBackOff _backOff;

    public AcceptBackOffTests()
    {
        _log = new DaemonLog(_directory.At("log"), _clock, echo: false);
        _backOff = new AcceptBackOff(_clock, _log, Wait);
    }

    [Fact]
    public void Pauses_double_up_to_a_limit_and_begin_anew_after_a_success()
    {
        Fail(UsedUp, 8);
        Assert.Equal([5, 10, 20, 40, 80, 160, 160, 160], _pauses);
        _backOff.Succeeded(_backOff.Failures);
        _pauses.Clear();
        Fail(UsedUp, 2);
        Assert.Equal([5, 10], _pauses);
        Assert.True(AcceptBackOff.LongestPause < DaemonClient.FirstReplyDeadline / 2);
    }

    [Fact]
    public void Failures_that_go_on_for_days_pause_no_longer()
    {
        Fail(UsedUp, 100_000);
        Assert.Equal(AcceptBackOff.LongestPause.TotalMilliseconds, _pauses.Max());
        Assert.Equal(100_000, _pauses.Count);
    }

    [Fact]
    public void What_concerns_one_connection_costs_no_pause()
    {
        for (int i = 0; i < 100; i++)
        {
            Fail(Passing, 3);
            _backOff.Succeeded(_backOff.Failures);
        }
        Assert.Empty(_pauses);
        Assert.Empty(Lines);
    }

    /// <summary>Some of these leave the connection in the queue: the next accept meets it again.</summary>
    [Fact]
    public void What_concerns_one_connection_and_does_not_end_is_paused_for()
    {
        Fail(Passing, 9);
        Assert.Equal([5, 10, 20, 40, 80, 160], _pauses);
        Assert.Equal(["accept: a rule forbids it (EPERM); trying again until it works"], Lines);
    }

    [Fact]
    public void Log_says_once_when_it_begins_and_once_when_it_is_over()
    {
        Fail(UsedUp, 7);
        _backOff.Succeeded(_backOff.Failures);
        _backOff.Succeeded(_backOff.Failures);
        Assert.Equal(
            ["accept: too many files (EMFILE); trying again until it works", "accept: works again after 0.5 s and 7 failures"],
            Lines
        );
    }

    /// <summary>The kernel sets a descriptor aside for an accept when it begins, however long it then waits.</summary>
    [Fact]
    public void Accept_that_began_before_the_failures_does_not_end_them()
    {
        int before = _backOff.Failures;
        Fail(UsedUp, 3);
        _backOff.Succeeded(before);
        Fail(UsedUp, 1);
        Assert.Equal([5, 10, 20, 40], _pauses);
        Assert.Single(Lines);
    }

    [Fact]
    public void What_comes_and_goes_is_logged_once_in_a_while()
    {
        for (int i = 0; i < 1000; i++)
        {
            Fail(UsedUp, 1);
            _backOff.Succeeded(_backOff.Failures);
        }
        Assert.Equal(2, Lines.Length);
        _clock.Advance(TimeSpan.FromMinutes(2));
        Fail(UsedUp, 1);
        Assert.Equal(3, Lines.Length);
    }

    public void Dispose()
    {
        _log.Dispose();
        _directory.Dispose();
    }

    private string[] Lines =>
        File.Exists(_directory.At("log"))
            ? [.. File.ReadLines(_directory.At("log")).Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..])]
            : [];

    private void Wait(TimeSpan pause)
    {
        _pauses.Add(pause.TotalMilliseconds);
        _clock.Advance(pause);
    }

    private void Fail(AcceptError error, int times)
    {
        for (int i = 0; i < times; i++)
            _backOff.Failed(error);
    }
}
