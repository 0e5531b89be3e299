using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.RemoteCharts;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.RemoteCharts;

/// <summary>Which version is taken for which constraint: what we predict is what real helm takes, or we predict nothing.</summary>
[Trait("Needs", "programs")]
public sealed class VersionChoiceTests
{
    private static readonly string[] s_versions =
    [
        "0.0.1",
        "0.0.2",
        "0.0.3-alpha",
        "0.1.0",
        "0.1.5",
        "0.2.0-rc.1",
        "0.2.3",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1",
        "1.1.0",
        "1.1.7-0",
        "1.2.0",
        "1.2.3",
        "1.2.4+build.7",
        "1.2.10",
        "1.10.0",
        "2.0.0-beta.1",
        "2.0.0",
        "2.0.1-x-y-z",
        "v2.1.0",
        "2.1.1",
        "3",
        "3.1",
        "3.2.0-0.1",
        "10.0.0",
        "10.20.30",
        "11.0.0-rc1",
        "99999999999.0.0-a",
        "2021.1.2",
        "20210101.0.0-pre",
    ];

    /// <summary>As people and tools write them; and as they should not.</summary>
    private static readonly string[] s_constraints =
    [
        "",
        "*",
        "x",
        "X",
        "1",
        "1.x",
        "1.X",
        "1.*",
        "1.2",
        "1.2.x",
        "1.2.*",
        "0",
        "0.0",
        "0.0.x",
        "0.1",
        "0.2",
        "v1",
        "v1.2.3",
        "1.2.3",
        "1.2.4",
        "1.2.4+build.7",
        "1.2.4+other",
        "v2.1.0",
        "2.1.0",
        "=1.2.3",
        "= 1.2.3",
        "==1.2.3",
        "!=10.20.30",
        "!=2021.1.2",
        "!=2021",
        "!=2021.1",
        "!=*",
        ">1",
        ">1.2",
        ">1.2.3",
        ">=1.2.3",
        "=>1.2.3",
        "<1",
        "<1.2",
        "<1.2.3",
        "<=1",
        "<=1.2",
        "<=1.2.3",
        "=<1.2.3",
        "<2.0.0-0",
        "<1.0.0-beta.11",
        "<=1.0.0-rc.1",
        ">1.0.0-alpha",
        ">=1.0.0-alpha.beta",
        ">0.0.0-0",
        ">=0.0.0-0",
        ">=0-0",
        "*-0",
        "~1",
        "~1.x",
        "~1.2",
        "~1.2.3",
        "~1.2.x",
        "~>1.2",
        "~>1",
        "~0",
        "~0.0",
        "~0.0.0",
        "~0.0.1",
        "~0.1",
        "~*",
        "~1.0.0-alpha",
        "~2.0.0-beta",
        "~3",
        "~3.1",
        "~3.0",
        "^1",
        "^1.x",
        "^1.2",
        "^1.2.3",
        "^0",
        "^0.0",
        "^0.0.1",
        "^0.0.2",
        "^0.1",
        "^0.1.0",
        "^0.2.0-rc.1",
        "^0.2",
        "^1.0.0-alpha",
        "^2.0.0-beta.1",
        "^2",
        "^*",
        "^10",
        "^v1.2",
        "1.2 - 2",
        "1.0.0 - 1.2.3",
        "1 - 1.2",
        "1.0.0-alpha - 1.0.0",
        "0.1-2",
        "1.2 -2",
        ">=1 <2",
        ">=1, <2",
        ">=1,<2",
        ">=1.2.3 <1.2.10",
        ">1 <3 !=2.1.1",
        ">=1.0.0-0 <1.0.0",
        "<1 || >2021",
        "1.0.x || 0.1.x",
        "^0.1 || ^1.0",
        "~1.0 || >=10 <11",
        "<0.1||>2 <3",
        "1.0.0 || 2.0.0",
        "|| 1",
        "1 ||",
        "1 || || 2",
        ">= 1.2.3",
        "^ 1.2",
        "~ 1",
        " 1.2.3 ",
        "1.2.3 ",
        "1. 2",
        "1.2.3.4",
        "1.2.3-",
        "1.2.3+",
        "01.2.3",
        "1.02",
        "1.2.3-01",
        "1.2.3-rc..1",
        "a",
        "latest",
        "-1",
        "1.2.3-rc.1",
        "1.x.3",
        "x.1",
        "1.2.3 1.2.4",
        "1.2.3,",
        ",1.2.3",
        "1,,2",
        ">",
        "> >1",
        "><1",
        "!1",
        "1 2",
        "3",
        "3.0",
        "3.0.0",
        "3.1",
        "3.1.0",
        "3.2.0-0",
        ">=3.2.0-0 <4",
        "10.x.x",
        "2021",
        "2021.1",
        "99999999999",
        "99999999999999999999999",
        ">99999999999-0",
        "20210101.0.0-pre",
        "^20210101-0",
        "11.0.0-rc1",
        "~11.0.0-rc1",
        ">=11-0",
        "1.1.7-0",
        "~1.1.7-0",
        "1.0.0-beta.2",
        "<0.0.1",
        "^4",
        "2.0.1-x-y-z",
        "~2.0.1-x",
    ];

