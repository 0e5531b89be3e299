using System;
using System.IO;
using System.Runtime.InteropServices;
using CacheDaemon.Daemon.Storage;
using Xunit;
using static CacheDaemon.Tests.Storage.StoreFixture;

namespace CacheDaemon.Tests.Storage;

#pragma warning disable CA1416 // File modes are Unix only, and so is the daemon for now.

/// <summary>Not beside other tests, since the umask is the whole process's.</summary>
[CollectionDefinition("umask", DisableParallelization = true)]
[Collection("umask")]
public sealed class StorePermissionTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Files_are_private_whatever_the_umask()
    {
        string home = Path.Combine(_fixture.Home, "deep", "home");
        uint old = umask(0);
        try
        {
            using var tier = new LiteDbTier(LiteDbTierOptions.In(home), _fixture.Clock, _fixture.Log.Enqueue);
            tier.Put(Key(1), Render("a"));
            string[] files = Directory.GetFiles(home);
            Assert.Equal(3, files.Length);
            Assert.All(files, f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(home));
        }
        finally
        {
            _ = umask(old);
        }
    }

    [Fact]
    public void Too_open_file_is_closed_to_others_at_the_next_start()
    {
        LiteDbTier tier = _fixture.Open();
        tier.Put(Key(1), Render("a"));
        tier.Dispose();
        File.SetUnixFileMode(_fixture.StoreFile, (UnixFileMode)0x1B6);
        Assert.NotNull(_fixture.Open().Get(Key(1)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_fixture.StoreFile));
    }

    [DllImport("libc")]
    private static extern uint umask(uint mask);
}
