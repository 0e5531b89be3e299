using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Invocations;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Invocations;

[Trait("Needs", "programs")]
public sealed class KubeconfigNamespaceTests
{
    private const string Shown = "namespace=";

    /// <summary>Name, kubeconfig, and whether the parser must understand it (the rest may be doubtful, but never wrong).</summary>
    private static readonly (string Name, string Text, bool Understood)[] s_configs =
    [
        ("plain", Config("server: https://x", "token: t"), true),
        ("empty bodies", Config("", ""), true),
        (
            "data",
            Config("server: https://x, certificate-authority-data: Zm9v", "client-certificate-data: Zm9v, client-key-data: Zm9v"),
            true
        ),
        (
            "exec",
            Config(
                "server: https://x",
                "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [--region, eu-west-1, eks], env: null}"
            ),
            true
        ),
        (
            "exec v1",
            Config(
                "server: https://x",
                "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Never, provideClusterInfo: false}"
            ),
            true
        ),
        ("auth provider", Config("server: https://x", "auth-provider: {name: gcp}"), true),
        ("no bang", Config("server: https://x, insecure-skip-tls-verify: true, tls-server-name: host", "username: u, password: p"), true),
        ("dangling", "current-context: a\ncontexts:\n- name: a\n  context: {cluster: nope, user: nope, namespace: nsa}\n", true),
        (
            "json",
            """{"apiVersion":"v1","kind":"Config","current-context":"a","contexts":[{"name":"a","context":{"namespace":"js"}}]}""",
            true
        ),
        ("quoted number", Config("", "").Replace("nsa", "'12'", StringComparison.Ordinal), true),
        ("no namespace", Config("", "").Replace("current-context: a", "current-context: nons", StringComparison.Ordinal), true),
        ("null namespace", Config("", "").Replace("nsa", "null", StringComparison.Ordinal), true),
        ("empty namespace", Config("", "").Replace("nsa", "\"\"", StringComparison.Ordinal), true),
        ("no current context", Config("", "").Replace("current-context: a", "current-context: \"\"", StringComparison.Ordinal), true),
        ("unknown context", Config("", "").Replace("current-context: a", "current-context: zz", StringComparison.Ordinal), true),
        (
            "extensions",
            Config("", "")
                .Replace(
                    "namespace: nsa",
                    "namespace: nsa, extensions: [{name: x, extension: {provider: minikube.sigs.k8s.io}}]",
                    StringComparison.Ordinal
                ),
            true
        ),
        ("preferences", "preferences: {}\nusers: null\nclusters: []\n" + Contexts, true),
        ("no bytes", "", true),
        ("braces", "{}", true),
        (
            "P4 AKS",
            Config(
                "server: https://x",
                "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: kubelogin, args: [get-token, --server-id, "
                    + "6dae42f8-4368-4678-94ff-3960e28e3630, --login, devicecode], env: null}"
            ),
            true
        ),
        (
            "P4 AKS with digits only",
            Config(
                "server: https://x",
                "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: kubelogin, args: [--server-id, "
                    + "12345678-1234-1234-1234-123456789012]}"
            ),
            true
        ),
        (
            "P4 aws-iam-authenticator",
            Config(
                "server: https://x",
                "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws-iam-authenticator, args: [token, -i, "
                    + "1cluster-of-mine]}"
            ),
            true
        ),
        (
            "P4 Teleport",
            Config(
                "server: 'https://proxy:443', tls-server-name: kube-teleport-proxy-alpn.x, extensions: [{extension: minikube, "
                    + "name: teleport.kube.name}]",
                "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: /usr/local/bin/tsh, args: [kube, credentials, "
                    + "--kube-cluster=minikube, --teleport-cluster=t, '--proxy=h:443'], env: null, provideClusterInfo: false}"
            ),
            true
        ),
        (
            "P4 gardenlogin",
            Config(
                "server: https://x, extensions: [{extension: {apiVersion: gardenlogin.gardener.cloud/v1, kind: ExecPluginConfig, "
                    + "gardenClusterIdentity: landscape-dev, shootRef: {namespace: garden-p, name: s}}, name: "
                    + "client.authentication.k8s.io/exec}]",
                "exec: {apiVersion: client.authentication.k8s.io/v1, command: kubectl, args: [gardenlogin, "
                    + "get-client-certificate], interactiveMode: IfAvailable, provideClusterInfo: true, installHint: \"Follow\\nthis\"}"
            ),
            true
        ),
        ("P4 extension of numbers", Config("extensions: [{name: x, extension: {a: 1, b: true, c: [x, 2], d: null}}]", "token: t"), true),
        ("P4 proxy", Config("server: https://x, proxy-url: 'http://proxy.example.com:3128'", "token: t"), true),
        ("P4 proxy by SOCKS", Config("server: https://x, proxy-url: socks5://10.0.0.1:1080", "token: t"), true),
        ("P4 proxy of another kind", Config("server: https://x, proxy-url: 'ftp://x'", "token: t"), false),
        ("P4 proxy with a port too large", Config("server: https://x, proxy-url: 'http://x:99999999'", "token: t"), false),
        ("P4 groups", Config("", "as: u, as-groups: [a, 1team]"), true),
        ("P4 no groups", Config("", "as-groups: null"), true),
        ("P4 uid without user", Config("", "as-uid: x"), false),
        (
            "P4 names that begin with a digit",
            Config("", "")
                .Replace("nsa", "1team", StringComparison.Ordinal)
                .Replace("name: u", "name: 7user", StringComparison.Ordinal)
                .Replace("user: u", "user: 7user", StringComparison.Ordinal),
            true
        ),
        ("P4 token that begins with a digit", Config("", "token: 0123abcd.klmn"), true),
        (
            "P4 address as a name",
            Config("", "")
                .Replace("name: c\n  cluster", "name: 10.0.0.1\n  cluster", StringComparison.Ordinal)
                .Replace("cluster: c,", "cluster: 10.0.0.1,", StringComparison.Ordinal),
            true
        ),
        (
            "P4 fields of other tools",
            "x-tool: {a: [1, {b: c}]}\n"
                + Config("server: https://x, region: eu, count: 3", "token: t, refreshed: true")
                    .Replace("namespace: nsa", "namespace: nsa, color: red", StringComparison.Ordinal)
                    .Replace("- name: b\n", "- name: b\n  icon: star\n", StringComparison.Ordinal),
            true
        ),
        ("P4 odd user beside", Config("", "token: t") + "- name: odd\n  user: {token: t, username: u, password: p}\n", true),
        ("P4 exponent as token", Config("", "token: 1e5"), false),
        ("P4 hexadecimal as token", Config("", "token: 0xabc"), false),
        ("P4 octal as token", Config("", "token: 0o17"), false),
        ("P4 time as token", Config("", "token: '1'").Replace("'1'", "12:30:45", StringComparison.Ordinal), false),
        ("P4 date and time as token", Config("", "token: 2001-12-14t21:59:43.10-05:00"), false),
        ("P4 digits and underscores as namespace", Config("", "").Replace("nsa", "1_000", StringComparison.Ordinal), false),
        ("P4 number of a foreign field", Config("x: 1e999", "token: t"), false),
        (
            "P4 infinity as an argument",
            Config("", "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: c, args: [-.inf]}"),
            false
        ),
        ("missing ca", Config("certificate-authority: /nonexistent/ca", "token: t"), false),
        ("bad base64", Config("certificate-authority-data: '!!!'", "token: t"), false),
        ("bad base64 of another cluster", Config("", "") + "- name: x\n  user: {client-key-data: a}\n", false),
        ("both cas", Config("certificate-authority-data: Zm9v, certificate-authority: /etc/passwd", "token: t"), false),
        ("missing client certificate", Config("", "client-certificate: /nonexistent/c, client-key: /nonexistent/k"), false),
        ("two ways in", Config("", "token: t, username: u, password: p"), false),
        ("certificate without key", Config("", "client-certificate-data: Zm9v"), false),
        ("exec without version", Config("", "exec: {command: foo}"), false),
        ("exec v1 without mode", Config("", "exec: {apiVersion: client.authentication.k8s.io/v1, command: foo}"), false),
        ("groups without user", Config("", "as-groups: [a]"), false),
        ("bad proxy", Config("proxy-url: ':bad'", "token: t"), false),
        ("wrong type", Config("insecure-skip-tls-verify: 'yes'", "token: t"), false),
        ("number as token", Config("", "token: 12"), false),
        ("number as namespace", Config("", "").Replace("nsa", "12", StringComparison.Ordinal), false),
        ("yes as namespace", Config("", "").Replace("nsa", "yes", StringComparison.Ordinal), false),
        ("y as namespace", Config("", "").Replace("nsa", "y", StringComparison.Ordinal), false),
        ("date as namespace", Config("", "").Replace("nsa", "2001-01-01", StringComparison.Ordinal), false),
        ("other case", Config("", "").Replace("namespace: nsa", "Namespace: up", StringComparison.Ordinal), false),
        ("wrong kind", "kind: Conf\n" + Contexts, false),
        ("wrong version", "apiVersion: v2\n" + Contexts, false),
        ("context twice", Config("", "").Replace("name: b", "name: a", StringComparison.Ordinal), false),
        (
            "key twice",
            Config("", "").Replace("current-context: a", "current-context: a\ncurrent-context: b", StringComparison.Ordinal),
            false
        ),
        ("two documents", Config("", "") + "---\ncurrent-context: b\n", false),
        ("anchor", Config("", "").Replace("namespace: nsa", "namespace: &x nsa", StringComparison.Ordinal), false),
        ("tag", Config("", "").Replace("namespace: nsa", "namespace: !!int nsa", StringComparison.Ordinal), false),
        ("tab", Config("", "").Replace("kind: Config", "kind:\tConfig", StringComparison.Ordinal), false),
        ("comment", "# nothing\n", false),
        ("null", "null\n", false),
        ("list", "- a\n", false),
        ("not yaml", "a: [\n", false),
        ("merge key", "current-context: a\ncontexts:\n- name: a\n  context: {<<: {namespace: m}, cluster: c}\n", false),
    ];

