using System;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Storage;
using Xunit;
using static CacheDaemon.Tests.Storage.StoreFixture;

namespace CacheDaemon.Tests.Storage;

/// <summary>What every tier promises, whatever it is made of.</summary>
public abstract class TierContract
{
    protected abstract ITier Tier { get; }

    [Fact]
    public void Unknown_key_is_a_miss() => Assert.Null(Tier.Get(Key(1)));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(10, 0)]
    [InlineData(0, 10)]
    [InlineData(2047, 1)]
    [InlineData(2048, 3000)]
    [InlineData(1_000_000, 70_000)]
    public void Entry_comes_back_whole(int stdout, int stderr)
    {
        Entry entry = Render(new string('a', stdout), Noise(stderr));
        Assert.True(Tier.Put(Key(1), entry));
        AssertSame(entry, Tier.Get(Key(1)));
    }

    [Fact]
    public void Every_byte_value_comes_back_as_it_was()
    {
        byte[] bytes = [.. Enumerable.Range(0, 20_000).Select(i => (byte)i)];
        Entry entry = Render("") with { Result = new RenderResult(0, bytes, [0, 255, 254, 13, 10]), HoldsSecret = true };
        Tier.Put(Key(1), entry);
        AssertSame(entry, Tier.Get(Key(1)));
    }

    [Fact]
    public void Note_to_look_again_with_paths_comes_back_as_a_note()
    {
        Entry note = Render("") with { Result = null };
        Tier.Put(Key(1), note);
        AssertSame(note, Tier.Get(Key(1)));
        Assert.Null(Tier.Get(Key(1))!.Result);
    }

    [Fact]
    public void Result_without_output_is_not_a_note()
    {
        Tier.Put(Key(1), Render(""));
        Assert.Equal(0, Tier.Get(Key(1))!.Result!.Stdout.Length);
    }

    [Fact]
    public void Second_put_replaces_the_first()
    {
        Tier.Put(Key(1), Render("first", material: "one"));
        Tier.Put(Key(1), Render("second", material: "two"));
        AssertSame(Render("second", material: "two"), Tier.Get(Key(1)));
    }

    [Fact]
    public void Same_entry_can_be_put_twice()
    {
        Tier.Put(Key(1), Render("same", "err"));
        Assert.True(Tier.Put(Key(1), Render("same", "err")));
        AssertSame(Render("same", "err"), Tier.Get(Key(1)));
    }

    [Fact]
    public void Removed_entry_is_a_miss_and_its_neighbour_stays()
    {
        Tier.Put(Key(1), Render("shared"));
        Tier.Put(Key(2), Render("shared"));
        Assert.True(Tier.Remove(Key(1)));
        Assert.Null(Tier.Get(Key(1)));
        AssertSame(Render("shared"), Tier.Get(Key(2)));
    }

    [Fact]
    public void Removing_what_is_not_there_changes_nothing()
    {
        Tier.Put(Key(1), Render("a"));
        Assert.True(Tier.Remove(Key(2)));
        AssertSame(Render("a"), Tier.Get(Key(1)));
    }

    [Fact]
    public async Task Eight_threads_never_see_another_keys_entry()
    {
        ITier tier = Tier;
        int hits = 0;
        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(worker =>
                    Task.Run(() =>
                    {
                        var random = new Random(worker);
                        for (int i = 0; i < 150; i++)
                        {
                            int n = random.Next(10);
                            switch (random.Next(8))
                            {
                                case 0:
                                    tier.Remove(Key(n));
                                    break;
                                case 1 or 2:
                                    // Every second key shares its standard error with others.
                                    Assert.True(tier.Put(Key(n), Render($"out {n} {new string('x', 3000)}", n % 2 == 0 ? "shared" : "")));
                                    break;
                                default:
                                    if (tier.Get(Key(n)) is Entry found)
                                    {
                                        AssertSame(Render($"out {n} {new string('x', 3000)}", n % 2 == 0 ? "shared" : ""), found);
                                        System.Threading.Interlocked.Increment(ref hits);
                                    }
                                    break;
                            }
                        }
                    })
                )
        );
        Assert.True(hits > 0);
    }
}
