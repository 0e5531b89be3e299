using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Daemon.Cli.Machine;
using CacheDaemon.Daemon.Configuration;

namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>
/// Renders a chart of its own through the shim, with a cache of its own, and by real helm: a miss, several hits, and the same bytes. What
/// it makes lies in one temporary directory and goes with it.
/// </summary>
internal static class SelfTest
{
    private const string Name = "self-test";

    /// <summary>The first hits after a start of the daemon are slower than those that follow.</summary>
    private const int Hits = 7;

    /// <summary>Nobody's real release is called this, and a namespace given is one that no kubeconfig need tell.</summary>
    private static readonly string[] s_call = ["template", "helmcached-self-test", "chart", "--namespace", "helmcached-self-test"];

    private static readonly string s_armedDirectory = VariableOf("armed.directory"),
        s_team = VariableOf("shared.url");

    /// <summary>Longest wait for each of the programs: <c>helmcached stop</c> itself waits for half of it.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static IEnumerable<DoctorCheck> Run()
    {
        string programs = Path.GetDirectoryName(Environment.ProcessPath!)!;
        if (!Probe.IsShim(Path.Join(programs, "helm")))
        {
            yield return DoctorCheck.Fail(
                Name,
                $"self-test: {programs}/helm is missing or is not the shim",
                "keep helm and helmcached in the same directory, as they were built or unpacked"
            );
            yield break;
        }
        if (HelmLocator.Find().Path is not { } helm)
        {
            yield return DoctorCheck.Fail(Name, "self-test: skipped, since there is no real helm", "install helm");
            yield break;
        }
        string directory = Directory.CreateTempSubdirectory("helmcached-doctor-").FullName;
        Dictionary<string, string?> environment = EnvironmentOf(directory, helm);
        ProgramRun Run(string program, params string[] arguments) =>
            ProgramRun.ToEnd(program, arguments, s_patience, directory, environment);
        try
        {
            WriteChart(Path.Join(directory, "chart"));
            yield return Try(Run, directory, programs, helm);
        }
        finally
        {
            Run(Path.Join(programs, "helmcached"), "stop");
            Directory.Delete(directory, recursive: true);
        }
    }

    private static DoctorCheck Try(Func<string, string[], ProgramRun> run, string directory, string programs, string helm)
    {
        // A daemon first: on a busy machine the first call does not wait for one.
        ProgramRun started = run(Path.Join(programs, "helmcached"), ["start"]);
        if (started.Code != 0)
            return DoctorCheck.Fail(
                Name,
                $"self-test: the daemon does not start: {started.Error}",
                "helmcached serve  (runs it in the foreground and shows why)"
            );
        ProgramRun real = run(helm, s_call);
        if (real.Code != 0)
            return DoctorCheck.Fail(
                Name,
                $"self-test: real helm cannot render a chart of two files: {real.Error}",
                $"check helm itself: {helm}"
            );
        ProgramRun first = run(Path.Join(programs, "helm"), s_call);
        ProgramRun[] hits = [.. Enumerable.Range(0, Hits).Select(_ => run(Path.Join(programs, "helm"), s_call))];
        foreach (ProgramRun made in (ProgramRun[])[first, .. hits])
        {
            if (made.Code != 0)
                return DoctorCheck.Fail(
                    Name,
                    $"self-test: the shim cannot render what real helm can: {made.Error}",
                    "export HELMCACHED_DISABLE=1, and please report this as a bug"
                );
            if (!made.Output.AsSpan().SequenceEqual(real.Output))
                return DoctorCheck.Fail(
                    Name,
                    "self-test: the shim's output differs from real helm's",
                    "export HELMCACHED_DISABLE=1, and please report this as a bug"
                );
        }
        string[] outcomes = File.Exists(TracePath(directory)) ? [.. File.ReadAllLines(TracePath(directory)).Select(WhatHappened)] : [];
        if (
            outcomes is not [var miss, .. var rest]
            || rest.Length != Hits
            || !miss.StartsWith("miss", StringComparison.Ordinal)
            || !rest.All(static hit => hit.StartsWith("hit", StringComparison.Ordinal))
        )
            return DoctorCheck.Fail(
                Name,
                $"self-test: expected a miss, then hits, but got: {(outcomes.Length == 0 ? "no answer" : string.Join("; ", outcomes))}",
                "see docs/troubleshooting.md for what each reason means"
            );
        double median = hits.Select(static hit => hit.Took.TotalMilliseconds).Order().ElementAt(Hits / 2);
        return DoctorCheck.Ok(
            Name,
            string.Create(
                CultureInfo.InvariantCulture,
                $"self-test: miss {first.Took.TotalMilliseconds:0.0} ms, then hit {median:0.0} ms (median of {Hits}), "
                    + $"{real.Output.Length} bytes, the same as real helm's"
            )
        );
    }

    /// <summary>Outcome and reason of a line of the trace, without its key.</summary>
    private static string WhatHappened(string line)
    {
        string text = line.Contains("helmcached: ", StringComparison.Ordinal)
            ? line[(line.IndexOf("helmcached: ", StringComparison.Ordinal) + 12)..]
            : line;
        int key = text.IndexOf(" key=", StringComparison.Ordinal);
        return key < 0 ? text : text[..key];
    }

    private static string TracePath(string directory) => Path.Join(directory, "trace");

    private static void WriteChart(string chart)
    {
        Directory.CreateDirectory(Path.Join(chart, "templates"));
        File.WriteAllText(Path.Join(chart, "Chart.yaml"), "apiVersion: v2\nname: self-test\nversion: 1.0.0\n");
        File.WriteAllText(
            Path.Join(chart, "templates", "config.yaml"),
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\n"
        );
    }

    private static string VariableOf(string key) => Settings.All.Single(setting => setting.Key == key).Variable;

    /// <summary>A cache of its own, as for a caller without settings.</summary>
    private static Dictionary<string, string?> EnvironmentOf(string directory, string helm) =>
        new()
        {
            ["HELMCACHED_DISABLE"] = null,
            ["HELMCACHED_RECACHE"] = null,
            ["HELMCACHED_READONLY"] = null,
            ["HELM_DEBUG"] = null,
            [Endpoint.HomeVariable] = Path.Join(directory, "home"),
            [HelmLocator.Variable] = helm,
            // The team has no use for this chart.
            [s_team] = null,
            // The copy of helm that there is: to arm it again takes seconds, on a busy machine longer than we wait.
            [s_armedDirectory] = ArmCommand.DirectoryOf(AdminConnection.Endpoint()) is var armed && Directory.Exists(armed) ? armed : null,
            [ConfigurationFile.Variable] = Path.Join(directory, "no-config.yaml"),
            ["HELMCACHED_TRACE"] = TracePath(directory),
        };
}