    private static string Contexts => "current-context: a\ncontexts:\n- name: a\n  context: {namespace: nsa}\n";

    public static IEnumerable<object[]> Majors => RealHelms.Majors;

    [Theory, MemberData(nameof(Majors))]
    public void One_kubeconfig_gives_the_namespace_that_helm_finds(int major)
    {
        using var home = new TemporaryDirectory();
        string chart = TinyChart(home);
        foreach ((string name, string text, bool understood) in s_configs)
        {
            string path = home.Write("k", text);
            Compare(major, home, chart, name, [path], understood, context: null);
        }
    }

    [Theory, MemberData(nameof(Majors))]
    public void Context_of_flag_or_variable_is_looked_up(int major)
    {
        using var home = new TemporaryDirectory();
        string chart = TinyChart(home);
        string path = home.Write("k", Config("server: https://x", "token: t"));
        foreach (string context in (string[])["a", "b", "nons", "zz"])
            Compare(major, home, chart, context, [path], understood: true, context);
    }

    [Theory, MemberData(nameof(Majors))]
    public void Several_kubeconfigs_are_merged(int major)
    {
        using var home = new TemporaryDirectory();
        string chart = TinyChart(home);
        string first = home.Write("k1", "current-context: one\ncontexts:\n- name: one\n  context: {cluster: c, namespace: n1}\n");
        string second = home.Write("k2", "current-context: two\ncontexts:\n- name: two\n  context: {cluster: c, namespace: n2}\n");
        string third = home.Write("k3", "current-context: two\n");
        string none = Path.Combine(home.Location, "none");
        string broken = home.Write("k4", "a: [\n");
        Compare(major, home, chart, "first wins", [first, second], understood: true);
        Compare(major, home, chart, "order", [second, first], understood: true);
        Compare(major, home, chart, "missing", [none, second], understood: true);
        Compare(major, home, chart, "all missing", [none], understood: true);
        Compare(major, home, chart, "context elsewhere", [third, first, second], understood: true);
        Compare(major, home, chart, "context nowhere", [third, first], understood: true);
        Compare(major, home, chart, "broken", [first, broken], understood: false);
        Compare(major, home, chart, "same twice", [first, home.Write("k5", File.ReadAllText(first))], understood: false);
        Compare(major, home, chart, "other context", [first, second], understood: true, context: "two");
    }

