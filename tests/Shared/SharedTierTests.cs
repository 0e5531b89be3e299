using System;
using System.Collections.Concurrent;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Shared.Servers;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>Deadlines, the breaker and the writer, by a clock that moves when told.</summary>
public sealed class SharedTierTests : IDisposable
{
    private readonly KeyFixture _team = new();
    private readonly ManualClock _clock = new(KeyFixture.Now);
    private readonly PlayedServer _server = new();
    private readonly ConcurrentQueue<string> _log = new();

    public void Dispose() => _team.Dispose();

    [Fact]
    public async Task A_bug_in_a_client_does_not_keep_the_server_unasked_for_ever()
    {
        await using SharedTier reader = Tier();
        _server.Break();
        for (int i = 0; i < Breaker.MaxFailures; i++)
            await reader.AskAsync(Key(1));
        _clock.Advance(Breaker.Rest);
        _server.Before = static _ => throw new FormatException("a bug");
        await Assert.ThrowsAsync<FormatException>(() => reader.AskAsync(Key(1)));
        _server.Mend();
        _clock.Advance(Breaker.Rest);
        Assert.Equal(SharedOutcome.Miss, (await reader.AskAsync(Key(1))).Outcome);
    }

    [Fact]
    public async Task What_one_machine_writes_another_reads()
    {
        await using (SharedTier writer = Tier(writes: true))
            writer.Offer(Key(1), KeyFixture.Entry());
        await using SharedTier reader = Tier();
        SharedAnswer answer = await reader.AskAsync(Key(1));
        Assert.Equal(
            (SharedOutcome.Hit, KeyFixture.Output),
            (answer.Outcome, System.Text.Encoding.UTF8.GetString(answer.Entry!.Result.Stdout.ToArray()))
        );
        Assert.Equal(_team.Writer(encrypted: false).Signer!.Id, answer.Signer);
        Assert.NotNull(answer.Took);
        Assert.Equal(SharedOutcome.Miss, (await reader.AskAsync(Key(2))).Outcome);
        Assert.Empty(_log);
    }

