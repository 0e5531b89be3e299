using System;
using System.IO;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Cli;

/// <summary><c>helmcached diff</c>.</summary>
[Trait("Needs", "programs")]
public sealed class DiffCommandTests
{
    private const string Secret = "hunter2-planted";

    private const string Templates = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: c}
        data: {env: '{{ .Values.env }}', fixed: x}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: s}
        stringData: {password: '{{ .Values.password }}', other: hunter2-planted-other}
        {{- if .Values.extra }}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: extra, namespace: '{{ .Release.Namespace }}'}
        {{- end }}
        """;

    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Two_calls_are_compared_resource_by_resource(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Work(home);
        string[] first = ["template", "shop", "web", "-n", "prod"];
        CommandResult result = await AskAsync(
            home,
            work,
            ["diff", "--", "helm", .. first, "---", "helm", .. first, "--set", $"env=prod,password={Secret}2,extra=true"]
        );
        Assert.Equal((1, ""), (result.ExitCode, result.StderrText));
        Assert.Equal(
            """
            changed ConfigMap/c
            --- a/ConfigMap/c
            +++ b/ConfigMap/c
            @@ -1,6 +1,6 @@
             apiVersion: v1
             data:
            -  env: test
            +  env: prod
               fixed: x
             kind: ConfigMap
             metadata:
            changed Secret/s
            --- a/Secret/s
            +++ b/Secret/s
            @@ -4,4 +4,4 @@
               name: s
             stringData:
               other: "*** D1"
            -  password: "*** D2"
            +  password: "*** D3"
            added Service/prod/extra
            --- /dev/null
            +++ b/Service/prod/extra
            @@ -0,0 +1,5 @@
            +apiVersion: v1
            +kind: Service
            +metadata:
            +  name: extra
            +  namespace: prod

            """,
            Numbered(result.StdoutText)
        );
        CommandResult same = await AskAsync(home, work, ["diff", "--", .. first, "---", .. first, "--set", "env=test"]);
        Assert.Equal((0, "", ""), (same.ExitCode, same.StdoutText, same.StderrText));
        // Nothing that is printed is of the Secret, and a digest of one run says nothing in the next.
        Assert.DoesNotContain(Secret, result.StdoutText, StringComparison.Ordinal);
        CommandResult again = await AskAsync(
            home,
            work,
            ["diff", "--", .. first, "---", .. first, "--set", $"env=prod,password={Secret}2,extra=true"]
        );
        Assert.NotEqual(result.StdoutText, again.StdoutText);
        Assert.Equal(Numbered(result.StdoutText), Numbered(again.StdoutText));
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(4, true)]
    [InlineData(42, true)]
    public async Task One_call_is_compared_with_what_was_stored_last_of_its_release(int major, bool restarted)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Work(home);
        string[] call = ["template", "shop", "web"];
        await home.StartAsync();
        foreach (
            string[] other in (string[][])
                [
                    ["--set", "env=one"],
                    ["--set", "env=two"],
                    ["-n", "elsewhere", "--set", "env=three"],
                ]
        )
            await home.Shim(work, [.. call, .. other]).RunAsync();
        await home.Shim(work, "template", "other", "web", "--set", "env=four").RunAsync();
        await home.EntriesReachAsync(4);
        if (restarted)
            await home.StopAsync();
        CommandResult result = await AskAsync(home, work, ["diff", "--", .. call]);
        Assert.Equal((1, ""), (result.ExitCode, result.StderrText));
        Assert.Contains("-  env: two\n+  env: test\n", result.StdoutText, StringComparison.Ordinal);
        Assert.DoesNotContain("one", result.StdoutText, StringComparison.Ordinal);
        // It is stored itself now, and is not compared with itself.
        Assert.Equal(result.StdoutText, (await AskAsync(home, work, ["diff", "--", .. call])).StdoutText);
        Command piped = home.Admin(["diff", "--", .. call, "-f", "-"]) with
        {
            Directory = work,
            Stdin = Encoding.ASCII.GetBytes("env: five\n"),
        };
        Assert.Contains("-  env: test\n+  env: five\n", (await piped.RunAsync()).StdoutText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_without_an_earlier_result_is_said_to_have_none()
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        string work = Work(home);
        CommandResult result = await AskAsync(home, work, "diff", "--", "template", "shop", "web");
        Assert.Equal(
            (
                2,
                "",
                "helmcached: no earlier result of this release is stored (chart web, with the same release name and namespace); "
                    + "give a second call after ---\n"
            ),
            (result.ExitCode, result.StdoutText, result.StderrText)
        );
        result = await AskAsync(home, work, "diff", "--", "template", "shop", "web", "--post-renderer", "cat");
        Assert.Equal((2, ""), (result.ExitCode, result.StdoutText));
        Assert.StartsWith("helmcached: the cache does not serve this call (", result.StderrText, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Trouble_is_exit_code_2(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Work(home);
        Chart("bad").WithTemplate("c.yaml", "{{ fail \"not so\" }}").WriteTo(work);
        Chart("odd")
            .WithFile("crds/bad.yaml", $"kind: Secret\ndata: [{Secret}\n")
            .WithConfigMap("c", "a: {{ .Release.Name }}")
            .WriteTo(work);
        CommandResult result = await AskAsync(home, work, "diff", "--", "template", "shop", "web", "---", "template", "shop", "bad");
        Assert.Equal((2, ""), (result.ExitCode, result.StdoutText));
        Assert.Contains("not so", result.StderrText, StringComparison.Ordinal);
        // A document that cannot be read is named, and the rest compared.
        result = await AskAsync(home, work, "diff", "--", "template", "a", "odd", "--include-crds", "---", "template", "b", "odd");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("-  a: a\n+  a: b\n", result.StdoutText, StringComparison.Ordinal);
        Assert.Contains("document 1 (odd/crds/bad.yaml), line", result.StderrText, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, result.StdoutText + result.StderrText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("diff")]
    [InlineData("diff -- install shop web")]
    [InlineData("diff -- template a web --- upgrade a web")]
    [InlineData("diff -- template a web ---")]
    [InlineData("diff -- template a web --- template b web --- template c web")]
    [InlineData("diff -- template a web -f - --- template b web -f -")]
    public async Task What_cannot_be_compared_is_refused_and_not_run(string line)
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult result = await home.Admin(line.Split(' ')).RunAsync();
        Assert.Equal((2, ""), (result.ExitCode, result.StdoutText));
        Assert.StartsWith("helmcached: ", result.StderrText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Colours_are_for_terminals_that_want_them()
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        string work = Work(home);
        Command command = home.Admin("diff", "--", "template", "shop", "web", "---", "template", "shop", "web", "--set", "env=prod") with
        {
            Directory = work,
        };
        Command onTerminal = command.With("TERM", "xterm-256color").OnTerminal(40, 20);
        Assert.Contains("\u001b[31m-  env: test", (await onTerminal.RunAsync()).StdoutText, StringComparison.Ordinal);
        string plain = (await onTerminal.With("NO_COLOR", "1").RunAsync()).StdoutText;
        Assert.Contains("-  env: test", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[3", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", (await command.RunAsync()).StdoutText, StringComparison.Ordinal);
    }

    /// <summary>Digests by the order in which they first occur.</summary>
    private static string Numbered(string text)
    {
        var seen = new System.Collections.Generic.List<string>();
        return Regex.Replace(
            text,
            @"\*\*\* ([0-9a-f]{12})",
            match =>
            {
                if (!seen.Contains(match.Value))
                    seen.Add(match.Value);
                return $"*** D{seen.IndexOf(match.Value) + 1}";
            }
        );
    }

    private static string Work(DaemonHome home)
    {
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithValues($"env: test\npassword: {Secret}1\nextra: false\n").WithTemplate("all.yaml", Templates).WriteTo(work);
        return work;
    }

    private static Task<CommandResult> AskAsync(DaemonHome home, string directory, params string[] arguments) =>
        (home.Admin(arguments) with { Directory = directory }).RunAsync();
}
