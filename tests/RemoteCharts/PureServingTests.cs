using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.RemoteCharts;

/// <summary>
/// <c>repo/name</c> under helm 4, which renders it from its content cache: what is served is what helm would give now, and was had without
/// a request. Each test changes one thing that decides what helm gives.
/// </summary>
[Trait("Needs", "programs")]
public sealed class PureServingTests
{
    private static readonly string[] s_template = ["template", "x", "r/web"];

    public static TheoryData<int> Fours => [4, 42];

    [Theory, MemberData(nameof(Fours))]
    public async Task A_chart_in_the_content_cache_is_served_without_a_request(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major);
        await stage.PublishAsync("1.1.0", "second");
        await stage.RealAsync("repo", "update");
        string[][] calls =
        [
            s_template,
            ["template", "x", "r/web", "--version", "1.0.0"],
            ["template", "x", "r/web", "--version", "^1.0.0", "--set", "a=1"],
            ["template", "r/web", "--version", "1.0"],
            ["template", "x", "r/web", "--devel"],
            ["show", "chart", "r/web"],
            ["show", "values", "r/web", "--version", "~1.0"],
            ["show", "all", "r/web", "--version", "1.0.0"],
            ["template", "x", "r/web", "--output-dir", "out"],
            ["template", "x", "r/web", "--debug"],
        ];
        foreach (string[] call in calls)
            await stage.WarmAsync(call);
        long tick = stage.Server.Tick();
        Stats before = await stage.Home.StatsAsync();
        // Others may have come into the cache after the first was learnt: once more for each.
        foreach (string[] call in calls)
            await stage.WarmAsync(call);
        stage.Server.Down();
        foreach (string[] call in calls)
        {
            CommandResult served = await stage.ShimAsync(call);
            await stage.AssertSameAsHelmAsync(served, call);
        }
        Stats stats = (await stage.Home.StatsAsync()).Since(before);
        Assert.True(stats.Hits == 2 * calls.Length && stats.Bypasses == 0, stats.ToString());
        Assert.DoesNotContain(stage.Server.Requests, request => request.Number > tick);
    }

    [Fact]
    public async Task Helm_3_is_left_alone_since_it_downloads_each_time()
    {
        await using var stage = await RemoteStage.StartAsync(3);
        for (int i = 0; i < 3; i++)
            Assert.Contains("word: first", (await stage.ShimAsync(s_template)).StdoutText, StringComparison.Ordinal);
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats is { Hits: 0, Bypasses: 3 } && stats.BypassReasons.ContainsKey("remote-chart"), stats.ToString());
        Assert.Equal(3, stage.Server.Count("/web-1.0.0.tgz"));
    }

    [Theory, MemberData(nameof(Fours))]
    public async Task An_archive_published_again_shows_as_soon_as_helm_would_show_it(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major);
        await stage.WarmAsync(s_template);
        // helm keeps the old archive as long as its index and its cache are the old ones.
        await stage.PublishAsync("1.0.0", "again", keepsIndex: true);
        Assert.Contains("word: first", (await stage.WarmAsync(s_template)).StdoutText, StringComparison.Ordinal);
        // With an empty cache it keeps the new bytes under the old digest.
        Directory.Delete(stage.ContentCache, recursive: true);
        await stage.AssertFreshAsync(s_template);
        Assert.Contains("word: again", (await stage.WarmAsync(s_template)).StdoutText, StringComparison.Ordinal);
        // And with the new index, too.
        await stage.Server.IndexAsync(stage.Helm);
        await stage.RealAsync("repo", "update");
        await stage.AssertFreshAsync(s_template);
    }

    [Theory, MemberData(nameof(Fours))]
    public async Task An_archive_whose_bytes_were_exchanged_under_its_digest_misses(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major);
        await stage.WarmAsync(s_template);
        string archive = Assert.Single(stage.Archives);
        DateTime modified = File.GetLastWriteTimeUtc(archive);
        File.WriteAllBytes(archive, Chart("web").WithConfigMap("c", "word: tampered").Packed());
        File.SetLastWriteTimeUtc(archive, modified);
        await stage.AssertFreshAsync(s_template);
        Assert.Contains("word: tampered", (await stage.WarmAsync(s_template)).StdoutText, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Fours))]
    public async Task An_empty_content_cache_is_no_reason_to_answer_from_ours(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major);
        await stage.WarmAsync(s_template);
        Directory.Delete(stage.ContentCache, recursive: true);
        int requests = stage.Server.Count("/web-1.0.0.tgz");
        await stage.AssertFreshAsync(s_template);
        Assert.Equal(requests + 1, stage.Server.Count("/web-1.0.0.tgz"));
        // Where helm would fail, so do we.
        Directory.Delete(stage.ContentCache, recursive: true);
        stage.Server.Down();
        await stage.AssertFreshAsync(s_template);
        Assert.Equal(1, (await stage.ShimAsync(s_template)).ExitCode);
        stage.Server.Up();
    }

    [Theory, MemberData(nameof(Fours))]
    public async Task A_new_index_is_seen_at_once(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major);
        await stage.WarmAsync(s_template);
        await stage.PublishAsync("1.1.0", "second");
        await stage.RealAsync("repo", "update");
        await stage.AssertFreshAsync(s_template);
        Assert.Contains("word: second", (await stage.WarmAsync(s_template)).StdoutText, StringComparison.Ordinal);
        // Within the same second, of the same size, with the time set back.
        string text = File.ReadAllText(stage.Index);
        DateTime modified = File.GetLastWriteTimeUtc(stage.Index);
        File.WriteAllText(stage.Index, text.Replace("version: 1.1.0", "version: 0.1.0", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(stage.Index, modified);
        await stage.AssertFreshAsync(s_template);
        Assert.Contains("word: first", (await stage.WarmAsync(s_template)).StdoutText, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Fours))]
    public async Task A_local_path_of_the_same_name_wins(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major);
        await stage.WarmAsync(s_template);
        string local = Path.Combine(stage.Work, "r");
        Chart("web").WithConfigMap("c", "word: local").WriteTo(local);
        await stage.AssertFreshAsync(s_template);
        Assert.Contains("word: local", (await stage.WarmAsync(s_template)).StdoutText, StringComparison.Ordinal);
        // Emptied, it makes a good reference an error; gone, it gives way.
        Directory.Delete(Path.Combine(local, "web"), recursive: true);
        Directory.CreateDirectory(Path.Combine(local, "web"));
        await stage.AssertFreshAsync(s_template);
        Directory.Delete(local, recursive: true);
        Assert.Contains("word: first", (await stage.ShimAsync(s_template)).StdoutText, StringComparison.Ordinal);
        // A file on the way is no local path to helm.
        File.WriteAllText(local, "");
        Assert.Contains("word: first", (await stage.ShimAsync(s_template)).StdoutText, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Fours))]
    public async Task A_repository_with_another_address_or_login_misses(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major);
        await stage.WarmAsync(s_template);
        string text = File.ReadAllText(stage.Repositories);
        foreach (
            (string from, string to) in (IEnumerable<(string, string)>)
                [
                    ("username: \"\"", "username: ada"),
                    ("password: \"\"", "password: secret"),
                    ("pass_credentials_all: false", "pass_credentials_all: true"),
                    (stage.Server.Url, stage.Server.Url + "/other"),
                ]
        )
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            File.WriteAllText(stage.Repositories, text = text.Replace(from, to, StringComparison.Ordinal));
            await stage.AssertFreshAsync(s_template);
        }
        // Without the repository helm fails.
        File.WriteAllText(stage.Repositories, text.Replace("name: r", "name: s", StringComparison.Ordinal));
        await stage.AssertFreshAsync(s_template);
    }

    [Theory, MemberData(nameof(Fours))]
    public async Task Two_repositories_with_a_chart_of_the_same_name_are_two(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major);
        await using var other = new ChartRepositoryServer();
        await other.PublishAsync(stage.Helm, Chart("web").WithConfigMap("c", "word: other"));
        await stage.RealAsync("repo", "add", "s", other.Url);
        for (int i = 0; i < 2; i++)
        {
            Assert.Contains("word: first", (await stage.WarmAsync("template", "x", "r/web")).StdoutText, StringComparison.Ordinal);
            Assert.Contains("word: other", (await stage.WarmAsync("template", "x", "s/web")).StdoutText, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Fours))]
    public async Task Caches_named_by_variables_and_flags_are_looked_into(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major);
        string before = (await stage.WarmAsync(s_template)).StdoutText;
        string cache = stage.Home.At("elsewhere");
        Directory.CreateDirectory(cache);
        string archive = Path.GetRelativePath(stage.ContentCache, stage.Archives[0]);
        string copy = Path.Combine(cache, archive);
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.WriteAllBytes(copy, Chart("web").WithConfigMap("c", "word: elsewhere").Packed());
        Assert.Contains(
            "elsewhere",
            (await stage.WarmAsync([.. s_template, "--content-cache", cache])).StdoutText,
            StringComparison.Ordinal
        );
        Command command = stage.Home.Shim(stage.Work, s_template).With("HELM_CONTENT_CACHE", cache);
        for (int i = 0; i < 3; i++)
            Assert.Contains("elsewhere", (await command.RunAsync()).StdoutText, StringComparison.Ordinal);
        // A relative name is one below the working directory.
        Directory.Move(cache, Path.Combine(stage.Work, "near"));
        Assert.Contains(
            "elsewhere",
            (await stage.WarmAsync([.. s_template, "--content-cache", "near"])).StdoutText,
            StringComparison.Ordinal
        );
        Assert.Equal(before, (await stage.ShimAsync(s_template)).StdoutText);
        // An index of its own.
        Directory.CreateDirectory(Path.Combine(stage.Work, "indexes"));
        File.Copy(stage.Index, Path.Combine(stage.Work, "indexes", "r-index.yaml"));
        await stage.PublishAsync("1.1.0", "second");
        await stage.RealAsync("repo", "update");
        Assert.Contains(
            "first",
            (await stage.WarmAsync([.. s_template, "--repository-cache", "indexes"])).StdoutText,
            StringComparison.Ordinal
        );
        Assert.Contains("second", (await stage.WarmAsync(s_template)).StdoutText, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Fours))]
    public async Task Flags_that_ask_for_a_proof_or_give_a_login_are_helms(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major);
        await stage.WarmAsync(s_template);
        foreach (
            string[] flags in (string[][])
                [
                    ["--verify"],
                    ["--username", "u"],
                    ["--password", "p"],
                    ["--pass-credentials"],
                    ["--repo", stage.Server.Url],
                    ["--ca-file", "x"],
                ]
        )
            for (int i = 0; i < 2; i++)
                await stage.AssertSameAsHelmAsync(await stage.ShimAsync([.. s_template, .. flags]), [.. s_template, .. flags]);
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats.Hits == 1, stats.ToString());
    }

    [Theory, MemberData(nameof(Fours))]
    public async Task An_index_that_is_not_understood_is_helms_and_one_in_JSON_is_served(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major);
        await stage.WarmAsync(s_template);
        string index = File.ReadAllText(stage.Index);
        string digest = Path.GetFileNameWithoutExtension(stage.Archives[0]);
        foreach (
            string wrong in (string[])
                [
                    "",
                    "[",
                    "entries: 1\n",
                    "apiVersion: v1\nentries:\n  web: {}\n",
                    index.Replace("entries:", "Entries:", StringComparison.Ordinal),
                    index.Replace(digest, "", StringComparison.Ordinal),
                    index.Replace(digest, "sha256:" + digest, StringComparison.Ordinal),
                    index.Replace("digest: " + digest, $"digest: &a {digest}", StringComparison.Ordinal),
                    index + "---\n" + index,
                ]
        )
        {
            File.WriteAllText(stage.Index, wrong);
            await stage.AssertFreshAsync(s_template);
        }
        string json = JsonSerializer.Serialize(
            new
            {
                apiVersion = "v1",
                entries = new Dictionary<string, object[]>
                {
                    ["web"] =
                    [
                        new
                        {
                            apiVersion = "v2",
                            name = "web",
                            version = "1.0.0",
                            digest,
                            urls = (string[])[stage.Server.Url + "/web-1.0.0.tgz"],
                        },
                    ],
                },
            }
        );
        File.WriteAllText(stage.Index, json);
        await stage.AssertFreshAsync(s_template);
        await stage.WarmAsync(s_template);
        // Addresses of other kinds are in it too; of an archive in the cache nobody asks them.
        File.WriteAllText(
            stage.Index,
            json.Replace(stage.Server.Url + "/web-1.0.0.tgz", "oci://127.0.0.1:1/web:1.0.0", StringComparison.Ordinal)
        );
        await stage.AssertFreshAsync(s_template);
        await stage.WarmAsync(s_template);
        File.WriteAllText(stage.Index, json.Replace(stage.Server.Url, "s3://bucket", StringComparison.Ordinal));
        await stage.AssertFreshAsync(s_template);
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats.BypassReasons.ContainsKey("remote-doubtful") && stats.Errors == 0, stats.ToString());
    }

    [Theory, MemberData(nameof(Fours))]
    public async Task Half_an_archive_or_none_is_helms_own_error(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major);
        await stage.WarmAsync(s_template);
        string archive = Assert.Single(stage.Archives);
        byte[] bytes = File.ReadAllBytes(archive);
        File.WriteAllBytes(archive, bytes[..(bytes.Length / 2)]);
        await stage.AssertFreshAsync(s_template);
        // An empty one is none to helm, which fetches it anew.
        File.WriteAllBytes(archive, []);
        await stage.AssertFreshAsync(s_template);
        Assert.Contains("word: first", (await stage.WarmAsync(s_template)).StdoutText, StringComparison.Ordinal);
        File.Delete(archive);
        Directory.CreateDirectory(archive);
        await stage.AssertFreshAsync(s_template);
    }
}
