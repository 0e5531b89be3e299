using System;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>Whatever is wrong with us, the caller gets real helm's bytes and exit code, and not a word from us.</summary>
[Trait("Needs", "programs")]
public sealed class FallbackTests
{
    [Fact]
    public async Task No_daemon_binary()
    {
        using var directory = new TemporaryDirectory();
        string shim = directory.At("helm");
        File.Copy(Repository.Shim, shim);
        await using var fake = new FakeHelmHome(shim);
        await AssertHelmAsync(fake, runs: 1);
        await AssertHelmAsync(fake, runs: 2);
    }

    [Fact]
    public async Task Daemon_binary_that_cannot_start()
    {
        using var directory = new TemporaryDirectory();
        string shim = directory.At("helm");
        File.Copy(Repository.Shim, shim);
        File.Copy("/bin/false", directory.At("helmcached"));
        await using var fake = new FakeHelmHome(shim);
        await AssertHelmAsync(fake, runs: 1);
        await AssertHelmAsync(fake, runs: 2);
    }

    /// <summary>As with musl: the file is there, and what loads it is not. Whoever asks is told.</summary>
    [Fact]
    public async Task B7_daemon_binary_without_its_loader()
    {
        using var directory = new TemporaryDirectory();
        string shim = directory.At("helm"),
            daemon = directory.At("helmcached");
        File.Copy(Repository.Shim, shim);
        byte[] program = File.ReadAllBytes("/bin/false"),
            loader = [.. "/ld-linux-x86-64.so.2\0"u8],
            none = [.. "/ld-other-x86-64.so.2\0"u8];
        int at = program.AsSpan().IndexOf(loader);
        Assert.True(at > 0 && loader.Length == none.Length);
        none.CopyTo(program, at);
        File.WriteAllBytes(daemon, program);
        File.SetUnixFileMode(daemon, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using var fake = new FakeHelmHome(shim);
        await AssertHelmAsync(fake, runs: 1);
        CommandResult traced = await fake.Template().With("HELMCACHED_TRACE", "1").RunAsync();
        Assert.Equal(
            (
                0,
                FakeHelmHome.Output,
                $"helmcached: bypass daemon-cannot-run {daemon} needs the loader /lib64/ld-other-x86-64.so.2, which is missing\n"
            ),
            (traced.ExitCode, traced.StdoutText, traced.StderrText)
        );
    }

    /// <summary>As with a glibc that is too old: the loader ends the program, and says why. Whoever asks is told in its words.</summary>
    [Fact]
    public async Task B7_daemon_binary_that_its_loader_refuses()
    {
        using var directory = new TemporaryDirectory();
        string shim = directory.At("helm"),
            daemon = directory.At("helmcached");
        File.Copy(Repository.Shim, shim);
        File.WriteAllText(daemon, "#!/bin/sh\necho \"$0: libc.so.6: version GLIBC_2.34 not found\" >&2\nexit 1\n");
        File.SetUnixFileMode(daemon, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using var fake = new FakeHelmHome(shim);
        for (int i = 0; i < 2; i++)
        {
            CommandResult traced = await fake.Template().With("HELMCACHED_TRACE", "1").RunAsync();
            Assert.Equal(
                (0, FakeHelmHome.Output, $"helmcached: bypass daemon-cannot-run {daemon}: libc.so.6: version GLIBC_2.34 not found\n"),
                (traced.ExitCode, traced.StdoutText, traced.StderrText)
            );
        }
        await AssertHelmAsync(fake, runs: 3);
    }

    [Fact]
    public async Task Home_that_is_a_file()
    {
        await using var fake = new FakeHelmHome();
        File.WriteAllText(fake.Home.State, "in the way");
        await AssertHelmAsync(fake, runs: 1);
        await AssertHelmAsync(fake, runs: 2);
        Assert.Equal("in the way", File.ReadAllText(fake.Home.State));
    }

    [Fact]
    public async Task Home_where_nothing_can_be_made()
    {
        await using var fake = new FakeHelmHome();
        CommandResult result = await fake.Template().With("HELMCACHED_HOME", "/proc/nowhere/at/all").RunAsync();
        Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText));
    }

