using System;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Coordination;
using CacheDaemon.Tests.RemoteCharts;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Coordination;

/// <summary>When the result of an update is given again. The clock moves when told; the test writes what helm would.</summary>
public sealed class UpdateWindowTests : IDisposable
{
    private const string Repositories = "home/.config/helm/repositories.yaml";

    private static readonly RunResult s_well = new(0, [], [1]);

    private readonly CallSite _site = new();
    private readonly ManualClock _clock = new(DateTimeOffset.UtcNow);
    private readonly UpdateWindow _window;
    private int _runs;

    public UpdateWindowTests()
    {
        _window = new UpdateWindow(_clock, TimeSpan.FromMinutes(10));
        _site.Write(Repositories, RepositorySite.Repositories);
    }

    public void Dispose() => _site.Dispose();

    [Fact]
    public void It_counts_from_the_start_of_the_run()
    {
        Action<RunResult> ended = Begin();
        _clock.Advance(TimeSpan.FromMinutes(4));
        WriteIndex();
        ended(s_well);
        Assert.Equal(TimeSpan.FromMinutes(4), _window.Find(Update())?.Age);
        _clock.Advance(TimeSpan.FromSeconds(359));
        Assert.Equal(s_well.Stdout, _window.Find(Update())?.Stdout);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_window.Find(Update()));
    }

    [Fact]
    public void A_clock_that_was_set_back_ends_it()
    {
        Run(s_well);
        _clock.SetBack(TimeSpan.FromMinutes(1));
        Assert.Null(_window.Find(Update()));
    }

    [Fact]
    public void A_run_that_failed_or_wrote_no_index_or_in_which_a_repository_came_opens_none()
    {
        Run(s_well with { ExitCode = 1 });
        Assert.Null(_window.Find(Update()));
        Begin()(s_well);
        Assert.Null(_window.Find(Update()));
        Action<RunResult> ended = Begin();
        WriteIndex();
        _site.Append(Repositories, "- name: other\n  url: https://other.example.org\n");
        ended(s_well);
        Assert.Null(_window.Find(Update()));
        // And none that cannot be judged.
        _site.Write(Repositories, "[");
        Assert.Null(_window.Watch(Update()));
    }

    [Theory]
    [InlineData("repo update other")]
    [InlineData("repo update --timeout 3s")]
    public void Another_call_has_a_window_of_its_own(string line)
    {
        Run(s_well);
        Assert.NotNull(_window.Find(Update()));
        Assert.Null(_window.Find(Update(line)));
    }

    [Fact]
    public void Without_the_setting_nothing_is_kept() => Assert.Null(new UpdateWindow(_clock, TimeSpan.Zero).Watch(Update()));

    private void Run(RunResult result)
    {
        Action<RunResult> ended = Begin();
        WriteIndex();
        ended(result);
    }

    private Action<RunResult> Begin()
    {
        Action<RunResult>? ended = _window.Watch(Update());
        Assert.NotNull(ended);
        return ended;
    }

    /// <summary>Of another length each time: the clock of the file system may stand still meanwhile.</summary>
    private void WriteIndex() => _site.Write(RepositorySite.IndexPath, RepositorySite.Index + new string('#', ++_runs) + "\n");

    private Plan Update(string line = "repo update") => Plan.Of(new Message.Coordinate(1, false, _site.Request(line)), 4)!;
}
