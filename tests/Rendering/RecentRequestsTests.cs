using System.Collections.Generic;
using System.Text;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Rendering;
using CacheDaemon.Tests.Protocol;
using Xunit;

namespace CacheDaemon.Tests.Rendering;

public sealed class RecentRequestsTests
{
    private static readonly Message.Render s_call = MessageExamples.Render with { Descriptors = [] };

    private readonly RecentRequests _recent = new();

    [Fact]
    public void The_last_call_of_a_key_is_the_one_that_is_known()
    {
        Message.Render elsewhere = s_call with { Directory = "/elsewhere" };
        _recent.Remember(Key(1), s_call);
        _recent.Remember(Key(1), elsewhere);
        Assert.Same(elsewhere, _recent.Find(Key(1)));
        Assert.Equal([Key(1)], _recent.Keys());
    }

    [Fact]
    public void A_call_that_nobody_could_make_again_is_not_kept()
    {
        _recent.Remember(Key(1), s_call with { Descriptors = [new DescriptorContent(63, default)] });
        Assert.Null(_recent.Find(Key(1)));
    }

    [Fact]
    public void An_equal_call_is_not_kept_twice_and_any_other_takes_its_place()
    {
        Message.Render first = s_call;
        _recent.Remember(Key(1), first);
        _recent.Remember(
            Key(1),
            first with
            {
                Arguments = [.. first.Arguments],
                Environment = new Dictionary<string, string>(first.Environment),
                Stdin = first.Stdin!.Value.ToArray(),
            }
        );
        Assert.Same(first, _recent.Find(Key(1)));

        Message.Render[] others =
        [
            first with
            {
                Arguments = ["template", "web", "./chart", "-f", "x"],
            },
            first with
            {
                DirectoryDevice = 1,
            },
            first with
            {
                DirectoryInode = 1,
            },
            first with
            {
                Environment = new Dictionary<string, string> { ["HOME"] = "/home/bob" },
            },
            first with
            {
                Environment = new Dictionary<string, string> { ["TZ"] = "/home/ada" },
            },
            first with
            {
                HelmPath = "/opt/helm",
            },
            first with
            {
                HelmStamp = first.HelmStamp with { Size = 1 },
            },
            first with
            {
                Stdin = null,
            },
            first with
            {
                Stdin = "a: 2\n"u8.ToArray(),
            },
        ];
        foreach (Message.Render other in others)
        {
            _recent.Remember(Key(1), first);
            _recent.Remember(Key(1), other);
            Assert.Same(other, _recent.Find(Key(1)));
        }
    }

    [Fact]
    public void The_least_recently_called_leave_first_when_there_are_too_many()
    {
        for (int i = 0; i < RecentRequests.MaxRequests; i++)
            _recent.Remember(Key(i), s_call);
        _recent.Remember(Key(0), s_call);
        _recent.Remember(Key(-1), s_call);
        Assert.NotNull(_recent.Find(Key(0)));
        Assert.Null(_recent.Find(Key(1)));
        Assert.Equal(RecentRequests.MaxRequests, _recent.Keys().Count);
    }

    [Fact]
    public void Long_standard_input_pushes_out_others_and_what_is_longer_than_all_is_not_kept()
    {
        int half = (int)(RecentRequests.MaxBytes / 2);
        _recent.Remember(Key(1), With(half));
        _recent.Remember(Key(2), With(half));
        Assert.Equal([Key(2)], _recent.Keys());
        _recent.Remember(Key(2), With(2 * half));
        Assert.Empty(_recent.Keys());
        // What left is counted no more: two small ones fit again.
        _recent.Remember(Key(3), With(half / 2));
        _recent.Remember(Key(4), With(half / 2));
        Assert.Equal([Key(3), Key(4)], _recent.Keys());

        static Message.Render With(int stdin) => s_call with { Stdin = new byte[stdin] };
    }

    [Fact]
    public void What_is_removed_is_not_known()
    {
        _recent.Remember(Key(1), s_call);
        _recent.Remove(Key(1));
        _recent.Remove(Key(2));
        Assert.Null(_recent.Find(Key(1)));
        Assert.Empty(_recent.Keys());
    }

    private static CacheKey Key(int number) => new(Digest.Of(Encoding.ASCII.GetBytes($"{number}")));
}
