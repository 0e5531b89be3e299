using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Invocations;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.Invocations;

/// <summary>
/// Two calls that mean the same to the parser are the same to the real helm, and what helm accepts is never an unknown flag.
/// <c>HELMCACHED_TEST_PAIRS</c> raises the number of pairs, <c>HELMCACHED_TEST_SEED</c> repeats or varies a run.
/// </summary>
[Trait("Needs", "programs")]
public sealed class CommandLinePropertyTests(ITestOutputHelper output)
{
    private const string Stdin = "fromStdin: 1\n";

    public static IEnumerable<object[]> Majors => RealHelms.Majors;

    [Theory, MemberData(nameof(Majors))]
    public void Calls_of_equal_meaning_have_equal_results(int major)
    {
        int wanted = Number("HELMCACHED_TEST_PAIRS", 60);
        int seed = Number("HELMCACHED_TEST_SEED", 4711) + major;
        using var scratch = new TemporaryDirectory();
        WriteInputs(scratch);
        var calls = new RandomCalls(new Random(seed), scratch.Location);
        var random = new Random(seed);
        int compared = 0,
            succeeded = 0,
            rejected = 0,
            tried = 0;
        while (compared < wanted)
        {
            tried++;
            RandomCalls.Call call = calls.New();
            string[] one = calls.Spell(call),
                other = calls.Spell(calls.Vary(call));
            Dictionary<string, string> oneVariables = Variables(scratch, random),
                otherVariables = random.Next(2) == 0 ? oneVariables : Variables(scratch, random);
            string? key = Key(scratch, one, oneVariables, out BypassReason reason);
            if (reason == BypassReason.UnknownFlag && rejected < wanted)
            {
                rejected++;
                Assert.True(Run(major, scratch, one, oneVariables).ExitCode != 0, $"seed {seed}: helm accepts {Show(one)}");
            }
            if (key is null || key != Key(scratch, other, otherVariables, out _) || one.SequenceEqual(other))
                continue;
            HelmRun first = Run(major, scratch, one, oneVariables),
                second = Run(major, scratch, other, otherVariables);
            compared++;
            string where = $"seed {seed}\n{Show(one)} {Show(oneVariables)}\n{Show(other)} {Show(otherVariables)}\n{key}\n{first}\n{second}";
            Assert.True(first.ExitCode == second.ExitCode, where);
            if (first.ExitCode != 0)
                continue;
            succeeded++;
            Assert.True(first == second, where);
        }
        output.WriteLine(
            $"helm {major}, seed {seed}: {tried} pairs tried, {compared} of equal key compared, {succeeded} of them successful; "
                + $"{rejected} unknown flags rejected by helm too"
        );
        Assert.True(succeeded * 2 > compared, "most pairs should succeed");
        Assert.True(rejected * 20 > wanted, "unknown flags should occur");
    }

    // What a fingerprint would hold: contents in place of paths, the namespace in place of what leads to it.
    private static string? Key(TemporaryDirectory scratch, string[] args, Dictionary<string, string> variables, out BypassReason reason)
    {
        reason = BypassReason.None;
        switch (InvocationParser.Parse(args, scratch.Location, variables, hasStdin: true))
        {
            case InvocationResult.Bypassed bypassed:
                reason = bypassed.Reason;
                return null;
            case InvocationResult.Served served:
                // Both print paths: one on standard error, which is in the second key; the other is replayed with the caller's own.
                return served.Invocation.Debugs || served.Invocation.WritesFiles ? null : Key(served.Invocation);
            default:
                throw new InvalidOperationException();
        }
    }

