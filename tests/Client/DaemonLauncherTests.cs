using System;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Client;

/// <summary>The marks that shims leave in the home for each other.</summary>
public sealed class DaemonLauncherTests
{
    [Fact]
    public void Mark_is_private_whatever_the_umask()
    {
        using var directory = new TemporaryDirectory();
        DaemonLauncher.Touch(directory.At("avoid"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory.At("avoid")));
    }

    [Fact]
    public void Mark_is_young_until_its_age_is_reached()
    {
        using var directory = new TemporaryDirectory();
        string mark = directory.At("avoid");
        Assert.False(DaemonLauncher.IsYoung(mark, TimeSpan.FromHours(1)));
        DaemonLauncher.Touch(mark);
        Assert.True(DaemonLauncher.IsYoung(mark, TimeSpan.FromHours(1)));
        File.SetLastWriteTimeUtc(mark, DateTime.UtcNow.AddHours(-2));
        Assert.False(DaemonLauncher.IsYoung(mark, TimeSpan.FromHours(1)));
        DaemonLauncher.Touch(mark);
        Assert.True(DaemonLauncher.IsYoung(mark, TimeSpan.FromHours(1)));
    }

    [Fact]
    public void Mark_from_the_future_is_not_young()
    {
        using var directory = new TemporaryDirectory();
        DaemonLauncher.Touch(directory.At("avoid"));
        File.SetLastWriteTimeUtc(directory.At("avoid"), DateTime.UtcNow.AddHours(2));
        Assert.False(DaemonLauncher.IsYoung(directory.At("avoid"), TimeSpan.FromHours(1)));
    }

    [Fact]
    public void Mark_is_not_made_through_a_link_nor_cuts_short_what_is_there()
    {
        using var directory = new TemporaryDirectory();
        string victim = directory.Write("victim", "precious");
        File.CreateSymbolicLink(directory.At("link"), victim);
        File.CreateSymbolicLink(directory.At("dangling"), directory.At("nowhere"));

        DaemonLauncher.Touch(directory.At("link"));
        DaemonLauncher.Touch(directory.At("dangling"));
        DaemonLauncher.Touch(victim);

        Assert.Equal("precious", File.ReadAllText(victim));
        Assert.False(File.Exists(directory.At("nowhere")));
    }

    [Fact]
    public void Mark_that_cannot_be_made_is_no_error()
    {
        using var directory = new TemporaryDirectory();
        DaemonLauncher.Touch(directory.At("missing", "avoid"));
        Assert.False(Directory.Exists(directory.At("missing")));
    }
}
