using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// <c>eng/action/action.yml</c> and <c>eng/gitlab-ci/helmcached.yml</c>: their scripts are taken out of the files and run one after
/// another, in two jobs with empty homes, with the packaged tarball. What the servers do themselves (conditions, expressions, caches) is
/// done here as far as these files use it.
/// </summary>
[Trait("Needs", "programs")]
[Collection(PackageCollection.Name)]
public sealed partial class CiFilesTests(MadePackage made)
{
    [Fact]
    public async Task Action_misses_in_the_first_job_and_hits_in_the_second()
    {
        if (!MadePackage.Possible)
            return;
        using var directory = new TemporaryDirectory();
        string sum = File.ReadAllText(Path.Combine(made.Location, "SHA256SUMS"))
            .Split('\n')
            .Single(line => line.EndsWith(".tar.gz", StringComparison.Ordinal))
            .Split(' ')[0];
        foreach ((string name, string outcome) in (IEnumerable<(string, string)>)[("first", "miss"), ("second", "hit disk")])
        {
            await using var job = new CiJob(directory.At(name), made.Tarball);
            await UseActionAsync(job, directory.At("carried"), new() { ["sha256"] = sum });
            await RenderAsync(job, outcome);
            string said = await UseActionAsync(job, directory.At("carried"), new() { ["stage"] = "finish" });
            Assert.Contains("helmcached stopped", said, StringComparison.Ordinal);
            Assert.Contains("hits", said, StringComparison.Ordinal);
            Assert.Null(await job.DaemonAsync(job.At("temp/helmcached/helmcached")));
        }
    }

    [Fact]
    public async Task Action_carries_nothing_when_it_is_told_so()
    {
        if (!MadePackage.Possible)
            return;
        using var directory = new TemporaryDirectory();
        await using var job = new CiJob(directory.At("job"), made.Tarball);
        await UseActionAsync(job, directory.At("carried"), new() { ["cache"] = "false" });
        await RenderAsync(job, "miss");
        await UseActionAsync(job, directory.At("carried"), new() { ["stage"] = "finish", ["save"] = "false" });
        Assert.False(File.Exists(directory.At("carried")));
    }