    private static string? Key(Invocation call)
    {
        if (Namespace(call.Namespace) is not { } ns)
            return null;
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"name {call.ReleaseName}\nnamespace {ns}\nchart {Content(call.Charts[0].Path + "/Chart.yaml")}\n"
        );
        foreach (InputFile file in call.Values)
            text.Append(CultureInfo.InvariantCulture, $"values {Content(file)}\n");
        foreach (SetFile file in call.SetFiles)
            text.Append(CultureInfo.InvariantCulture, $"set-file {file.Key} {Content(file.Source)}\n");
        foreach (KeyOption option in call.Options)
            text.Append(CultureInfo.InvariantCulture, $"{option.Label}: {option.Value}\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"repositories {Content(call.Startup.RepositoriesFile)} registry {Content(call.Startup.RegistryConfig)}\n"
        );
        return text.ToString();
    }

    private static string? Namespace(NamespaceInputs inputs)
    {
        if (inputs.Explicit is { } given)
            return given;
        if (inputs.HasOverrides)
            return null;
        var files = inputs.KubeconfigPaths.Select(p => new KubeconfigFile(p, File.Exists(p) ? File.ReadAllBytes(p) : null)).ToList();
        return KubeconfigNamespace.Of(files, inputs.KubeconfigIsExplicit, inputs.Context) switch
        {
            KubeconfigAnswer.Found found => found.Namespace,
            KubeconfigAnswer.Absent => "default",
            _ => null,
        };
    }

    private static string Content(InputFile file) =>
        file.Kind switch
        {
            InputKind.File => Content(file.Path),
            InputKind.Stdin => Stdin,
            _ => "",
        };

    private static string Content(string? path) =>
        path is null ? "(none)"
        : File.Exists(path) ? File.ReadAllText(path)
        : "(missing)";

    private static HelmRun Run(int major, TemporaryDirectory scratch, string[] args, Dictionary<string, string> variables) =>
        HelmRun.Of(major, args, scratch.Location, variables, Stdin);

    private static Dictionary<string, string> Variables(TemporaryDirectory scratch, Random random)
    {
        var variables = new Dictionary<string, string> { ["HOME"] = scratch.Location + "/home" };
        Maybe("HELM_NAMESPACE", "ns1", "ns2", "");
        Maybe("HELM_KUBECONTEXT", "a", "b", "");
        Maybe("KUBECONFIG", "k1", scratch.Location + "/k2:k1", "nofile", "");
        Maybe("HELM_KUBETOKEN", "x", "");
        Maybe("HELM_DEBUG", "false", "junk");
        Maybe("HELM_BIN", "helm");
        Maybe("HELM_REPOSITORY_CONFIG", "repos.yaml", "nofile", "");
        Maybe("HELM_REGISTRY_CONFIG", "registry.json", "");
        Maybe("HELM_CONFIG_HOME", "cfg", "");
        Maybe("PWD", scratch.Location, "/nonsense");
        Maybe("HELM_QPS", "junk");
        return variables;

        void Maybe(string name, params string[] values)
        {
            if (random.Next(6) == 0)
                variables[name] = values[random.Next(values.Length)];
        }
    }

    private static void WriteInputs(TemporaryDirectory scratch)
    {
        foreach (string under in (string[])["", "copy/"])
        {
            scratch.Write(under + "c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
            scratch.Write(under + "c/values.yaml", "a: 0\nsub:\n  k: default\n");
            scratch.Write(under + "c/crds/crd.yaml", "kind: CustomResourceDefinition\nmetadata:\n  name: x\n");
            scratch.Write(under + "c/templates/a.yaml", "values: {{ .Values | toJson }}\nrelease: {{ .Release | toJson }}\n");
            scratch.Write(
                under + "c/templates/b.yaml",
                "kube: {{ .Capabilities.KubeVersion.Version }}\napis: {{ .Capabilities.APIVersions | toJson | sha256sum }}\n"
            );
            scratch.Write(
                under + "c/templates/hook.yaml",
                "kind: Job\nmetadata:\n  name: h\n  annotations:\n    helm.sh/hook: pre-install\n"
            );
            scratch.Write(under + "c/templates/tests/t.yaml", "kind: Pod\nmetadata:\n  name: t\n  annotations:\n    helm.sh/hook: test\n");
            scratch.Write(under + "c/values.schema.json", "{\"properties\":{\"b\":{\"type\":\"string\"}}}");
        }
        scratch.Write("v1.yaml", "a: 7\nv1: true\n");
        scratch.Write("copy/v1.yaml", "a: 7\nv1: true\n");
        scratch.Write("v2.yaml", "a: 8\nsub:\n  k: v2\n");
        scratch.Write("nv.yaml", "nv: 1\n");
        scratch.Write(
            "k1",
            "current-context: a\ncontexts:\n- name: a\n  context: {namespace: nsa}\n- name: b\n  context: {namespace: nsb}\n"
        );
        scratch.Write("k2", "contexts:\n- name: c\n  context: {namespace: nsc}\n");
        scratch.Write(
            "repos.yaml",
            "apiVersion: v1\nrepositories:\n- name: stable\n  url: https://kubernetes-charts.storage.googleapis.com\n"
        );
        scratch.Write("registry.json", "{}");
        scratch.Write("home/.keep", "");
        scratch.Write("cfg/repositories.yaml", "apiVersion: v1\nrepositories: []\n");
    }

    private static string Show(IEnumerable<string> words) => string.Join(' ', words.Select(w => $"'{w}'"));

    private static string Show(Dictionary<string, string> variables) => string.Join(' ', variables.Select(v => $"{v.Key}={v.Value}"));

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : otherwise;
}
