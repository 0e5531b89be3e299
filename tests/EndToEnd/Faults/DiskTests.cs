using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>Homes that are full, read-only, or too long for a socket. Shim and daemon live in a mount namespace with the disk.</summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class DiskTests(ITestOutputHelper output)
{
    [MountTheory]
    [InlineData("disk full from the start", "size=4k", "true", 80)]
    [InlineData("disk full after a while", "size=400k", "true", 120)]
    [InlineData("read-only home", "size=4m", "mount -o remount,ro \"$1\"", 60)]
    [InlineData("no inodes left", "nr_inodes=4", "true", 80)]
    public async Task Home_on_a_small_disk(string fault, string options, string then, int calls)
    {
        await using var fake = new FakeHelmHome();
        Directory.CreateDirectory(fake.Home.State);
        using Process disk = Process.Start(
            new ProcessStartInfo(
                "unshare",
                [
                    "-m",
                    "bash",
                    "-c",
                    $"mount -t tmpfs -o mode=0700,{options} none \"$1\" && {then} && echo mounted && exec sleep 120",
                    "-",
                    fake.Home.State,
                ]
            )
            {
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            Assert.Equal("mounted", await disk.StandardOutput.ReadLineAsync());
            var crowd = new Crowd(fake, output)
            {
                // The shell goes to the directory inside the namespace: one from outside has no path there.
                Through = command =>
                    command with
                    {
                        File = "/usr/bin/nsenter",
                        Arguments =
                        [
                            $"--mount=/proc/{disk.Id}/ns/mnt",
                            "/bin/bash",
                            "-c",
                            "cd \"$0\" && exec \"$@\"",
                            command.Directory,
                            command.File,
                            .. command.Arguments,
                        ],
                    },
            };
            await crowd.EndureAsync(fault, $"tmpfs with {options}{(then == "true" ? "" : ", read-only")}", () => crowd.CallsAsync(calls));
            // With room for a socket the daemon works from memory.
            if (fault.StartsWith("disk full", StringComparison.Ordinal))
                await crowd.AssertServedAsync();
        }
        finally
        {
            DaemonHome.Kill(fake.Home.DaemonIds());
            disk.Kill();
        }
    }

    [Fact]
    public async Task Home_with_a_path_too_long_for_a_socket()
    {
        await using var fake = new FakeHelmHome();
        string home = fake.Home.At(new string('l', 120), new string('o', 120), "ng");
        try
        {
            var crowd = new Crowd(fake, output) { Through = command => command.With("HELMCACHED_HOME", home) };
            await crowd.EndureAsync("home too long for a socket", "260 characters", () => crowd.CallsAsync(60));
            await crowd.AssertServedAsync();
        }
        finally
        {
            await fake.Home.Admin("stop").With("HELMCACHED_HOME", home).RunAsync();
        }
        Assert.True(File.Exists(Path.Combine(home, "store.litedb")));
    }
}