    /// <summary>Those that helm itself is asked to choose by: one or two for each way in which it comes to a choice.</summary>
    private static readonly string[] s_asked =
    [
        "",
        "*",
        "1",
        "1.2.3",
        "1.2.4",
        "1.2.4+other",
        "v2.1.0",
        "2.1.0",
        "=1.2.3",
        "!=2021",
        "<2.0.0-0",
        "*-0",
        "~1.0.0-alpha",
        "^0.2.0-rc.1",
        "1.2 - 2",
        "1.0.0 || 2.0.0",
        " 1.2.3 ",
        "1.2.3-rc..1",
        "latest",
        "3",
        "^4",
        "99999999999",
    ];

    /// <summary>
    /// helm takes the version that is called exactly so, else the first that fits in its own order. Which fits which is asked of helm for
    /// all at once: <c>dependency list</c> judges a chart's dependencies by the same library, and says which constraints are none. That it
    /// chooses by this is then asked of it for some.
    /// </summary>
    [Theory]
    [InlineData(4)]
    [InlineData(42)]
    public async Task What_is_predicted_for_a_constraint_is_what_helm_takes(int major)
    {
        Assert.True(s_constraints.Length >= 150);
        using var home = new TemporaryDirectory();
        RepositoryIndex index = RepositoryIndexReader.Read(Encoding.UTF8.GetBytes(Arrange(home)));
        string[] order = await OrderAsync();
        Assert.Equal(s_versions.Length, order.Length);
        string[] constraints = [.. s_constraints.Distinct()];
        string[] judged = await JudgeAsync();
        Assert.Equal(constraints.Length * s_versions.Length, judged.Length);

        var wrong = new List<string>();
        (int answered, int predicted) = (0, 0);
        IEnumerable<(string Constraint, bool Devel)> calls =
        [
            .. constraints.Select(static constraint => (constraint, false)),
            ("", true),
            ("^1", true),
        ];
        foreach ((string constraint, bool devel) in calls)
        {
            string? taken = Taken(constraint, devel),
                ours = index.Choose("web", constraint, devel)?.Version;
            answered += taken is null ? 0 : 1;
            predicted += taken is not null && taken == ours ? 1 : 0;
            // A refusal that we do not foresee costs nothing: what helm fails over is not kept.
            if (taken is not null && ours is not null && taken != ours)
                wrong.Add($"'{constraint}': helm takes {taken}, we say {ours}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(answered > 110 && predicted > answered - 8, $"of {answered} that helm knows we predict {predicted}");

        await Parallel.ForEachAsync(
            [.. s_asked.Select(static constraint => (constraint, false)), ("", true), ("^1", true)],
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            async ((string Constraint, bool Devel) call, CancellationToken _) =>
            {
                CommandResult result = await HelmAsync([
                    "show",
                    "chart",
                    "r/web",
                    "--version",
                    call.Constraint,
                    .. call.Devel ? (string[])["--devel"] : [],
                ]);
                string? helms =
                    result.ExitCode == 0
                        ? result.StdoutText.Split('\n').First(static line => line.StartsWith("description: ", StringComparison.Ordinal))[
                            "description: v=".Length..
                        ]
                        : null;
                Assert.True(
                    helms == Taken(call.Constraint, call.Devel),
                    $"'{call.Constraint}': helm takes {helms}, and we thought {Taken(call.Constraint, call.Devel)}"
                );
            }
        );

        string? Taken(string constraint, bool devel)
        {
            string asked = devel && constraint.Length == 0 ? ">0.0.0-0" : constraint.Trim();
            if (asked.Length > 0 && order.Contains(asked))
                return asked;
            int at = Array.IndexOf(
                constraints,
                asked.Length == 0 ? "*"
                    : constraints.Contains(asked) ? asked
                    : constraint
            );
            return order.FirstOrDefault(version => judged[at * s_versions.Length + Array.IndexOf(s_versions, version)] == "ok");
        }

        Task<CommandResult> HelmAsync(params IEnumerable<string> arguments) =>
            new Command(RealHelms.Of(major), [.. arguments])
            {
                Environment = new Dictionary<string, string?> { ["HOME"] = home.Location },
            }.RunAsync();

        async Task<string[]> OrderAsync()
        {
            CommandResult result = await HelmAsync("search", "repo", "r/web", "--versions", "--devel", "--output", "json");
            using var found = JsonDocument.Parse(result.StdoutText);
            return [.. found.RootElement.EnumerateArray().Select(static chart => chart.GetProperty("version").GetString()!)];
        }

        // One chart for each version, and each constraint as a dependency on each of them.
        async Task<string[]> JudgeAsync()
        {
            var dependencies = new StringBuilder("dependencies:\n");
            for (int constraint = 0; constraint < constraints.Length; constraint++)
            for (int i = 0; i < s_versions.Length; i++)
                dependencies.Append(
                    CultureInfo.InvariantCulture,
                    $"- {{name: web{i}, version: \"{constraints[constraint]}\", alias: a{constraint}-{i}}}\n"
                );
            string chart = ChartBuilder.Chart("app").WithMetadata(dependencies.ToString()).WriteTo(home.Location);
            for (int i = 0; i < s_versions.Length; i++)
                await File.WriteAllBytesAsync(
                    Path.Combine(Directory.CreateDirectory(Path.Combine(chart, "charts")).FullName, $"web{i}-{s_versions[i]}.tgz"),
                    ChartBuilder.Chart($"web{i}").WithVersion(s_versions[i]).Packed()
                );
            CommandResult result = await HelmAsync("dependency", "list", chart);
            return
            [
                .. result
                    .StdoutText.Split('\n')
                    .Where(static line => line.StartsWith("web", StringComparison.Ordinal))
                    .Select(static line =>
                        ((string[])["wrong version", "invalid version", "ok"]).First(status =>
                            line.TrimEnd().EndsWith(status, StringComparison.Ordinal)
                        )
                    ),
            ];
        }
    }

    /// <summary>An index whose archives all lie in the content cache, so that helm asks nobody.</summary>
    private static string Arrange(TemporaryDirectory home)
    {
        var index = new StringBuilder("apiVersion: v1\nentries:\n  web:\n");
        for (int i = 0; i < s_versions.Length; i++)
        {
            string digest = i.ToString("x64", CultureInfo.InvariantCulture);
            index.Append(
                CultureInfo.InvariantCulture,
                $"  - apiVersion: v2\n    name: web\n    version: \"{s_versions[i]}\"\n    digest: \"{digest}\"\n    urls:\n"
                    + $"    - http://127.0.0.1:1/web.tgz\n"
            );
            string archive = home.At(".cache", "helm", "content", "00", digest + ".chart");
            Directory.CreateDirectory(Path.GetDirectoryName(archive)!);
            File.WriteAllBytes(archive, ChartBuilder.Chart("web").WithMetadata($"description: v={s_versions[i]}\n").Packed());
        }
        string repositories = home.At(".config", "helm", "repositories.yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(repositories)!);
        File.WriteAllText(repositories, "apiVersion: \"\"\nrepositories:\n- name: r\n  url: http://127.0.0.1:1\n");
        string path = home.At(".cache", "helm", "repository", "r-index.yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, index.ToString());
        return index.ToString();
    }
}
