using System;
using System.Buffers;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Files;

/// <summary>What is remembered on kernels whose numbers of mounts are used again (before Linux 6.8).</summary>
[Trait("Needs", "programs")]
public sealed class MountTableTests
{
    [Fact]
    public void A4_where_numbers_of_mounts_are_unique_nothing_is_watched() =>
        Assert.Equal(0, new MountTable(numbersAreUnique: true).Generation());

    [PrivilegedFact("unshare", "--mount")]
    public void A4_where_they_are_not_everything_is_read_anew_after_a_mount()
    {
        using var site = new CallSite();
        var mounts = new MountTable(numbersAreUnique: false);
        var fingerprinter = new Fingerprinter(new ManualClock(DateTimeOffset.UtcNow.AddHours(1)), new HelmBinaries(), mounts: mounts);
        Message.Render request = site.Request();
        ReadOnlySequence<byte> message = new(MessageCodec.Encode(request).AsMemory(Frame.HeaderBytes));
        void Learn() => fingerprinter.Remember(message, request, Assert.IsType<FingerprintOutcome.Known>(fingerprinter.Compute(request)));
        Learn();
        long before = mounts.Generation();
        Assert.NotNull(fingerprinter.FindKnown(message));
        string place = System.IO.Directory.CreateDirectory(site.At("mounted")).FullName;
        try
        {
            Assert.True(Needs.Succeeds("mount", "-t", "tmpfs", "none", place));
            Assert.Null(fingerprinter.FindKnown(message));
            Assert.True(mounts.Generation() > before);
            Learn();
            Assert.NotNull(fingerprinter.FindKnown(message));
        }
        finally
        {
            Assert.True(Needs.Succeeds("umount", place));
        }
        Assert.Null(fingerprinter.FindKnown(message));
    }
}
