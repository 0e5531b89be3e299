using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>Whoever else is on the machine can neither read the cache nor speak for it.</summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class OtherUserTests(ITestOutputHelper output)
{
    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyDirectory = OwnerOnlyFile | UnixFileMode.UserExecute;

    [Fact]
    public async Task Everything_is_private_whatever_the_umask()
    {
        await using var fake = new FakeHelmHome();
        Command call = fake.Template();
        // The first caller's umask is what the daemon inherits.
        Command open = call with
        {
            File = "/bin/bash",
            Arguments = ["-c", "umask 0; exec \"$0\" \"$@\"", call.File, .. call.Arguments],
        };
        await open.RunAsync();
        await Eventually.IsTrueAsync(
            "the store and the log exist",
            () => File.Exists(Path.Combine(fake.Home.State, "store.litedb")) && File.Exists(Path.Combine(fake.Home.State, "daemon.log"))
        );
        await open.RunAsync();
        Assert.Equal(OwnerOnlyDirectory, File.GetUnixFileMode(fake.Home.State));
        string[] files = Directory.GetFiles(fake.Home.State);
        Assert.True(files.Length >= 4, string.Join(' ', files));
        Assert.All(files, file => Assert.Equal(OwnerOnlyFile, File.GetUnixFileMode(file)));
    }

    [OtherUserFact]
    public async Task Daemon_hangs_up_on_another_user_even_if_the_files_let_it_in()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        foreach (string path in (string[])["daemon.sock", "store.litedb", "daemon.log"])
        {
            CommandResult read = await As(
                    OtherUserFactAttribute.User,
                    fake.Home.Admin() with
                    {
                        File = "/bin/cat",
                        Arguments = [Path.Combine(fake.Home.State, path)],
                    }
                )
                .RunAsync();
            Assert.NotEqual(0, read.ExitCode);
        }
        // As if someone had opened the directory and the socket to all: the daemon looks who calls.
        foreach (string directory in (string[])[fake.Home.At(), fake.Home.State])
            File.SetUnixFileMode(directory, (UnixFileMode)0x1ED);
        (int answered, string problem) = AskAs(OtherUserFactAttribute.User, fake);
        Assert.True(answered == 0 || problem.Length > 0, $"{answered} bytes");
        Assert.True((await fake.Home.StatsAsync()).BypassReasons.GetValueOrDefault("other-user") == 1 || problem.Length > 0);
        Assert.True(AskAs(0, fake).Answered > 0);
    }

    [OtherUserFact]
    public async Task Socket_of_another_user_is_not_spoken_to()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        int daemon = fake.Home.DaemonIds().Single();
        using var tools = new Tools(fake);
        // The caller is another user whose HELMCACHED_HOME points at our daemon's: nothing may be said or heard.
        foreach (string directory in (string[])[fake.Home.At(), fake.Home.State])
            File.SetUnixFileMode(directory, (UnixFileMode)0x1FF);
        File.SetUnixFileMode(Path.Combine(fake.Home.State, "daemon.sock"), (UnixFileMode)0x1B6);
        var crowd = new Crowd(fake, output) { Through = command => As(OtherUserFactAttribute.User, tools.Use(command)) };
        await crowd.EndureAsync(
            "socket of another user",
            "the caller's home holds the socket of someone else's daemon",
            () => crowd.CallsAsync(40)
        );
        Assert.Equal(0, (await fake.Home.StatsAsync()).Misses);
        Assert.Equal(daemon, await fake.Home.DaemonIdAsync());
    }

    [OtherUserFact]
    public async Task Runtime_directory_taken_by_another_user_means_plain_helm()
    {
        const int Attacker = 54322;
        await using var fake = new FakeHelmHome();
        using var tools = new Tools(fake);
        string runtime = $"/tmp/helmcached-{OtherUserFactAttribute.User}";
        string home = Directory.CreateDirectory(fake.Home.At(new string('l', 150))).FullName;
        Directory.CreateDirectory(
            runtime,
            OwnerOnlyDirectory | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute
        );
        try
        {
            Run("chown", Attacker.ToString(CultureInfo.InvariantCulture), runtime);
            Run("chown", OtherUserFactAttribute.User.ToString(CultureInfo.InvariantCulture), home);
            File.SetUnixFileMode(fake.Home.At(), (UnixFileMode)0x1ED);
            var crowd = new Crowd(fake, output)
            {
                Through = command => As(OtherUserFactAttribute.User, tools.Use(command).With("HELMCACHED_HOME", home)),
            };
            await crowd.EndureAsync(
                "runtime directory of another user",
                "the directory for sockets in /tmp was made by an attacker",
                () => crowd.CallsAsync(40)
            );
            Assert.Empty(Directory.GetFileSystemEntries(runtime));
        }
        finally
        {
            Directory.Delete(runtime, recursive: true);
        }
    }

    [OtherUserFact]
    public async Task Home_that_is_a_link_made_by_another_user_is_not_used()
    {
        await using var fake = new FakeHelmHome();
        string victim = Directory.CreateDirectory(fake.Home.At("victim")).FullName;
        Directory.CreateSymbolicLink(fake.Home.State, victim);
        Run("chown", "-h", OtherUserFactAttribute.User.ToString(CultureInfo.InvariantCulture), fake.Home.State);
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync("home is a link of another user", "it leads to a directory of the caller", () => crowd.CallsAsync(40));
        Assert.Empty(fake.Home.DaemonIds());
        Assert.DoesNotContain(
            Directory.GetFiles(victim),
            file => file.Contains("store", StringComparison.Ordinal) || file.EndsWith(".sock", StringComparison.Ordinal)
        );
    }

    /// <summary>The home was open to others when it was made; by the time the daemon closes it they have been there.</summary>
    [OtherUserFact]
    public Task Links_that_another_user_planted_in_the_home_are_neither_followed_nor_served() =>
        AssertPlantedFilesAreRemovedAsync(
            "links of another user in the place of store, log, marks and socket",
            (victim, planted) =>
            {
                File.CreateSymbolicLink(planted, victim);
                Run("chown", "-h", OtherUserFactAttribute.User.ToString(CultureInfo.InvariantCulture), planted);
            }
        );

    [OtherUserFact]
    public Task Hard_links_that_another_user_planted_in_the_home_are_neither_written_nor_served() =>
        AssertPlantedFilesAreRemovedAsync(
            "hard links to files of another user, open to all, in the place of store, log, marks and socket",
            (victim, planted) =>
            {
                File.SetUnixFileMode(victim, (UnixFileMode)0x1B6);
                Run("chown", OtherUserFactAttribute.User.ToString(CultureInfo.InvariantCulture), victim);
                Run("ln", victim, planted);
            }
        );

    private async Task AssertPlantedFilesAreRemovedAsync(string how, Action<string, string> plant)
    {
        const string Theirs = "precious: 1\n";
        await using var fake = new FakeHelmHome();
        // Ours already, and opened to others by somebody: one that is not is refused (HomeDirectoryTests).
        await fake.StartDaemonAsync();
        await fake.Home.StopAsync();
        string[] names =
        [
            "store.litedb",
            "store-log.litedb",
            "daemon.log",
            "daemon.log.1",
            "avoid",
            "start-failed",
            "daemon.sock",
            "daemon.sock.new",
        ];
        foreach (string name in names)
        {
            File.WriteAllText(fake.Home.At("victim-" + name), Theirs);
            File.Delete(Path.Combine(fake.Home.State, name));
            plant(fake.Home.At("victim-" + name), Path.Combine(fake.Home.State, name));
        }
        File.SetUnixFileMode(fake.Home.State, (UnixFileMode)0x1FF);
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync("files planted in the home", how, () => crowd.CallsAsync(60));
        // A mark from before the first start keeps callers from starting one; a person may.
        await fake.StartDaemonAsync();
        await crowd.AssertServedAsync();
        Assert.All(names, name => Assert.Equal(Theirs, File.ReadAllText(fake.Home.At("victim-" + name))));
        Assert.All(Directory.GetFiles(fake.Home.State), file => Assert.Null(File.ResolveLinkTarget(file, returnFinalTarget: false)));
        // The names in the home lead to other files now.
        Assert.All(names, name => Run("bash", "-c", $"test $(stat -c %h {fake.Home.At("victim-" + name)}) = 1"));
    }

    [Fact]
    public async Task Lock_that_is_a_link_is_not_followed()
    {
        await using var fake = new FakeHelmHome();
        Directory.CreateDirectory(fake.Home.State, OwnerOnlyDirectory);
        string victim = fake.Home.At("victim");
        foreach (string name in (string[])["daemon.lock", "launch.lock"])
            File.CreateSymbolicLink(Path.Combine(fake.Home.State, name), victim);
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync("locks are links", "they lead to a file that does not exist", () => crowd.CallsAsync(40));
        Assert.False(File.Exists(victim));
    }

    private static Command As(int user, Command command) =>
        command with
        {
            File = "/usr/bin/setpriv",
            Arguments = [$"--reuid={user}", $"--regid={user}", "--clear-groups", command.File, .. command.Arguments],
        };

    private static void Run(string file, params string[] arguments) => Assert.True(Needs.Succeeds(file, arguments), file);

    /// <summary>
    /// Asks the daemon for its status as <paramref name="user"/>: bytes answered. The kernel keeps credentials per thread, and
    /// the system call, unlike libc's function, changes those of the calling thread alone.
    /// </summary>
    private static (int Answered, string Problem) AskAs(int user, FakeHelmHome fake)
    {
        (int, string) result = default;
        var thread = new Thread(() =>
        {
            nint call = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 147 : 117;
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                File.SetUnixFileMode(Path.Combine(fake.Home.State, "daemon.sock"), (UnixFileMode)0x1B6);
                Assert.Equal(0, syscall(call, -1, user, -1));
                socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(fake.Home.State, "daemon.sock")));
                socket.Send(MessageCodec.Encode(new Message.Status()));
                result = (socket.Receive(new byte[4096]), "");
            }
            catch (SocketException e)
            {
                // Refused by the file's mode, which the daemon has put right meanwhile, or hung up on while sending.
                result = (0, e.SocketErrorCode is SocketError.AccessDenied ? e.Message : "");
            }
            finally
            {
                _ = syscall(call, -1, 0, -1);
            }
        });
        thread.Start();
        thread.Join();
        return result;
    }

    [DllImport("libc")]
    private static extern nint syscall(nint number, nint real, nint effective, nint saved);

    /// <summary>Copies of the binaries that every user may run: the tree of the tests may be closed to others.</summary>
    private sealed class Tools : IDisposable
    {
        private readonly FakeHelmHome _fake;
        private readonly string _directory;

        public Tools(FakeHelmHome fake)
        {
            _fake = fake;
            _directory = Directory.CreateDirectory(fake.Home.At("bin")).FullName;
            foreach (string file in (string[])[fake.Home.ShimPath, fake.Home.DaemonPath, fake.Home.RealHelm])
                File.Copy(file, Path.Combine(_directory, Path.GetFileName(file)));
            foreach (string library in Directory.GetFiles(Path.GetDirectoryName(fake.Home.DaemonPath)!, "lib*"))
                File.Copy(library, Path.Combine(_directory, Path.GetFileName(library)));
        }

        public Command Use(Command command) =>
            (command with { File = Path.Combine(_directory, Path.GetFileName(command.File)) })
                .With("HELMCACHED_HELM", Path.Combine(_directory, Path.GetFileName(_fake.Home.RealHelm)))
                .With("FAKEHELM_LOG", null);

        public void Dispose() => DaemonHome.Kill(_fake.Home.ProcessIds("serve"));
    }
}
