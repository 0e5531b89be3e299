using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
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
        "0.0.1", "0.0.2", "0.0.3-alpha", "0.1.0", "0.1.5", "0.2.0-rc.1", "0.2.3", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1",
        "1.1.0", "1.1.7-0", "1.2.0", "1.2.3", "1.2.4+build.7", "1.2.10", "1.10.0", "2.0.0-beta.1", "2.0.0", "2.0.1-x-y-z", "v2.1.0", "2.1.1", "3", "3.1", "3.2.0-0.1", "10.0.0", "10.20.30", "11.0.0-rc1",
        "99999999999.0.0-a", "2021.1.2", "20210101.0.0-pre",
    ];

    /// <summary>As people and tools write them; and as they should not.</summary>
    private static readonly string[] s_constraints =
    [
        "", "*", "x", "X", "1", "1.x", "1.X", "1.*", "1.2", "1.2.x", "1.2.*", "0", "0.0", "0.0.x", "0.1", "0.2", "v1", "v1.2.3", "1.2.3", "1.2.4", "1.2.4+build.7", "1.2.4+other", "v2.1.0", "2.1.0", "=1.2.3", "= 1.2.3",
        "==1.2.3", "!=10.20.30", "!=2021.1.2", "!=2021", "!=2021.1", "!=*", ">1", ">1.2", ">1.2.3", ">=1.2.3", "=>1.2.3", "<1", "<1.2", "<1.2.3", "<=1", "<=1.2", "<=1.2.3", "=<1.2.3", "<2.0.0-0", "<1.0.0-beta.11", "<=1.0.0-rc.1",
        ">1.0.0-alpha", ">=1.0.0-alpha.beta", ">0.0.0-0", ">=0.0.0-0", ">=0-0", "*-0", "~1", "~1.x", "~1.2", "~1.2.3", "~1.2.x", "~>1.2", "~>1", "~0", "~0.0", "~0.0.0", "~0.0.1", "~0.1", "~*", "~1.0.0-alpha", "~2.0.0-beta", "~3", "~3.1", "~3.0",
        "^1", "^1.x", "^1.2", "^1.2.3", "^0", "^0.0", "^0.0.1", "^0.0.2", "^0.1", "^0.1.0", "^0.2.0-rc.1", "^0.2", "^1.0.0-alpha", "^2.0.0-beta.1", "^2", "^*", "^10", "^v1.2", "1.2 - 2", "1.0.0 - 1.2.3", "1 - 1.2", "1.0.0-alpha - 1.0.0", "0.1-2", "1.2 -2",
        ">=1 <2", ">=1, <2", ">=1,<2", ">=1.2.3 <1.2.10", ">1 <3 !=2.1.1", ">=1.0.0-0 <1.0.0", "<1 || >2021", "1.0.x || 0.1.x", "^0.1 || ^1.0", "~1.0 || >=10 <11", "<0.1||>2 <3", "1.0.0 || 2.0.0", "|| 1", "1 ||", "1 || || 2",
        ">= 1.2.3", "^ 1.2", "~ 1", " 1.2.3 ", "1.2.3 ", "1. 2", "1.2.3.4", "1.2.3-", "1.2.3+", "01.2.3", "1.02", "1.2.3-01", "1.2.3-rc..1", "a", "latest", "-1", "1.2.3-rc.1", "1.x.3", "x.1", "1.2.3 1.2.4", "1.2.3,", ",1.2.3", "1,,2", ">", "> >1", "><1", "!1",
        "1 2", "3", "3.0", "3.0.0", "3.1", "3.1.0", "3.2.0-0", ">=3.2.0-0 <4", "10.x.x", "2021", "2021.1", "99999999999", "99999999999999999999999", ">99999999999-0", "20210101.0.0-pre", "^20210101-0", "11.0.0-rc1", "~11.0.0-rc1", ">=11-0", "1.1.7-0", "~1.1.7-0", "1.0.0-beta.2", "<0.0.1", "^4", "2.0.1-x-y-z", "~2.0.1-x",
    ];

    [Theory]
    [InlineData(4)]
    [InlineData(42)]
    public async Task What_is_predicted_for_a_constraint_is_what_helm_takes(int major)
    {
        Assert.True(s_constraints.Length >= 150);
        using var home = new TemporaryDirectory();
        string text = Arrange(home);
        RepositoryIndex index = RepositoryIndexReader.Read(Encoding.UTF8.GetBytes(text));
        var wrong = new ConcurrentBag<string>();
        (int answered, int predicted) = (0, 0);
        IEnumerable<(string Constraint, bool Devel)> calls = [.. s_constraints.Select(static constraint => (constraint, false)), ("", true), ("^1", true)];
        await Parallel.ForEachAsync(calls, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (call, _) =>
        {
            string[] arguments = ["show", "chart", "r/web", "--version", call.Constraint, .. call.Devel ? (string[])["--devel"] : []];
            CommandResult result = await new Command(RealHelms.Of(major), arguments) { Environment = new Dictionary<string, string?> { ["HOME"] = home.Location } }.RunAsync();
            string? taken = result.ExitCode == 0 ? result.StdoutText.Split('\n').First(static line => line.StartsWith("description: ", StringComparison.Ordinal))["description: v=".Length..] : null;
            string? ours = index.Choose("web", call.Constraint, call.Devel)?.Version;
            if (taken is not null)
                Interlocked.Increment(ref answered);
            if (taken is not null && taken == ours)
                Interlocked.Increment(ref predicted);
            // A refusal that we do not foresee costs nothing: what helm fails over is not kept.
            if (taken is not null && ours is not null && taken != ours)
                wrong.Add($"'{call.Constraint}': helm takes {taken}, we say {ours}");
        });
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
        Assert.True(answered > 110 && predicted > answered - 8, $"of {answered} that helm knows we predict {predicted}");
    }

    /// <summary>An index whose archives all lie in the content cache, so that helm asks nobody.</summary>
    private static string Arrange(TemporaryDirectory home)
    {
        var index = new StringBuilder("apiVersion: v1\nentries:\n  web:\n");
        for (int i = 0; i < s_versions.Length; i++)
        {
            string digest = i.ToString("x64", System.Globalization.CultureInfo.InvariantCulture);
            index.Append(System.Globalization.CultureInfo.InvariantCulture, $"  - apiVersion: v2\n    name: web\n    version: \"{s_versions[i]}\"\n    digest: \"{digest}\"\n    urls:\n    - http://127.0.0.1:1/web.tgz\n");
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
