using System.Collections.Generic;
using System.IO;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Conformance;

/// <summary><c>helm dependency list</c>: the table, what lies in <c>charts/</c>, and where it would look elsewhere.</summary>
internal static class DependencyCases
{
    public static IEnumerable<ConformanceCase> All() => [.. Statuses(), .. Directories(), .. Doubtful(), .. Calls()];

    private static IEnumerable<ConformanceCase> Statuses() =>
        [
            Case("dependency list", Parent())
                .Run("dependency list web")
                .Says("unpacked")
                .EditsBy(directory => Directory.Delete(Path.Combine(directory, "web", "charts", "db"), recursive: true)),
            Case("dependency list without any", Chart("web"))
                .Run("dependency list web")
                .Says("no dependencies at web/charts")
                .EditsBy(directory =>
                    File.AppendAllText(Path.Combine(directory, "web", "Chart.yaml"), "dependencies: [{name: x, version: 1.0.0}]\n")
                ),
            Case("dependency list of a missing one", Chart("web").WithDependency("db"))
                .Run("dependency list web")
                .Says("missing")
                .EditsBy(directory => Chart("db").WriteTo(Path.Combine(directory, "web", "charts"))),
            Case("dependency list of a packed one", Packed())
                .Run("dependency list web")
                .Says("ok")
                .EditsBy(directory => File.Delete(Path.Combine(directory, "web", "charts", "db-1.0.0.tgz"))),
            Case("dependency list of a wrong version", Chart("web").WithDependency("db", "2.0.0").WithPackedSubchart(Chart("db")))
                .Run("dependency list web")
                .Says("wrong version")
                .Edits("web/Chart.yaml", "2.0.0", "1.0.0"),
            Case("dependency list of an invalid version", Chart("web").WithDependency("db", "x.y").WithSubchart(Chart("db")))
                .Run("dependency list web")
                .Is(Expected.Any),
            Case(
                    "dependency list of a corrupt archive",
                    Chart("web").WithDependency("db").WithFile(".helmignore", "*.tgz\n").WithFile("charts/db-1.0.0.tgz", "no archive")
                )
                .Run("dependency list web")
                .Says("corrupt")
                .EditsBy(directory => Chart("db").PackTo(Path.Combine(directory, "web", "charts"))),
            Case(
                    "dependency list of a misnamed archive",
                    Chart("web")
                        .WithDependency("db")
                        .WithFile(".helmignore", "*.tgz\n")
                        .WithFile("charts/db-1.0.0.tgz", Chart("other").Packed())
                )
                .Run("dependency list web")
                .Says("misnamed"),
            Case("dependency list of too many", Packed().WithFile("charts/db-2.0.0.tgz", Chart("db").WithVersion("2.0.0").Packed()))
                .Run("dependency list web")
                .Says("too many matches")
                .EditsBy(directory => File.Delete(Path.Combine(directory, "web", "charts", "db-2.0.0.tgz"))),
            Case("dependency list of what is no dependency", Packed().WithSubchart(Chart("stray")))
                .Run("dependency list web")
                .Says("stray")
                .EditsBy(directory => Directory.Delete(Path.Combine(directory, "web", "charts", "stray"), recursive: true)),
            Case(
                    "dependency list of requirements",
                    Chart("web").WithApiVersion("v1").WithFile("requirements.yaml", "dependencies:\n- name: db\n  version: 1.0.0\n")
                )
                .Run("dependency list web")
                .Says("missing")
                .Edits("web/requirements.yaml", "1.0.0", "1.0.1"),
            Case("dependency list with a lock", Parent().WithFile("Chart.lock", "dependencies: []\ngenerated: \"2020-01-01T00:00:00Z\"\n"))
                .Run("dependency list web")
                .StillHitsAfter(directory =>
                    File.WriteAllText(
                        Path.Combine(directory, "web", "Chart.lock"),
                        "dependencies: []\ngenerated: \"2021-01-01T00:00:00Z\"\n"
                    )
                ),
        ];

