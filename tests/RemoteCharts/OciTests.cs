using System;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.RemoteCharts;

/// <summary><c>oci://</c> with real helms and a real registry, whose log says what was asked of it.</summary>
[Trait("Needs", "programs")]
public sealed class OciTests
{
    private const string Window = "remote:\n  fresh_for: 1h\n",
        ByDigest = "remote:\n  digest: true\n";

    [RegistryTheory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Within_the_window_a_tag_costs_no_request_and_a_new_one_is_seen_after_it(int major)
    {
        await using var stage = await Stage.StartAsync(major, Window);
        await stage.PushAsync("first");
        string[][] calls =
        [
            ["template", "x", stage.Chart, "--version", "1.0.0"],
            ["template", "x", stage.Chart + ":1.0.0"],
            ["show", "chart", stage.Chart],
        ];
        foreach (string[] call in calls)
            await stage.AssertServedLikeHelmAsync(call);

        // What is pulled is in no cache of ours, and is the newest.
        await stage.PushAsync("again");
        int requests = await stage.Registry.RequestsAsync();
        foreach (string directory in (string[])["ours", "helms"])
        {
            Command pull =
                directory == "ours"
                    ? stage.Shim("pull", stage.Chart, "--untar", "-d", directory)
                    : stage.Real("pull", stage.Chart, "--untar", "-d", directory);
            CommandResult pulled = await pull.RunAsync();
            Assert.True(pulled.ExitCode == 0, pulled.ToString());
            Assert.Contains(
                "again",
                await File.ReadAllTextAsync(Path.Combine(stage.Work, directory, "web/templates/c.yaml")),
                StringComparison.Ordinal
            );
        }
        Assert.True(await stage.Registry.RequestsAsync() >= requests + 2);

        // The window is what was asked for, and a call that asks for news gets it, for all that follow.
        Assert.Contains("word: first", (await stage.Shim(calls[0]).RunAsync()).StdoutText, StringComparison.Ordinal);
        Assert.Contains(
            "word: again",
            (await stage.Shim(calls[0]).With("HELMCACHED_RECACHE", "1").RunAsync()).StdoutText,
            StringComparison.Ordinal
        );
        requests = await stage.Registry.RequestsAsync();
        Assert.Contains("word: again", (await stage.Shim(calls[0]).RunAsync()).StdoutText, StringComparison.Ordinal);
        Assert.Equal(requests, await stage.Registry.RequestsAsync());
    }

    [RegistryTheory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task A_digest_is_kept_for_good_and_a_tag_is_not(int major)
    {
        await using var stage = await Stage.StartAsync(major, ByDigest);
        string digest = await stage.PushAsync("first");
        await stage.PushAsync("again");
        string[] byDigest = ["template", "x", $"{stage.Chart}@{digest}"],
            byTag = ["template", "x", stage.Chart];
        Assert.Contains("word: first", (await stage.AssertServedLikeHelmAsync(byDigest)).StdoutText, StringComparison.Ordinal);
        await stage.AssertServedLikeHelmAsync("show", "values", $"{stage.Chart}@{digest}");
        int requests = await stage.Registry.RequestsAsync();
        for (int i = 0; i < 2; i++)
            Assert.Contains("word: again", (await stage.Shim(byTag).RunAsync()).StdoutText, StringComparison.Ordinal);
        Assert.True(await stage.Registry.RequestsAsync() >= requests + 2);

        // Without the registry, and after a restart, which ends a window.
        await stage.Home.EntriesReachAsync(2);
        await stage.Home.StopAsync();
        await stage.Home.StartAsync();
        stage.Registry.Down();
        CommandResult alone = await stage.Shim(byDigest).RunAsync();
        Assert.True(alone.ExitCode == 0 && alone.StdoutText.Contains("word: first", StringComparison.Ordinal), alone.ToString());
        Assert.NotEqual(0, (await stage.Shim(byTag).RunAsync()).ExitCode);
    }

    [RegistryTheory, InlineData(3), InlineData(4)]
    public async Task Without_the_settings_each_call_asks_the_registry(int major)
    {
        await using var stage = await Stage.StartAsync(major, "{}\n");
        string digest = await stage.PushAsync("first");
        int requests = await stage.Registry.RequestsAsync();
        foreach (string chart in (string[])[stage.Chart, $"{stage.Chart}@{digest}", stage.Chart])
        {
            CommandResult result = await stage.Shim("template", "x", chart).RunAsync();
            Assert.True(result.ExitCode == 0, result.ToString());
            Assert.True(await stage.Registry.RequestsAsync() > requests, chart);
            requests = await stage.Registry.RequestsAsync();
        }
        Assert.Equal(3, (await stage.Home.StatsAsync()).BypassReasons["remote-chart"]);
    }

    [RegistryTheory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Who_has_logged_out_gets_what_the_registry_says(int major)
    {
        await using var stage = await Stage.StartAsync(major, "remote:\n  fresh_for: 1h\n  digest: true\n", user: "ada");
        string digest = await stage.PushAsync("first");
        string[][] calls =
        [
            ["template", "x", stage.Chart],
            ["show", "chart", $"{stage.Chart}@{digest}"],
        ];
        foreach (string[] call in calls)
            await stage.AssertServedLikeHelmAsync(call);
        await Stage.RunAsync(stage.Real("registry", "logout", stage.Registry.Host));
        foreach (string[] call in calls)
        {
            int requests = await stage.Registry.RequestsAsync();
            CommandResult ours = await stage.Shim(call).RunAsync(),
                helms = await stage.Real(call).RunAsync();
            Assert.True(ours.ExitCode == 1 && ours.DifferenceFrom(helms) is null, $"{ours}\n{helms}");
            Assert.True(await stage.Registry.RequestsAsync() >= requests + 2);
        }
        // The same login is the same key.
        await stage.LogInAsync();
        int last = await stage.Registry.RequestsAsync();
        await Stage.RunAsync(stage.Shim(calls[1]));
        Assert.Equal(last, await stage.Registry.RequestsAsync());
    }

    /// <summary>A user with a daemon, a helm and a registry.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private const string Password = "secret";

        private readonly int _major;
        private readonly string? _user;

        private Stage(int major, string configuration, OciRegistry registry, string? user)
        {
            Registry = registry;
            Home = new DaemonHome(RealHelms.Of(major), configuration);
            Work = Directory.CreateDirectory(Home.At("work")).FullName;
            (_major, _user) = (major, user);
        }

        public OciRegistry Registry { get; }

        public DaemonHome Home { get; }

        public string Work { get; }

        /// <summary>The chart that is pushed, without a tag.</summary>
        public string Chart => $"oci://{Registry.Host}/charts/web";

        public static async Task<Stage> StartAsync(int major, string configuration, string? user = null)
        {
            var stage = new Stage(major, configuration, await OciRegistry.StartAsync(user, Password), user);
            if (configuration.Contains("remote", StringComparison.Ordinal))
                await ArmingWork.RunAsync(Armory.ForNetworkBelow(ArmedHelms.Directory), stage.Home.RealHelm, network: true);
            if (user is not null)
                await stage.LogInAsync();
            await stage.Home.StartAsync();
            return stage;
        }

        public Command Shim(params string[] arguments) => Home.Shim(Work, Plain(arguments));

        public Command Real(params string[] arguments) => Home.Real(Work, Plain(arguments));

        public Task<CommandResult> LogInAsync() =>
            RunAsync(
                Home.Real(
                    Work,
                    "registry",
                    "login",
                    Registry.Host,
                    "--username",
                    _user!,
                    "--password",
                    Password,
                    RealHelms.MajorVersion(_major) == 3 ? "--insecure" : "--plain-http"
                )
            );

        /// <summary>Pushes <c>web</c> 1.0.0, with a word that a render shows; returns its digest.</summary>
        public Task<string> PushAsync(string word) =>
            Registry.PushAsync(
                arguments => Home.Real(Work, arguments),
                ChartBuilder.Chart("web").WithVersion("1.0.0").WithConfigMap("c", "word: " + word)
            );

        public static async Task<CommandResult> RunAsync(Command command)
        {
            CommandResult result = await command.RunAsync();
            Assert.True(result.ExitCode == 0, $"{command}: {result}");
            return result;
        }

        /// <summary>That the second call is what helm says, and asks the registry for nothing.</summary>
        public async Task<CommandResult> AssertServedLikeHelmAsync(params string[] call)
        {
            CommandResult helms = await RunAsync(Real(call)),
                first = await RunAsync(Shim(call));
            // Once more: where stamps are too new to be believed, or there is a second key.
            await RunAsync(Shim(call));
            int requests = await Registry.RequestsAsync();
            Stats before = await Home.StatsAsync();
            CommandResult ours = await RunAsync(Shim(call));
            Assert.True(first.DifferenceFrom(helms) is null && ours.DifferenceFrom(helms) is null, $"{helms}\n{first}\n{ours}");
            Stats stats = (await Home.StatsAsync()).Since(before);
            Assert.True(stats is { Hits: 1, HelmRuns: 0, Bypasses: 0 }, stats.ToString());
            Assert.Equal(requests, await Registry.RequestsAsync());
            return ours;
        }

        public async ValueTask DisposeAsync()
        {
            await Home.DisposeAsync();
            await Registry.DisposeAsync();
        }

        private static string[] Plain(string[] arguments) => arguments[0] == "registry" ? arguments : [.. arguments, "--plain-http"];
    }
}