    [Theory]
    [InlineData("sha256", "0000000000000000000000000000000000000000000000000000000000000000", "did NOT match")]
    [InlineData("tarball", "nothing-*.tar.gz", "'nothing-*.tar.gz', matches no file or several")]
    public async Task Action_refuses_what_is_not_the_tarball(string input, string value, string said)
    {
        if (!MadePackage.Possible)
            return;
        using var directory = new TemporaryDirectory();
        await using var job = new CiJob(directory.At("job"), made.Tarball);
        Exception refused = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() =>
            UseActionAsync(job, directory.At("carried"), new() { [input] = value })
        );
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(job.At("temp/helmcached/helm")));
    }

    [Fact]
    public async Task GitLab_include_misses_in_the_first_job_and_hits_in_the_second()
    {
        if (!MadePackage.Possible)
            return;
        using var directory = new TemporaryDirectory();
        foreach (
            (string name, string template, string outcome) in (IEnumerable<(string, string, string)>)
                [("first", ".helmcached", "miss"), ("second", ".helmcached", "hit disk"), ("third", ".helmcached-read-only", "hit disk")]
        )
        {
            await using var job = new CiJob(directory.At(name), made.Tarball);
            await RunGitLabAsync(job, template, directory.At("carried"), outcome);
        }
    }

    /// <summary>A step of a job that uses the action; what its scripts say.</summary>
    private static async Task<string> UseActionAsync(CiJob job, string carried, Dictionary<string, string> given)
    {
        YamlMappingNode action = CiJob.Load("action", "action.yml");
        var known = new Dictionary<string, string>
        {
            ["runner.os"] = "Linux",
            ["runner.arch"] = "X64",
            ["github.run_id"] = "1",
            ["github.run_attempt"] = "1",
            ["github.job"] = "render",
        };
        foreach ((YamlNode name, YamlNode input) in (YamlMappingNode)action["inputs"])
            known[$"inputs.{name}"] = given.Remove($"{name}", out string? value) ? value : CiJob.Text(input, "default")!;
        Assert.Empty(given);
        string Expand(string? text) => Expression().Replace(text ?? "", match => known[match.Groups[1].Value]);

        job.Environment["RUNNER_TEMP"] = job.At("temp");
        string said = "";
        foreach (YamlNode step in (YamlSequenceNode)action["runs"]["steps"])
        {
            if (
                !CiJob
                    .Text(step, "if")!
                    .Split(" && ")
                    .Select(part => Equality().Match(part))
                    .All(part => known[part.Groups[1].Value] == part.Groups[2].Value)
            )
                continue;
            if (CiJob.Text(step, "uses") is { } uses)
            {
                string path = Expand(CiJob.Text(step["with"], "path"));
                Assert.StartsWith("helmcached-Linux-X64-1", Expand(CiJob.Text(step["with"], "key")), StringComparison.Ordinal);
                (string from, string to) = uses == "actions/cache/save@v4" ? (path, carried) : (carried, path);
                Assert.Contains(uses, (string[])["actions/cache/save@v4", "actions/cache/restore@v4"]);
                Carry(from, to);
                continue;
            }
            var environment = new Dictionary<string, string?>
            {
                ["GITHUB_ENV"] = job.At("env"),
                ["GITHUB_PATH"] = job.At("path"),
                ["GITHUB_OUTPUT"] = job.At("output"),
            };
            foreach (string? file in environment.Values)
                File.WriteAllText(file!, "");
            if (((YamlMappingNode)step).Children.TryGetValue("env", out YamlNode? variables))
            {
                foreach ((YamlNode name, YamlNode value) in (YamlMappingNode)variables)
                    environment[$"{name}"] = Expand($"{value}");
            }
            Assert.Equal("bash", CiJob.Text(step, "shell"));
            string script = CiJob.Text(step, "run")!;
            // What an input says must not become part of a script.
            Assert.DoesNotContain("${{", script, StringComparison.Ordinal);
            CommandResult result = await job.RunAsync(script, environment);
            said += result.StdoutText + result.StderrText;
            foreach (string[] pair in File.ReadAllLines(job.At("env")).Select(line => line.Split('=', 2)))
                job.Environment[pair[0]] = pair[1];
            foreach (string[] pair in File.ReadAllLines(job.At("output")).Select(line => line.Split('=', 2)))
                known[$"steps.{CiJob.Text(step, "id")}.outputs.{pair[0]}"] = pair[1];
            foreach (string line in File.ReadAllLines(job.At("path")))
                job.Environment["PATH"] = $"{line}:{job.Environment["PATH"]}";
        }
        return said;
    }

    /// <summary>A whole job. Between its scripts the daemon is killed, as a runner does that ends the container of each.</summary>
    private static async Task RunGitLabAsync(CiJob job, string template, string carried, string outcome)
    {
        YamlMappingNode file = CiJob.Load("gitlab-ci", "helmcached.yml");
        YamlMappingNode basis = (YamlMappingNode)file[".helmcached"],
            own = (YamlMappingNode)file[template];
        Assert.True(own == basis || CiJob.Text(own, "extends") == ".helmcached");
        string checkout = job.At("checkout");
        job.Environment["CI_PROJECT_DIR"] = checkout;
        foreach ((YamlNode name, YamlNode value) in ((YamlMappingNode)basis["variables"]).Concat((YamlMappingNode)own["variables"]))
            job.Environment[$"{name}"] = $"{value}".Replace("$CI_PROJECT_DIR", checkout, StringComparison.Ordinal);
        Assert.Equal(template == ".helmcached" ? null : "1", job.Environment.GetValueOrDefault("HELMCACHED_READONLY"));
        string store = Path.Combine(checkout, $"{((YamlSequenceNode)basis["cache"]["paths"]).Single()}");
        static string Script(YamlNode lines) => string.Join('\n', (YamlSequenceNode)lines) + "\n";

        Carry(carried, store);
        CommandResult result = await job.RunAsync(Script(basis["before_script"]) + "HELMCACHED_TRACE=1 helm template r web\n");
        Assert.StartsWith("helmcached: " + outcome, result.StderrText, StringComparison.Ordinal);
        string program = Path.Combine(checkout, ".helmcached", "program", "helmcached");
        await Eventually.IsTrueAsync(
            "the entry is on disk",
            async () =>
                Stats
                    .Parse((await new Command(program, ["stats", "--json"]) { Environment = job.Environment }.RunAsync()).StdoutText)
                    .Entries == 1
        );
        DaemonHome.Kill([(await job.DaemonAsync(program))!.Value]);
        CommandResult after = await job.RunAsync(Script(basis["after_script"]));
        Assert.Contains("helmcached stopped", after.StdoutText, StringComparison.Ordinal);
        Assert.Null(await job.DaemonAsync(program));
        Assert.False(File.Exists(Path.Combine(Path.GetDirectoryName(store)!, "store-log.litedb")));
        if (CiJob.Text(own["cache"], "policy") != "pull")
            Carry(store, carried);
    }

    private static async Task RenderAsync(CiJob job, string outcome)
    {
        CommandResult result = await job.RunAsync("HELMCACHED_TRACE=1 helm template r web\n");
        Assert.StartsWith("helmcached: " + outcome, result.StderrText, StringComparison.Ordinal);
        Assert.Contains("kind: ConfigMap", result.StdoutText, StringComparison.Ordinal);
    }

    /// <summary>As a cache of a build server does: if there is something, with the directories that it needs.</summary>
    private static void Carry(string from, string to)
    {
        if (!File.Exists(from))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to, overwrite: true);
    }

    [GeneratedRegex(@"\$\{\{ ([a-z0-9_.]+) \}\}")]
    private static partial Regex Expression();

    [GeneratedRegex("^([a-z._]+) == '([a-z]+)'$")]
    private static partial Regex Equality();
}