    private static IEnumerable<ConformanceCase> Directories() =>
        [
            Case("dependency list of an ignored archive", Packed().WithFile(".helmignore", "*.tgz\n"))
                .Run("dependency list web")
                .Says("ok")
                .EditsBy(directory =>
                    File.WriteAllBytes(Path.Combine(directory, "web", "charts", "db-1.0.0.tgz"), Chart("db").WithVersion("1.2.0").Packed())
                ),
            Case("dependency list of an ignored directory", Parent().WithFile(".helmignore", "charts/stray\n"))
                .With(directory => Chart("stray").WriteTo(Path.Combine(directory, "web", "charts")))
                .Run("dependency list web")
                .Says("stray")
                .Edits("web/charts/stray/Chart.yaml", "name: stray", "name: db"),
            Case("dependency list of an empty directory that comes", Parent())
                .Run("dependency list web")
                .EditsBy(directory => Directory.CreateDirectory(Path.Combine(directory, "web", "charts", "_empty"))),
            Case("dependency list of an empty directory that becomes a file", Parent())
                .With(directory => Directory.CreateDirectory(Path.Combine(directory, "web", "charts", "_empty")))
                .Run("dependency list web")
                .Says("_empty")
                .EditsBy(directory =>
                {
                    Directory.Delete(Path.Combine(directory, "web", "charts", "_empty"));
                    File.WriteAllText(Path.Combine(directory, "web", "charts", "_empty"), "");
                }),
            Case("dependency list of a directory that becomes a chart", Parent())
                .With(directory => Directory.CreateDirectory(Path.Combine(directory, "web", "charts", ".x")))
                .Run("dependency list web")
                .Says(".x")
                .EditsBy(directory =>
                    File.WriteAllText(
                        Path.Combine(directory, "web", "charts", ".x", "Chart.yaml"),
                        "apiVersion: v2\nname: db\nversion: 1.0.0\n"
                    )
                ),
            Case("dependency list where rules of a chart below count", Parent().WithFile(".helmignore", "charts/x\n"))
                .With(directory => Chart("x").WithFile(".helmignore", "nothing\n").WriteTo(Path.Combine(directory, "web", "charts")))
                .Run("dependency list web")
                .Says("charts/x")
                .Edits("web/charts/x/.helmignore", "nothing", "Chart.yaml")
                .Is(Expected.Any),
            Case(
                    "dependency list of a plain file in charts",
                    Parent().WithFile(".helmignore", "notes.txt\n").WithFile("charts/notes.txt", "1")
                )
                .Run("dependency list web")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "web", "charts", "notes.txt"), "2")),
            Case("dependency list of an ignored file deep below", Parent().WithFile(".helmignore", "*.bak\n").WithFile("files/a.bak", "1"))
                .Run("dependency list web")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "web", "files", "a.bak"), "2")),
            Case("dependency list of charts behind a link", Chart("web").WithDependency("db"))
                .With(directory => Chart("db").WriteTo(Path.Combine(directory, "c")))
                .WithLink("web/charts", "../c")
                .Run("dependency list web")
                .Says("unpacked")
                .EditsBy(directory => Directory.CreateDirectory(Path.Combine(directory, "c", "_more"))),
            Case("dependency list of a chart behind a link", Chart("web").WithDependency("db"))
                .WithChart(Chart("db"))
                .With(directory => Directory.CreateDirectory(Path.Combine(directory, "web", "charts")))
                .WithLink("web/charts/db", "../../db")
                .Run("dependency list web")
                .Says("unpacked")
                .Edits("db/Chart.yaml", "version: 1.0.0", "version: 3.0.0"),
            Case(
                    "dependency list of charts that are a file",
                    Chart("web").WithDependency("db").WithFile(".helmignore", "charts\n").WithFile("charts", "")
                )
                .Run("dependency list web")
                .Says("missing"),
            Case("dependency list of an archive", Chart("two"))
                .WithPacked(Packed())
                .Run("dependency list web-1.0.0.tgz")
                .Says("db")
                .EditsBy(directory =>
                    File.WriteAllBytes(Path.Combine(directory, "web-1.0.0.tgz"), Chart("web").WithDependency("dc").Packed())
                ),
        ];

    private static IEnumerable<ConformanceCase> Doubtful() =>
        [
            Case("dependency list that climbs", Chart("web").WithDependency("../../db"))
                .WithPacked(Chart("db"))
                .Run("dependency list web")
                .Says("misnamed")
                .Bypasses("dependencies-doubtful"),
            Case("dependency list of a pattern", Chart("web").WithDependency("\"*\""))
                .Run("dependency list web")
                .Bypasses("dependencies-doubtful"),
            Case("dependency list of a name in escapes", Chart("web").WithDependency("\"..\\x2fdb\""))
                .Run("dependency list web")
                .Bypasses("dependencies-doubtful"),
            Case(
                    "dependency list of a name by its alias",
                    Chart("web").WithMetadata("annotations: {n: &n ../../db}\ndependencies: [{name: *n, version: 1.0.0}]")
                )
                .Run("dependency list web")
                .Bypasses("dependencies-doubtful"),
            Case("dependency list under a name in capitals", Chart("web").WithMetadata("DEPENDENCIES: [{NAME: ../../db, version: 1.0.0}]"))
                .Run("dependency list web")
                .Bypasses("dependencies-doubtful"),
            Case(
                    "dependency list of wide characters",
                    Chart("web").WithMetadata("dependencies: [{name: db, version: 1.0.0, repository: \"file://…\"}]")
                )
                .WithVariable("LANG", "ja_JP.UTF-8")
                .Run("dependency list web")
                .Bypasses("dependencies-doubtful"),
            Case(
                    "dependency list beside wide characters",
                    Chart("web").WithMetadata("description: größer…\ndependencies: [{name: db, version: 1.0.0}]")
                )
                .WithVariable("LANG", "ja_JP.UTF-8")
                .Run("dependency list web")
                .StillHitsWith("LANG", "C"),
            Case("dependency list of a path that is a pattern", Parent())
                .With(directory => Directory.Move(Path.Combine(directory, "web"), Path.Combine(directory, "w[e]b")))
                .Run("dependency list w[e]b")
                .Bypasses("dependencies-doubtful"),
            Case("dependency list of an archive with wide characters")
                .WithPacked(Chart("web").WithMetadata("dependencies: [{name: db, version: 1.0.0, repository: \"file://…\"}]"))
                .Run("dependency list web-1.0.0.tgz")
                .Bypasses("dependencies-doubtful"),
            Case("dependency list in two documents", Chart("web").WithDependency("db").WithMetadata("description: x"))
                .With(directory => File.AppendAllText(Path.Combine(directory, "web", "Chart.yaml"), "---\nname: y\n"))
                .Run("dependency list web")
                .Bypasses("dependencies-doubtful"),
        ];

    private static IEnumerable<ConformanceCase> Calls() =>
        [
            Case("dep ls is dependency list", Parent()).Run("dep ls web").StillHitsRunning("dependency list web"),
            Case("dependencies list is dependency list", Parent()).Run("dependencies list web").StillHitsRunning("-n x dep ls web"),
            Case("dependency list by another path", Parent().WithSubchart(Chart("stray")))
                .Run("dependency list ./web/")
                .Says("\"web/charts/stray\"")
                .EditsRun("dependency list {dir}/web"),
            Case("dependency list in the chart's directory")
                .WithFile("Chart.yaml", "apiVersion: v2\nname: here\nversion: 1.0.0\n")
                .Run("dependency list")
                .Says("no dependencies at charts")
                .StillHitsRunning("dep ls ."),
            Case("dependency list in narrow columns", Parent())
                .Run("dependency list web --max-col-width 5")
                .Says("un...")
                .EditsRun("dependency list web --max-col-width 6"),
            Case("dependency list in columns of no width", Parent())
                .Run("dependency list web --max-col-width x --max-col-width 5")
                .Fails("invalid argument \"x\""),
            Case("dependency list of two", Parent()).Run("dependency list web web").Fails("accepts at most 1 argument"),
            Case("dependency list of nothing").Run("dependency list nowhere").Fails("no such file"),
            Case("dependency build is not served", Chart("web")).Run("dependency build web").Is(Expected.Any),
            Case("dependency alone").Run("dependency").Is(Expected.Any),
            Case("dependency list with a flag of template", Parent()).Run("dependency list web --set a=1").Fails("unknown flag: --set"),
            Case("dependency list, debugging", Parent()).Run("dependency list web --debug").OnlyHelm(4),
            Case("dependency list, its help").Run("dependency list --help").Bypasses("help-requested"),
            Case("dependency list of a chart that varies", Parent().WithConfigMap("r", "a: {{ randAlpha 5 }}"))
                .Run("dependency list web")
                .Says("unpacked"),
            Case("dependency list in another namespace", Parent())
                .WithVariable("HELM_NAMESPACE", "a")
                .Run("dependency list web")
                .StillHitsWith("HELM_NAMESPACE", "b"),
        ];

    private static ChartBuilder Parent() => Chart("web").WithDependency("db").WithSubchart(Chart("db").WithConfigMap("d", "b: 1"));

    private static ChartBuilder Packed() => Chart("web").WithDependency("db").WithPackedSubchart(Chart("db").WithConfigMap("d", "b: 1"));
}
