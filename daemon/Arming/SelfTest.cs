using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;

namespace CacheDaemon.Daemon.Arming;

/// <summary>
/// Tries an armed copy beside the real helm, with charts of our own in a directory and an environment of our own: every impure function
/// must end in a trap, and everything else must be equal.
/// </summary>
internal sealed class SelfTest
{
    private readonly string _helm;
    private readonly string _copy;
    private readonly int _traps;
    private readonly string _directory;
    private readonly Dictionary<string, string> _variables;

    private SelfTest(string helm, string copy, int traps, string directory)
    {
        _helm = helm;
        _copy = copy;
        _traps = traps;
        _directory = directory;
        // Nothing of the user's: no plugins, no repositories, no cluster.
        _variables = new(StringComparer.Ordinal)
        {
            ["HOME"] = directory + "/home",
            ["KUBECONFIG"] = "/dev/null",
            ["TZ"] = "UTC",
        };
    }

    /// <summary>Runs all of it; the number of runs of helm.</summary>
    /// <param name="helm">The real helm.</param>
    /// <param name="copy">Its armed copy.</param>
    /// <param name="traps">How many exit codes are traps'.</param>
    /// <param name="directory">An empty directory of ours.</param>
    /// <exception cref="ArmingException">The copy is not to be trusted.</exception>
    /// <exception cref="HelmRunException">One of them cannot be run.</exception>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static async Task<int> RunAsync(string helm, string copy, int traps, string directory)
    {
        var test = new SelfTest(helm, copy, traps, directory);
        Directory.CreateDirectory(directory + "/home");
        test.WriteCharts();
        return await test.ComparePureAsync().ConfigureAwait(false)
            + await test.TryImpureAsync().ConfigureAwait(false)
            + await test.TryReferencesAsync().ConfigureAwait(false);
    }

    /// <summary>One chart with everything that is pure, rendered in several ways, and renders that fail in helm's own ways.</summary>
    private async Task<int> ComparePureAsync()
    {
        (string[] Arguments, bool Succeeds)[] calls =
        [
            (["template", "r", "self"], true),
            (
                ["template", "r", "self", "--include-crds", "--namespace", "n", "--set", "a=2", "--render-subchart-notes", "--is-upgrade"],
                true
            ),
            (["template", "r", "self", "--set", "a=0"], false),
            (["template", "r", "failing"], false),
            (["version"], true),
        ];
        foreach ((string[] arguments, bool succeeds) in calls)
        {
            HelmOutcome[] both = await Task.WhenAll(RunAsync(_helm, arguments), RunAsync(_copy, arguments)).ConfigureAwait(false);
            if (both[0].ExitCode == 0 != succeeds)
                throw new ArmingException(
                    $"helm itself ends `helm {string.Join(' ', arguments)}` of the self-test with {both[0].ExitCode}"
                );
            if (both[0] != both[1])
                throw new ArmingException(
                    $"its armed copy answers `helm {string.Join(' ', arguments)}` of the self-test otherwise (exit code {both[1].ExitCode})"
                );
        }
        return 2 * calls.Length;
    }

    private async Task<int> TryImpureAsync()
    {
        string[] charts =
        [
            .. Enumerable
                .Range(0, SelfTestCharts.Impure.Count)
                .SelectMany(static i => IsMade(i) ? [$"direct{i}", $"made{i}"] : new[] { $"direct{i}" }),
        ];
        await Parallel
            .ForEachAsync(
                charts,
                async (chart, _) =>
                {
                    HelmOutcome outcome = await RunAsync(_copy, ["template", "r", chart]).ConfigureAwait(false);
                    if (IsTrap(outcome))
                        return;
                    // An older helm may not know a function: then it fails, as the real one does.
                    if (outcome.ExitCode == 1 && outcome == await RunAsync(_helm, ["template", "r", chart]).ConfigureAwait(false))
                        return;
                    string action = SelfTestCharts.Impure[
                        int.Parse(chart.AsSpan(chart.IndexOfAnyInRange('0', '9')), System.Globalization.CultureInfo.InvariantCulture)
                    ];
                    throw new ArmingException($"{{{{ {action} }}}} does not end in a trap (exit code {outcome.ExitCode})");
                }
            )
            .ConfigureAwait(false);
        return charts.Length;
    }

    /// <summary>Schemas that refer to others. Every helm reads them, so none may fail otherwise.</summary>
    private async Task<int> TryReferencesAsync()
    {
        for (int i = 0; i < SelfTestCharts.SchemaReferences.Count; i++)
        {
            HelmOutcome outcome = await RunAsync(_copy, ["template", "r", $"schema{i}"]).ConfigureAwait(false);
            if (!IsTrap(outcome))
                throw new ArmingException(
                    $"a schema that refers to {SelfTestCharts.SchemaReferences[i]} does not end in a trap (exit code {outcome.ExitCode})"
                );
        }
        return SelfTestCharts.SchemaReferences.Count;
    }

    private bool IsTrap(HelmOutcome outcome) =>
        outcome.ExitCode >= ArmingPlan.FirstExitCode && outcome.ExitCode < ArmingPlan.FirstExitCode + _traps;

    private Task<HelmOutcome> RunAsync(string program, string[] arguments) => HelmRun.RunAsync(program, arguments, _directory, _variables);

    private void WriteCharts()
    {
        foreach ((string name, string content) in SelfTestCharts.Files)
            Write("self/" + name, content);
        var pure = new StringBuilder("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: pure}\ndata:\n");
        for (int i = 0; i < SelfTestCharts.Pure.Count; i++)
            pure.Append($"  v{i}: {{{{ {SelfTestCharts.Pure[i]} }}}}\n");
        Write("self/templates/pure.yaml", pure.ToString());
        Write("failing/Chart.yaml", "apiVersion: v2\nname: failing\nversion: 1.0.0\n");
        Write("failing/templates/a.yaml", "a: {{ required \"needed\" .Values.none }}\n");
        for (int i = 0; i < SelfTestCharts.SchemaReferences.Count; i++)
        {
            WriteChart($"schema{i}", "1", "a: 1\n");
            Write(
                $"schema{i}/values.schema.json",
                $"{{\"properties\": {{\"a\": {{\"$ref\": \"{SelfTestCharts.SchemaReferences[i]}\"}}}}}}\n"
            );
        }
        for (int i = 0; i < SelfTestCharts.Impure.Count; i++)
        {
            string action = "{{ " + SelfTestCharts.Impure[i] + " }}";
            WriteChart($"direct{i}", action, "a: 1\n");
            // Text that only tpl sees as a template, made of two halves.
            if (IsMade(i))
                WriteChart(
                    $"made{i}",
                    "{{ tpl (print .Values.head .Values.tail) . }}",
                    $"head: {Quoted(action[..4])}\ntail: {Quoted(action[4..])}\n"
                );
        }
    }

    private void WriteChart(string chart, string action, string values)
    {
        Write(chart + "/Chart.yaml", $"apiVersion: v2\nname: {chart}\nversion: 1.0.0\n");
        Write(chart + "/values.yaml", values);
        Write(chart + "/templates/a.yaml", $"x: {action}\n");
    }

    /// <summary>Each run takes as long as a call of helm.</summary>
    private static bool IsMade(int i) => i % 4 == 0;

    private static string Quoted(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    private void Write(string name, string content)
    {
        string path = _directory + "/" + name;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