    [Fact]
    public async Task Killed_daemon_between_two_calls()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await AssertHelmAsync(fake, runs: 1);
        DaemonHome.Kill(fake.Home.DaemonIds());
        CommandResult result = await fake.Template().RunAsync();
        Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText));
        // The socket file of the dead daemon is no obstacle to the next one.
        await Eventually.IsTrueAsync(
            "a new daemon",
            async () =>
            {
                await fake.Template().RunAsync();
                return fake.Home.DaemonIds().Count == 1;
            }
        );
    }

    [Fact]
    public async Task Daemon_killed_while_helm_renders()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Task<CommandResult> leaseholder = fake.HeldTemplate().RunAsync();
        await fake.RunsReachAsync(1);
        Task<CommandResult> waiter = fake.HeldTemplate().RunAsync();
        await fake.WaitersReachAsync(1);
        DaemonHome.Kill(fake.Home.DaemonIds());
        // The waiter becomes helm without anyone's help; the leaseholder prints what it has.
        await fake.RunsReachAsync(2);
        fake.LetGo();
        foreach (CommandResult result in await Task.WhenAll(leaseholder, waiter))
            Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText));
    }

    [Fact]
    public async Task Hung_daemon()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await AssertHelmAsync(fake, runs: 1);
        int daemon = fake.Home.DaemonIds().Single();
        using (Signals.Hang(daemon))
            await AssertHelmAsync(fake, runs: 2);
    }

    [Theory]
    [InlineData("closes")]
    [InlineData("babbles")]
    [InlineData("is silent")]
    public async Task Stranger_behind_the_socket(string manner)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        string path = Directory.EnumerateFiles(fake.Home.State).Single(f => f.EndsWith(".sock", StringComparison.Ordinal));
        await fake.Home.StopAsync();
        File.Delete(path);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Task<Socket> accepting = listener.AcceptAsync();
        Task<CommandResult> call = fake.Template().RunAsync();
        using (Socket stranger = await accepting)
        {
            if (manner == "babbles")
                await stranger.SendAsync(Enumerable.Range(0, 5000).Select(i => (byte)(i * 31)).ToArray());
            if (manner == "is silent")
                await call;
        }
        CommandResult result = await call;
        Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText));
        Assert.Equal(1, fake.Runs);
    }

    [Fact]
    public async Task Damaged_store()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await AssertHelmAsync(fake, runs: 1);
        await fake.Home.StopAsync();
        string[] stores = Directory.GetFiles(fake.Home.State, "store*.litedb", SearchOption.AllDirectories);
        Assert.NotEmpty(stores);
        foreach (string store in stores)
            File.WriteAllBytes(store, [.. Enumerable.Range(0, 9000).Select(i => (byte)(i * 7))]);
        await fake.StartDaemonAsync();
        await AssertHelmAsync(fake, runs: 2);
        await AssertHelmAsync(fake, runs: 2);
    }

    [Fact]
    public async Task Copy_of_the_shim_as_real_helm_is_a_clear_error()
    {
        using var directory = new TemporaryDirectory();
        string copy = directory.At("other-helm");
        File.Copy(Repository.Shim, copy);
        await using var fake = new FakeHelmHome();
        foreach (string named in (string[])[copy, fake.Home.ShimPath])
        {
            CommandResult result = await fake.Template().With("HELMCACHED_HELM", named).RunAsync();
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains("HELMCACHED_HELM", result.StderrText, StringComparison.Ordinal);
            Assert.Equal(0, result.Stdout.Length);
        }
    }

    [Fact]
    public async Task Real_helm_that_is_not_there_is_a_clear_error()
    {
        await using var fake = new FakeHelmHome();
        foreach (
            Command command in (Command[])
                [
                    fake.Template().With("HELMCACHED_HELM", "/nonexistent/helm"),
                    fake.Template().With("HELMCACHED_HELM", null).With("PATH", fake.Work),
                ]
        )
        {
            CommandResult result = await command.RunAsync();
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains("HELMCACHED_HELM", result.StderrText, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Real_helm_is_the_first_on_path_that_is_not_us()
    {
        await using var fake = new FakeHelmHome();
        string first = Directory.CreateDirectory(fake.Home.At("first")).FullName;
        string second = Directory.CreateDirectory(fake.Home.At("second")).FullName;
        string third = Directory.CreateDirectory(fake.Home.At("third")).FullName;
        File.CreateSymbolicLink(Path.Combine(first, "helm"), fake.Home.ShimPath);
        File.Copy(fake.Home.ShimPath, Path.Combine(second, "helm"));
        File.CreateSymbolicLink(Path.Combine(third, "helm"), Repository.FakeHelm);
        Command command = fake.Template().With("HELMCACHED_HELM", null).With("PATH", $"{first}:{second}:{third}:/usr/bin:/bin");
        CommandResult result = await (command with { File = Path.Combine(first, "helm") }).RunAsync();
        Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText));
        Assert.Equal(1, fake.Runs);
    }

    private static async Task AssertHelmAsync(FakeHelmHome fake, int runs)
    {
        CommandResult result = await fake.Template().RunAsync();
        Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText));
        Assert.Equal(runs, fake.Runs);
    }
}
