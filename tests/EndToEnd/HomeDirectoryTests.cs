using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary><c>HELMCACHED_HOME</c> may name any directory; one that is not ours is neither used nor changed.</summary>
[Trait("Needs", "programs")]
public sealed class HomeDirectoryTests
{
    [Theory]
    [InlineData("notes.txt")]
    [InlineData("Cargo.lock")]
    [InlineData("daemon.json")]
    [InlineData("store.db.backup")]
    [InlineData("proofs-of-purchase.pdf")]
    public async Task C1_directory_with_other_things_in_it_is_refused_and_left_as_it_is(string name)
    {
        await using var fake = new FakeHelmHome();
        Directory.CreateDirectory(fake.Home.State);
        File.WriteAllText(Path.Combine(fake.Home.State, name), "precious: 1\n");
        File.WriteAllText(Path.Combine(fake.Home.State, "store.litedb"), "somebody's own\n");
        await AssertRefusedAsync(fake, name);
    }

    [OtherUserFact]
    public async Task C1_shared_directory_keeps_its_mode_and_the_files_of_other_users()
    {
        await using var fake = new FakeHelmHome();
        Directory.CreateDirectory(fake.Home.State);
        // The name of one of our files, and the only thing there.
        File.WriteAllText(Path.Combine(fake.Home.State, "daemon.log"), "precious: 1\n");
        Assert.True(
            Needs.Succeeds(
                "chown",
                OtherUserFactAttribute.User.ToString(CultureInfo.InvariantCulture),
                Path.Combine(fake.Home.State, "daemon.log")
            )
        );
        await AssertRefusedAsync(fake, "daemon.log");
    }

    [Fact]
    public async Task C1_empty_directory_and_one_that_was_used_before_are_ours()
    {
        await using var fake = new FakeHelmHome();
        Directory.CreateDirectory(fake.Home.State);
        Directory.CreateDirectory(Path.Combine(fake.Home.State, "lost+found"));
        await fake.StartDaemonAsync();
        await fake.Home.StopAsync();
        File.WriteAllText(Path.Combine(fake.Home.State, "notes.txt"), "precious: 1\n");
        await fake.StartDaemonAsync();
        Assert.Equal("precious: 1\n", File.ReadAllText(Path.Combine(fake.Home.State, "notes.txt")));
    }

    [Fact]
    public async Task C1_home_of_an_earlier_version_without_a_mark_is_ours()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Home.StopAsync();
        File.WriteAllText(Path.Combine(fake.Home.State, "daemon.lock"), "");
        await fake.StartDaemonAsync();
        Assert.Equal(1, (await fake.Home.StatsAsync()).Entries);
    }

    [Fact]
    public async Task C2_every_name_in_a_home_is_known()
    {
        await using var fake = new FakeHelmHome();
        await fake.Template().RunAsync();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Template("--set", "b=1").RunAsync();
        string[] unknown =
        [
            .. Directory
                .GetFileSystemEntries(fake.Home.State)
                .Select(path => Path.GetFileName(path))
                .Where(name => !HomeDirectory.IsOurName(name)),
        ];
        Assert.Empty(unknown);
    }

    [Theory]
    [InlineData("daemon-0123abcd.sock.new", true)]
    [InlineData("launch-0123abcd.lock", true)]
    [InlineData("avoid-0123abcd", true)]
    [InlineData("daemon-0123abcd.conf", false)]
    [InlineData("daemon-0123ABCD.lock", false)]
    [InlineData("daemon-0123abcde.lock", false)]
    [InlineData("start-failed-", false)]
    [InlineData("store-log.litedb", true)]
    [InlineData("store.litedb.v12-log", true)]
    [InlineData("store.litedb.damaged-20261126T091500Z", true)]
    [InlineData("store.litedb.backup", false)]
    [InlineData("store.litedb2", false)]
    [InlineData("store.db-wal", true)]
    [InlineData("store.db.v12-shm", true)]
    [InlineData("store.db.damaged-20261126T091500Z", true)]
    [InlineData("store.db.damaged-20261126T091500Z-wal", true)]
    [InlineData("store.db.damaged-by-me", false)]
    [InlineData("store.db.v", false)]
    [InlineData("store.db.v2.zip", false)]
    [InlineData("store.db2", false)]
    [InlineData("store.dbwal", false)]
    [InlineData("store.db-wal-wal", false)]
    [InlineData("daemon.log.2", false)]
    [InlineData("Cargo.lock", false)]
    [InlineData("avoidance", false)]
    public void C2_only_exact_names_are_ours(string name, bool ours) => Assert.Equal(ours, HomeDirectory.IsOurName(name));

    [Fact]
    public async Task C2_purge_deletes_nothing_but_our_files()
    {
        string[] theirs =
        [
            "Cargo.lock",
            "daemon.json",
            "proofs-of-purchase.pdf",
            "proofs-2026",
            "store.db.damaged-by-me",
            "store.dbx",
            "avoid-me",
        ];
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Home.StopAsync();
        foreach (string name in theirs)
            File.WriteAllText(Path.Combine(fake.Home.State, name), "precious: 1\n");
        CommandResult result = await fake.Home.Admin("uninstall", "--purge").RunAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(
            theirs.Order(StringComparer.Ordinal),
            Directory.GetFileSystemEntries(fake.Home.State).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)
        );
    }

    /// <summary>Every command that would write there, and a call of helm.</summary>
    private static async Task AssertRefusedAsync(FakeHelmHome fake, string named)
    {
        File.SetUnixFileMode(fake.Home.State, (UnixFileMode)0x3FF); // 1777, as /tmp has it.
        IReadOnlyList<string> before = Snapshot(fake.Home.State);
        CommandResult call = await fake.Template().RunAsync();
        Assert.Equal((0, FakeHelmHome.Output, ""), (call.ExitCode, call.StdoutText, call.StderrText));
        bool hasStore = File.Exists(Path.Combine(fake.Home.State, "store.litedb"));
        foreach (
            string line in (string[])
                ["start", "serve", "serve --detached", "prune --all", "stats", "stats --reset --yes", "uninstall --purge", "doctor"]
        )
        {
            CommandResult result = await fake.Home.Admin(line.Split(' ')).RunAsync();
            string told = result.StdoutText + result.StderrText;
            // Without a store these have nothing to open, and say so.
            bool looksOnly = !hasStore && line.Split(' ')[0] is ("stats" or "prune");
            Assert.True(result.ExitCode == 1 || looksOnly, line + result + told);
            if (result.ExitCode == 1)
                Assert.True(
                    told.Contains($"{fake.Home.State} is not a helmcached directory", StringComparison.Ordinal)
                        && told.Contains("set HELMCACHED_HOME to", StringComparison.Ordinal),
                    line + told
                );
        }
        Assert.Empty(fake.Home.DaemonIds());
        Assert.Equal(before, Snapshot(fake.Home.State));
        Assert.Contains(before, entry => entry.Contains(named, StringComparison.Ordinal));
    }

    /// <summary>Names, modes, owners and contents, the directory's own mode included.</summary>
    private static IReadOnlyList<string> Snapshot(string directory) =>
        [
            .. Directory
                .GetFileSystemEntries(directory)
                .Append(directory)
                .Select(path =>
                    $"{Path.GetFileName(path)} {File.GetUnixFileMode(path)} {Libc.OwnerOf(path)} "
                    + $"{(File.Exists(path) ? File.ReadAllText(path) : "")}"
                )
                .Order(StringComparer.Ordinal),
        ];
}
