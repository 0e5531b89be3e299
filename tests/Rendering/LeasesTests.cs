using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Rendering;
using CacheDaemon.Tests.Storage;
using FsCheck.Xunit;
using Xunit;

namespace CacheDaemon.Tests.Rendering;

/// <summary>One caller per key renders; nobody is forgotten, nobody is answered twice.</summary>
public sealed class LeasesTests
{
    private static readonly CacheKey s_key = StoreFixture.Key(1);

    private readonly Leases<string> _leases = new();

    [Fact]
    public void First_claim_is_granted_and_the_next_wait()
    {
        long lease = Granted(_leases.Acquire(s_key, "a"));
        Task<Settlement> waits = Queued(_leases.Acquire(s_key, "b"));
        Assert.False(waits.IsCompleted);
        Assert.Equal("a", _leases.Find(lease));
        Assert.Equal((1, 1), (_leases.Count, _leases.Waiting));
    }

    [Fact]
    public async Task Settling_answers_all_waiters_alike_and_frees_the_key()
    {
        long lease = Granted(_leases.Acquire(s_key, "a"));
        Task<Settlement>[] waits = [Queued(_leases.Acquire(s_key, "b")), Queued(_leases.Acquire(s_key, "c"))];
        var settlement = new Settlement.Alone(BypassReason.LeaseholderFailed, "");
        _leases.Settle(lease, settlement);
        foreach (Task<Settlement> wait in waits)
            Assert.Same(settlement, await wait);
        Assert.Null(_leases.Find(lease));
        Assert.Equal((0, 0), (_leases.Count, _leases.Waiting));
        Granted(_leases.Acquire(s_key, "d"));
    }

    [Fact]
    public async Task Passing_on_goes_to_whoever_waits_longest()
    {
        long lease = Granted(_leases.Acquire(s_key, "a"));
        Task<Settlement> second = Queued(_leases.Acquire(s_key, "b")),
            third = Queued(_leases.Acquire(s_key, "c"));
        _leases.PassOn(lease);
        long inherited = Assert.IsType<Settlement.Inherited>(await second).LeaseId;
        Assert.NotEqual(lease, inherited);
        Assert.Equal("b", _leases.Find(inherited));
        Assert.False(third.IsCompleted);
        Assert.Equal((1, 1), (_leases.Count, _leases.Waiting));
    }

    [Fact]
    public async Task Passing_on_passes_by_who_waits_no_longer()
    {
        long lease = Granted(_leases.Acquire(s_key, "a"));
        Claim<string> second = _leases.Acquire(s_key, "b"),
            third = _leases.Acquire(s_key, "c"),
            fourth = _leases.Acquire(s_key, "d");
        Assert.Equal("a", Assert.IsType<Claim<string>.Queued>(second).Holder);
        Assert.True(_leases.Leave(s_key, (Claim<string>.Queued)second));
        Assert.Equal(2, _leases.Waiting);
        _leases.PassOn(lease);
        long inherited = Assert.IsType<Settlement.Inherited>(await Queued(third)).LeaseId;
        Assert.False(_leases.Leave(s_key, (Claim<string>.Queued)third)); // It has its answer.
        Assert.True(_leases.Leave(s_key, (Claim<string>.Queued)fourth));
        _leases.PassOn(inherited);
        Assert.False(Queued(second).IsCompleted);
        Assert.Equal((0, 0), (_leases.Count, _leases.Waiting));
        Granted(_leases.Acquire(s_key, "e"));
    }

    [Fact]
    public void Passing_on_without_waiters_frees_the_key()
    {
        _leases.PassOn(Granted(_leases.Acquire(s_key, "a")));
        Assert.Equal(0, _leases.Count);
        Granted(_leases.Acquire(s_key, "b"));
    }

    [Fact]
    public void What_is_not_held_cannot_be_ended()
    {
        long lease = Granted(_leases.Acquire(s_key, "a"));
        _leases.PassOn(lease);
        long next = Granted(_leases.Acquire(s_key, "b"));
        _leases.PassOn(lease);
        _leases.Settle(lease, new Settlement.LookAgain());
        _leases.Settle(99, new Settlement.LookAgain());
        Assert.Equal("b", _leases.Find(next));
    }

