using System;
using System.Buffers;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Performance;

/// <summary>Gates what it allocates to find out that nothing has changed: by the bytes of a request, and from the request itself.</summary>
public sealed class FingerprintAllocationTests
{
    private const int Files = 300,
        Rounds = 50,
        MaxBytesPerFile = 400;

    [Fact]
    public void Recalling_a_request_by_its_bytes_allocates_nothing()
    {
        using var site = new CallSite();
        (Fingerprinter fingerprinter, Message.Render request) = Warm(site);
        ReadOnlySequence<byte> message = new(MessageCodec.Encode(request).AsMemory(Frame.HeaderBytes));
        fingerprinter.Remember(message, request, Assert.IsType<FingerprintOutcome.Known>(fingerprinter.Compute(request)));
        Assert.Equal(0, PerRound(() => Assert.NotNull(fingerprinter.FindKnown(message))));
    }

    [Fact]
    public void A_fingerprint_of_an_unchanged_tree_allocates_less_than_400_bytes_per_file()
    {
        using var site = new CallSite();
        (Fingerprinter fingerprinter, Message.Render request) = Warm(site);
        long bytes = PerRound(() => Assert.IsType<FingerprintOutcome.Known>(fingerprinter.Compute(request)));
        Assert.True(bytes < Files * MaxBytesPerFile, $"{bytes} bytes");
    }

    private static (Fingerprinter Fingerprinter, Message.Render Request) Warm(CallSite site)
    {
        for (int i = 0; i < Files; i++)
            site.Write($"work/web/templates/part{i % 10}/{i}.yaml", $"a: {i}\n");
        var fingerprinter = new Fingerprinter(new ManualClock(DateTimeOffset.UtcNow.AddHours(1)), new HelmBinaries());
        Message.Render request = site.Request();
        Assert.IsType<FingerprintOutcome.Known>(fingerprinter.Compute(request));
        return (fingerprinter, request);
    }

    private static long PerRound(Action round)
    {
        round(); // Compiles what is measured.
        round();
        return Allocation.PerRound(Rounds, round);
    }
}
