using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Client;

/// <summary><c>samples/environments</c>, built as anybody would: against the package, from a directory of packages.</summary>
[Trait("Needs", "programs")]
public sealed class LibrarySampleTests
{
    private const int Environments = 60;

    [Fact]
    public async Task The_sample_builds_from_the_package_and_prints_what_helm_prints()
    {
        using var directory = new TemporaryDirectory();
        string feed = directory.At("feed"),
            source = directory.At("sample");
        await DotnetAsync(directory, Repository.Root, "pack", "library", "--no-build", "--configuration", Configuration, "--output", feed);
        using (ZipArchive package = await ZipFile.OpenReadAsync(Assert.Single(Directory.GetFiles(feed, "CacheDaemon.Client.*.nupkg"))))
        {
            string[] files =
            [
                .. package
                    .Entries.Select(static entry => entry.FullName)
                    .Where(static name => name.Contains("net10.0", StringComparison.Ordinal) || name == "README.md")
                    .Order(StringComparer.Ordinal),
            ];
            // What programs are compiled against is the library alone; what it shares with the shim is there when they run.
            Assert.Equal(
                [
                    "README.md",
                    "lib/net10.0/CacheDaemon.Client.Library.dll",
                    "lib/net10.0/CacheDaemon.Client.Library.xml",
                    "lib/net10.0/CacheDaemon.Client.dll",
                    "ref/net10.0/CacheDaemon.Client.Library.dll",
                    "ref/net10.0/CacheDaemon.Client.Library.xml",
                ],
                files
            );
        }
        Directory.CreateDirectory(source);
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "samples", "environments")))
            File.Copy(file, Path.Combine(source, Path.GetFileName(file)));
        await DotnetAsync(directory, source, "build", "--output", directory.At("built"), "--source", feed);

        foreach (string helm in (string[])[RealHelms.Helm3, RealHelms.Helm42])
            await RunAsync(directory.At("built", "Environments"), helm);
    }

    private static async Task RunAsync(string sample, string helm)
    {
        await using var home = new DaemonHome(helm);
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a }}").WriteTo(work);
        Directory.CreateDirectory(Path.Combine(work, "env"));
        for (int i = 0; i < Environments; i++)
            await File.WriteAllTextAsync(Path.Combine(work, "env", Name(i) + ".yaml"), $"a: {i}\n");
        await home.StartAsync();
        Command command = new Command(sample, ["web", "env", "out"]) { Directory = work, Environment = home.Environment }
            .With("PATH", $"{Path.GetDirectoryName(home.ShimPath)}:/usr/bin:/bin")
            .With("DOTNET_ROOT", Path.GetDirectoryName(Environment.ProcessPath));

        CommandResult first = await command.RunAsync();
        Assert.Equal(
            (0, $"{Environments} rendered, 0 of them from the cache\nenv00 has 1 ConfigMap\n", ""),
            (first.ExitCode, first.StdoutText, first.StderrText)
        );
        await File.WriteAllTextAsync(Path.Combine(work, "env", "env07.yaml"), "a: changed\n");
        CommandResult second = await command.RunAsync();
        Assert.Equal(
            (0, $"{Environments} rendered, {Environments - 1} of them from the cache\nenv00 has 1 ConfigMap\n", ""),
            (second.ExitCode, second.StdoutText, second.StderrText)
        );
        for (int i = 0; i < Environments; i++)
        {
            byte[] real = (
                await home.Real(work, "template", "shop", "web", "--namespace", Name(i), "-f", $"env/{Name(i)}.yaml").RunAsync()
            ).Stdout.ToArray();
            Assert.Equal(real, await File.ReadAllBytesAsync(Path.Combine(work, "out", Name(i) + ".yaml")));
        }
        // Nobody is in the way where the cache is switched off, or the daemon does not answer.
        Assert.StartsWith(
            $"{Environments} rendered, 0 of them from the cache\n",
            (await command.With("HELMCACHED_DISABLE", "1").RunAsync()).StdoutText,
            StringComparison.Ordinal
        );
    }

    private static string Name(int i) => "env" + i.ToString("00", CultureInfo.InvariantCulture);

    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>
    /// Runs the SDK with a folder of packages of its own: what was installed of an earlier build must not be taken for this one.
    /// </summary>
    private static async Task DotnetAsync(TemporaryDirectory directory, string work, params string[] arguments)
    {
        string home = Environment.GetEnvironmentVariable("HOME") ?? "/";
        var command = new Command(Environment.ProcessPath!, [.. arguments, "--verbosity", "quiet", "--nologo"])
        {
            Directory = work,
            Environment = new Dictionary<string, string?>
            {
                ["PATH"] = Environment.GetEnvironmentVariable("PATH"),
                ["HOME"] = home,
                ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
                ["DOTNET_NOLOGO"] = "1",
                ["MSBUILDDISABLENODEREUSE"] = "1",
                ["NUGET_PACKAGES"] = arguments[0] == "build" ? directory.At("packages") : null,
                ["NUGET_FALLBACK_PACKAGES"] =
                    arguments[0] == "build"
                        ? Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Join(home, ".nuget", "packages")
                        : null,
            },
        };
        CommandResult result = await command.RunAsync();
        Assert.True(result.ExitCode == 0, result + result.StdoutText);
    }
}
