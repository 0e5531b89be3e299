using System;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.Shared;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary>
/// <c>helmcached shared check</c>, <c>config</c> and <c>doctor</c> about a team's cache: exit codes, and the same sentence in each.
/// </summary>
[Trait("Needs", "programs")]
public sealed class SharedCheckTests : IDisposable
{
    private const string Check = "shared check --json";

    private readonly KeyFixture _team = new();

    [Fact]
    public async Task Without_a_team_cache_it_says_how_to_begin()
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult result = await home.Admin("shared", "check").RunAsync();
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("FAIL   there is no team's cache: shared.url is not set", result.StdoutText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "shared: {url: 'ftp://127.0.0.1/'}",
        "shared.url: invalid value \"ftp://127.0.0.1/\"; expected http://, https://, redis:// or rediss://"
    )]
    [InlineData("shared: {url: 'http://127.0.0.1:1/', mode: write}", "shared.mode: write needs shared.sign_with")]
    [InlineData(
        "shared: {url: 'http://127.0.0.1:1/', encrypt_with: /nonexistent/team.key, trust: /nonexistent/a.pub}",
        "shared.encrypt_with: /nonexistent/team.key: cannot be looked at: no such file"
    )]
    public async Task What_is_wrong_with_settings_and_files_is_said_by_each_command(string settings, string says)
    {
        await using var home = new DaemonHome("/nonexistent", settings + "\n");
        CommandResult check = await home.Admin(Check.Split(' ')).RunAsync();
        Assert.Equal(2, check.ExitCode);
        Assert.Contains(Checks(check), item => item.Result == "fail" && item.Says.Contains(says, StringComparison.Ordinal));
        CommandResult config = await home.Admin("config").RunAsync();
        Assert.Equal(2, config.ExitCode);
        Assert.Contains(says, config.StderrText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_another_exit_code()
    {
        await using var home = new DaemonHome(
            "/nonexistent",
            $"shared: {{url: 'http://127.0.0.1:{StartedServer.FreePort()}/', trust: ['{_team.Trust}'], encrypt_with: "
                + $"{_team.TeamKeyFile}}}\n"
        );
        CommandResult check = await home.Admin(Check.Split(' ')).RunAsync();
        Assert.Equal(1, check.ExitCode);
        Assert.Equal(["trust", "encryption", "names", "read"], Checks(check).Select(static item => item.Check));
        CommandResult config = await home.Admin("config").RunAsync();
        Assert.DoesNotContain("shared", config.StderrText, StringComparison.Ordinal);
    }

    /// <summary>doctor connects to nothing: of a server that is down it says what tries it.</summary>
    [Fact]
    public async Task Doctor_has_a_row_for_it()
    {
        string url = $"http://127.0.0.1:{StartedServer.FreePort()}/",
            settings = $"shared: {{url: '{url}', trust: ['{_team.Trust}'], encrypt_with: ";
        await using (var home = new DaemonHome("/nonexistent", settings + _team.TeamKeyFile + "}\n"))
            Assert.Equal(("shared", "ok", $"team's cache: {url}, read; `helmcached shared check` tries it"), await RowAsync(home));
        string bad = _team.File("bad.key", "no key\n");
        await using (var home = new DaemonHome("/nonexistent", settings + bad + "}\n"))
            Assert.Equal(
                (
                    "shared",
                    "fail",
                    $"team's cache: out: shared.encrypt_with: {bad}: holds no team key; expected the file team.key that "
                        + "`helmcached shared keygen` makes"
                ),
                await RowAsync(home)
            );
        await using (var home = new DaemonHome("/nonexistent"))
            Assert.DoesNotContain(Checks(await home.Admin("doctor", "--json").RunAsync()), static item => item.Check == "shared");
        static async Task<(string, string, string)> RowAsync(DaemonHome home) =>
            Checks(await home.Admin("doctor", "--json").RunAsync()).Single(static item => item.Check == "shared");
    }

    public void Dispose() => _team.Dispose();

    private static (string Check, string Result, string Says)[] Checks(CommandResult result) =>
        [
            .. JsonDocument
                .Parse(result.StdoutText)
                .RootElement.GetProperty("checks")
                .EnumerateArray()
                .Select(static item => (Text(item, "check"), Text(item, "result"), Text(item, "says"))),
        ];

    private static string Text(JsonElement item, string name) => item.GetProperty(name).GetString()!;
}