    [Fact]
    public void Missing_explicit_kubeconfig_means_default() =>
        Assert.Equal(
            "default",
            Assert.IsType<KubeconfigAnswer.Found>(KubeconfigNamespace.Of([new("/none", null)], isExplicit: true, context: null)).Namespace
        );

    [Fact]
    public void Files_that_clientcmd_opens_are_named()
    {
        byte[] text = Encoding.UTF8.GetBytes(Config("certificate-authority: ca.crt", "client-certificate: /c/c.crt, client-key: k/c.key"));
        var found = Assert.IsType<KubeconfigAnswer.Found>(
            KubeconfigNamespace.Of([new("/home/u/.kube/config", text)], isExplicit: false, context: null)
        );
        Assert.Equal("nsa", found.Namespace);
        Assert.Equal(["/home/u/.kube/ca.crt", "/c/c.crt", "/home/u/.kube/k/c.key"], found.MustOpen);
    }

    [Theory, MemberData(nameof(Majors))]
    public void Files_next_to_the_kubeconfig_make_it_usable(int major)
    {
        using var home = new TemporaryDirectory();
        string chart = TinyChart(home);
        home.Write("kube/ca.crt", "x");
        string path = home.Write("kube/config", Config("certificate-authority: ca.crt", "token: t"));
        Compare(major, home, chart, "ca beside", [path], understood: true);
    }