    [Fact]
    public async Task An_answer_is_waited_for_until_the_deadline_and_no_longer()
    {
        await using SharedTier tier = Tier();
        _server.Hang();
        Task<SharedAnswer> asking = tier.AskAsync(Key(1));
        _clock.Advance(SharedTier.Deadline - TimeSpan.FromMilliseconds(1));
        Assert.False(asking.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(SharedOutcome.Failed, (await asking).Outcome);
    }

    [Fact]
    public async Task After_three_failures_the_server_is_left_alone_and_one_caller_tries_again_each_half_minute()
    {
        await using SharedTier tier = Tier();
        _server.Break();
        for (int i = 0; i < Breaker.MaxFailures; i++)
            Assert.Equal(SharedOutcome.Failed, (await tier.AskAsync(Key(i))).Outcome);
        Assert.Contains("reads fail", tier.Status, StringComparison.Ordinal);
        for (int i = 0; i < 100; i++)
            Assert.Equal(SharedOutcome.NotAsked, (await tier.AskAsync(Key(i))).Outcome);
        Assert.Equal(3, _server.Reads);
        for (int round = 1; round <= 3; round++)
        {
            _clock.Advance(Breaker.Rest - TimeSpan.FromSeconds(1));
            Assert.Equal(SharedOutcome.NotAsked, (await tier.AskAsync(Key(1))).Outcome);
            _clock.Advance(TimeSpan.FromSeconds(1));
            TaskCompletionSource gate = _server.Hang();
            Task<SharedAnswer> probe = tier.AskAsync(Key(1));
            SharedAnswer[] others = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => tier.AskAsync(Key(i))));
            Assert.All(others, static answer => Assert.Equal(SharedOutcome.NotAsked, answer.Outcome));
            gate.SetException(new SharedServerException("broken by the test"));
            Assert.Equal(SharedOutcome.Failed, (await probe).Outcome);
            Assert.Equal(3 + round, _server.Reads);
        }
        _clock.Advance(Breaker.Rest);
        _server.Mend();
        Assert.Equal(SharedOutcome.Miss, (await tier.AskAsync(Key(1))).Outcome);
        Assert.Equal(SharedOutcome.Miss, (await tier.AskAsync(Key(2))).Outcome);
        Assert.DoesNotContain("fail", tier.Status, StringComparison.Ordinal);
        // The first failure, that it is left alone, and that it is back.
        Assert.Equal(3, _log.Count);
    }

    /// <summary>
    /// As where packets are dropped behind the handshake: connections are taken by the kernel, and nothing ever answers. Counted, not
    /// timed.
    /// </summary>
    [Theory]
    [InlineData("http")]
    [InlineData("redis")]
    public async Task A_server_that_swallows_everything_is_tried_once_in_half_a_minute(string scheme)
    {
        using var hole = new TcpListener(IPAddress.Loopback, 0);
        hole.Start();
        var url = new Uri($"{scheme}://127.0.0.1:{((IPEndPoint)hole.LocalEndpoint).Port}");
        ISharedServer server =
            scheme == "http"
                ? new HttpServer(url, [], TimeSpan.FromMinutes(1), new())
                : new RedisServer(url, null, TimeSpan.FromDays(1), TimeSpan.FromMinutes(1), new());
        await using var tier = new SharedTier(server, _team.Reader(encrypted: false), _clock, _log.Enqueue);
        int failed = 0;
        TimeSpan inAll = TimeSpan.Zero;
        for (int second = 0; second < 90; second++)
        {
            Task<SharedAnswer> asking = tier.AskAsync(Key(second));
            if (!asking.IsCompleted)
            {
                _clock.Advance(SharedTier.Deadline);
                inAll += SharedTier.Deadline;
                failed++;
            }
            await asking;
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
        // Three in a row, and one at about 32 and 62 seconds.
        Assert.Equal((5, 5 * SharedTier.Deadline), (failed, inAll));
    }

    [Fact]
    public async Task Refused_objects_say_nothing_against_the_server()
    {
        await using SharedTier tier = Tier();
        for (int i = 0; i < 20; i++)
        {
            _server.Objects[_team.Reader(encrypted: false).NameOf(Key(i))] = [1, 2, 3];
            SharedAnswer answer = await tier.AskAsync(Key(i));
            Assert.Equal((SharedOutcome.Refused, SharedRefusal.Malformed), (answer.Outcome, answer.Refusal));
        }
        Assert.Equal(20, _server.Reads);
        Assert.Single(_log);
    }

    [Fact]
    public async Task What_waits_to_be_written_is_bounded_by_number_and_bytes_and_the_rest_is_lost()
    {
        TaskCompletionSource gate = _server.Hang();
        await using SharedTier tier = Tier(writes: true);
        tier.Offer(Key(-1), KeyFixture.Entry());
        await Eventually.IsTrueAsync("the first is on its way", () => _server.Writes == 1);
        for (int i = 0; i < SharedWriter.MaxPending + 100; i++)
            tier.Offer(Key(i), KeyFixture.Entry());
        Assert.Single(_log);
        _server.Mend();
        gate.SetResult();
        await Eventually.IsTrueAsync("all that waited are written", () => _server.Objects.Count == SharedWriter.MaxPending + 1);

        gate = _server.Hang();
        tier.Offer(Key(1000), KeyFixture.Entry());
        await Eventually.IsTrueAsync("the first is on its way", () => _server.Writes == SharedWriter.MaxPending + 2);
        string large = new('x', (int)(SharedWriter.MaxPendingBytes / 4));
        for (int i = 1001; i < 1010; i++)
            tier.Offer(Key(i), KeyFixture.Entry(large));
        _server.Mend();
        gate.SetResult();
        await tier.DisposeAsync();
        // Three, since the one on its way counts as well.
        Assert.Equal(SharedWriter.MaxPending + 1 + 1 + 3, _server.Objects.Count);
    }

    [Fact]
    public async Task A_server_that_hangs_holds_the_end_up_for_two_seconds_at_most()
    {
        _server.Hang();
        SharedTier tier = Tier(writes: true);
        int taken = 0,
            lost = 0;
        tier.Wrote = ok => _ = ok ? taken++ : lost++;
        for (int i = 0; i < 10; i++)
            tier.Offer(Key(i), KeyFixture.Entry());
        await Eventually.IsTrueAsync("the first is on its way", () => _server.Writes == 1);
        Task ending = tier.DisposeAsync().AsTask();
        Assert.False(ending.IsCompleted);
        _clock.Advance(SharedWriter.DrainDeadline);
        await ending;
        Assert.Equal((1, 0, 1), (_server.Writes, taken, lost));
    }

    [Fact]
    public async Task A_server_that_takes_nothing_is_still_read()
    {
        await using SharedTier tier = Tier(writes: true);
        int lost = 0;
        tier.Wrote = ok => lost += ok ? 0 : 1;
        _server.Break();
        for (int i = 0; i < 20; i++)
            tier.Offer(Key(i), KeyFixture.Entry());
        await Eventually.IsTrueAsync("writes have failed", () => tier.Status.Contains("writes fail", StringComparison.Ordinal));
        _server.Mend();
        Assert.Equal(SharedOutcome.Miss, (await tier.AskAsync(Key(1))).Outcome);
        Assert.Equal((3, 3), (_server.Writes, lost));
    }

    private SharedTier Tier(bool writes = false) =>
        new(_server, writes ? _team.Writer(encrypted: false) : _team.Reader(encrypted: false), _clock, _log.Enqueue);

    private static CacheKey Key(int number) =>
        new(Digest.Of(System.Text.Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture))));
}
