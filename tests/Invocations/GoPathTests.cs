using System.Collections.Generic;
using System.IO;
using System.Linq;
using CacheDaemon.Daemon.Invocations;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Invocations;

[Trait("Needs", "programs")]
public sealed class GoPathTests
{
    [Theory]
    [
        InlineData("", "."),
        InlineData(".", "."),
        InlineData("/", "/"),
        InlineData("/..", "/"),
        InlineData("..", ".."),
        InlineData("../../a", "../../a")
    ]
    [
        InlineData("a/../b", "b"),
        InlineData("a//b/./c/", "a/b/c"),
        InlineData("/a/../../b", "/b"),
        InlineData("a/../..", ".."),
        InlineData("//a", "/a")
    ]
    public void Clean_is_lexical(string path, string clean) => Assert.Equal(clean, GoPath.Clean(path));

    public static IEnumerable<object[]> Environments =>
        from major in RealHelms.Numbers
        from variables in (string[])
            [
                "HOME=/h",
                "HOME=/h/../g/",
                "HOME=h",
                "HOME=/h HELM_CONFIG_HOME= HELM_PLUGINS= HELM_REPOSITORY_CONFIG= XDG_DATA_HOME=/x/../y//z/",
                "HOME=/h HELM_CONFIG_HOME=rel/../a/. HELM_CACHE_HOME=./c HELM_DATA_HOME=/d XDG_CONFIG_HOME=/xc XDG_CACHE_HOME=xr",
                "HOME=/h HELM_PLUGINS=/a:/b HELM_REGISTRY_CONFIG=/r//x HELM_REPOSITORY_CONFIG=rel",
            ]
        select new object[] { major, variables };

    [Theory, MemberData(nameof(Environments))]
    public void Start_up_paths_are_those_of_helm_env(int major, string environment)
    {
        using var scratch = new TemporaryDirectory();
        var variables = environment.Split(' ').Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        HelmRun run = HelmRun.Of(major, ["env"], scratch.Location, variables);
        var shown = run
            .Stdout.Split('\n')
            .Where(l => l.Contains('='))
            .Select(l => l.Split('=', 2))
            .ToDictionary(l => l[0], l => l[1].Trim('"'));
        StartupPaths paths = new Variables(variables).Startup(scratch.Location, registryFlag: null, repositoryFlag: null)!;

        Assert.Equal([shown["HELM_CONFIG_HOME"], shown["HELM_DATA_HOME"], shown["HELM_CACHE_HOME"]], paths.Homes.Skip(1));
        Assert.Equal(Absolute(shown["HELM_REGISTRY_CONFIG"]), paths.RegistryConfig);
        Assert.Equal(Absolute(shown["HELM_REPOSITORY_CONFIG"]), paths.RepositoriesFile);
        Assert.Equal(
            shown["HELM_PLUGINS"].Length == 0 ? [] : shown["HELM_PLUGINS"].Split(':').Select(p => Absolute(p)!),
            paths.PluginDirectories
        );

        string? Absolute(string path) =>
            path.Length == 0 ? null
            : path[0] == '/' ? path
            : Path.Combine(scratch.Location, path);
    }
}