    private static void Compare(
        int major,
        TemporaryDirectory home,
        string chart,
        string name,
        string[] paths,
        bool understood,
        string? context = null
    )
    {
        var variables = new Dictionary<string, string>
        {
            ["HOME"] = Path.Combine(home.Location, "nobody"),
            ["KUBECONFIG"] = string.Join(':', paths),
        };
        string[] args = context is null ? ["template", "r", chart] : ["template", "r", chart, "--kube-context", context];
        HelmRun run = HelmRun.Of(major, args, home.Location, variables);
        Assert.Equal(0, run.ExitCode);
        int at = run.Stdout.IndexOf(Shown, StringComparison.Ordinal) + Shown.Length;
        string expected = run.Stdout[at..run.Stdout.IndexOf(';', at)];

        KubeconfigAnswer answer = KubeconfigNamespace.Of(
            [.. paths.Select(p => new KubeconfigFile(p, File.Exists(p) ? File.ReadAllBytes(p) : null))],
            isExplicit: false,
            context
        );
        (string? actual, IReadOnlyList<string> mustOpen) = answer switch
        {
            KubeconfigAnswer.Found found => (found.Namespace, found.MustOpen),
            KubeconfigAnswer.Absent absent => ("default", absent.MustOpen),
            _ => (null, []),
        };
        if (!mustOpen.All(File.Exists))
            actual = null;
        Assert.True(actual is not null || !understood, $"{name}: not understood");
        Assert.True(actual is null || actual == expected, $"{name}: helm says {expected}, we say {actual}");
    }

    private static string TinyChart(TemporaryDirectory home)
    {
        home.Write("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
        home.Write("c/templates/a.yaml", "a: \"" + Shown + "{{ .Release.Namespace }};\"\n");
        return Path.Combine(home.Location, "c");
    }

    private static string Config(string cluster, string user) =>
        $$"""
            apiVersion: v1
            kind: Config
            current-context: a
            contexts:
            - name: a
              context: {cluster: c, user: u, namespace: nsa}
            - name: b
              context: {cluster: c, user: u, namespace: nsb}
            - name: nons
              context: {cluster: c, user: u}
            clusters:
            - name: c
              cluster: { {{cluster}} }
            users:
            - name: u
              user: { {{user}} }

            """;
}