    /// <summary>Random claims and endings against the simplest thing that could be right: a list per key, its head rendering.</summary>
    /// <param name="moves">Each for one of four keys, and one of four things to do with it.</param>
    [Property(MaxTest = 200, EndSize = 300)]
    public async Task Random_claims_and_endings_agree_with_a_list_per_key((byte Key, byte Move)[] moves)
    {
        var leases = new Leases<string>();
        var model = new Dictionary<int, List<Claimant>>();
        var settled = new List<(Claimant Claimant, Settlement Expected)>();
        for (int step = 0; step < moves.Length; step++)
        {
            int key = moves[step].Key % 4;
            List<Claimant> line = model.TryGetValue(key, out List<Claimant>? known) ? known : model[key] = [];
            switch (moves[step].Move % 4)
            {
                case 0 or 1:
                    Claim<string> claim = leases.Acquire(StoreFixture.Key(key), $"{step}");
                    Assert.Equal(line.Count == 0, claim is Claim<string>.Granted);
                    line.Add(new Claimant($"{step}", claim));
                    break;
                case 2 when line.Count > 0:
                    leases.PassOn(line[0].LeaseId);
                    line.RemoveAt(0);
                    if (line.Count > 0)
                        line[0].LeaseId = Assert.IsType<Settlement.Inherited>(await Queued(line[0].Claim)).LeaseId;
                    break;
                case 3 when line.Count > 0:
                    var settlement = new Settlement.Alone(BypassReason.Faulted, $"{step}");
                    leases.Settle(line[0].LeaseId, settlement);
                    settled.AddRange(line.Skip(1).Select(c => (c, (Settlement)settlement)));
                    line.Clear();
                    break;
            }
            Assert.Equal(model.Values.Count(l => l.Count > 0), leases.Count);
            Assert.Equal(model.Values.Sum(l => Math.Max(0, l.Count - 1)), leases.Waiting);
            foreach (List<Claimant> each in model.Values.Where(l => l.Count > 0))
            {
                Assert.Equal(each[0].Work, leases.Find(each[0].LeaseId));
                Assert.All(each.Skip(1), waiter => Assert.False(Queued(waiter.Claim).IsCompleted));
            }
        }
        foreach ((Claimant claimant, Settlement expected) in settled)
            Assert.Same(expected, await Queued(claimant.Claim));
    }

    [Fact]
    public async Task Claims_from_many_threads_render_one_at_a_time_and_all_end()
    {
        int rendering = 0,
            most = 0,
            renders = 0;
        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(worker =>
                    Task.Run(async () =>
                    {
                        for (int i = 0; i < 500; i++)
                        {
                            Claim<string> claim = _leases.Acquire(s_key, $"{worker}.{i}");
                            long lease;
                            if (claim is Claim<string>.Granted granted)
                                lease = granted.LeaseId;
                            else if (await Queued(claim) is Settlement.Inherited inherited)
                                lease = inherited.LeaseId;
                            else
                                continue;
                            int now = System.Threading.Interlocked.Increment(ref rendering);
                            most = Math.Max(most, now);
                            System.Threading.Interlocked.Increment(ref renders);
                            System.Threading.Interlocked.Decrement(ref rendering);
                            if (i % 3 == 0)
                                _leases.PassOn(lease);
                            else
                                _leases.Settle(lease, new Settlement.LookAgain());
                        }
                    })
                )
        );
        Assert.Equal(1, most);
        Assert.InRange(renders, 1, 4000);
        Assert.Equal((0, 0), (_leases.Count, _leases.Waiting));
    }

    private static long Granted(Claim<string> claim) => Assert.IsType<Claim<string>.Granted>(claim).LeaseId;

    private static Task<Settlement> Queued(Claim<string> claim) => Assert.IsType<Claim<string>.Queued>(claim).Outcome;

    private sealed class Claimant(string work, Claim<string> claim)
    {
        public string Work { get; } = work;

        public Claim<string> Claim { get; } = claim;

        public long LeaseId { get; set; } = claim is Claim<string>.Granted granted ? granted.LeaseId : 0;
    }
}
