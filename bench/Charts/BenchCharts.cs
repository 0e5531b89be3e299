using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace CacheDaemon.Bench.Charts;

/// <summary>
/// The charts that are measured, written from code so that their sizes are known and stay. Each method makes one chart
/// below a directory and returns the chart's name.
/// </summary>
internal static class BenchCharts
{
    /// <summary>All of them but those that grow by an argument.</summary>
    public static IReadOnlyList<Func<string, string>> All { get; } =
    [Trivial, TwentyKilobytes, Medium, Heavy, Definitions, Slow, Varying, Fleet, Objects];

    /// <summary>What a new chart looks like: eight templates, 3 kB of output.</summary>
    public static string Trivial(string root)
    {
        Created(root, "trivial", 8);
        return "trivial";
    }

    /// <summary>The same files with more in them: 20 kB of output, the size that the budget of the daemon's throughput names.</summary>
    public static string TwentyKilobytes(string root)
    {
        Created(root, "twenty", 108);
        return "twenty";
    }

    /// <summary>A grown application: 60 files, 60 kB of output.</summary>
    public static string Medium(string root)
    {
        ChartFiles chart = ChartFiles.Start(root, "medium");
        chart.Write("values.yaml", "replicas: 2\nimage: {name: shop, tag: v3}\nport: 8080\nlabels: {team: web}\n");
        chart.Write("templates/_names.tpl", "{{ define \"name\" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}\n");
        for (int i = 0; i < 55; i++)
            chart.Write($"templates/part{i % 5}/object{i}.yaml", Object("ConfigMap", $"{{{{ include \"name\" . }}}}-{i}", 24));
        return "medium";
    }

    /// <inheritdoc cref="LargeChart"/>
    public static string Heavy(string root) => LargeChart.Write(root);

    /// <inheritdoc cref="DefinitionsChart"/>
    public static string Definitions(string root) => DefinitionsChart.Write(root);

    /// <summary>About a second of real helm's time for a few lines.</summary>
    public static string Slow(string root)
    {
        ChartFiles chart = ChartFiles.Start(root, "slow");
        chart.Write("templates/chain.yaml", Chained("slow", 1_450_000));
        return "slow";
    }

    /// <summary>Gives other bytes each time: a password that is made up.</summary>
    public static string Varying(string root)
    {
        ChartFiles chart = ChartFiles.Start(root, "varying");
        chart.Write(
            "templates/secret.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: varying}\nstringData: {password: {{ randAlphaNum 20 }}}\n"
        );
        return "varying";
    }

    /// <summary>
    /// What a fleet deploys sixty times: 15 templates, 90 objects, each with a chain of digests that starts with its name, and values
    /// beside it. The values of all environments are equal in content, each in a file of its own: the budget of 1.3 renders for all sixty
    /// says that one render serves them. How heavy the chart is follows from the budgets, too: 24 times faster than helm when cold, 8 at a
    /// time on two processors, is 60 R / 2 ≥ 24 (R + 60 H / 2) for a render R and a hit H, so R is at least 120 H; and no hit is faster
    /// than the floor, which the issue gives as 1.9 ms, so R is at least 228 ms. This one takes helm seven times as long as the smallest
    /// chart, 240 ms where that takes 34.
    /// </summary>
    public static string Fleet(string root)
    {
        ChartFiles chart = ChartFiles.Start(root, "fleet");
        for (int i = 0; i < 15; i++)
        {
            var text = new StringBuilder();
            for (int j = 0; j < 6; j++)
                text.Append(Chained($"fleet-{i}-{j}", 4_000));
            chart.Write($"templates/part{i}.yaml", text.ToString());
        }
        for (int i = 0; i < FleetSize; i++)
            FleetValues(root, i, "north");
        return "fleet";
    }

    /// <summary>Writes the values of one of the fleet's environments.</summary>
    public static void FleetValues(string root, int environment, string salt) =>
        new ChartFiles(root).Write(
            string.Create(CultureInfo.InvariantCulture, $"environments/env{environment}/values.yaml"),
            $"salt: {salt}\nreplicas: 3\n"
        );

    /// <summary>A few lines of output, and so many files that templates could read.</summary>
    public static string WithFiles(string root, int files)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"files-{files}");
        ChartFiles chart = ChartFiles.Start(root, name);
        chart.Write("templates/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n");
        for (int i = 0; i < files; i++)
            chart.Write(string.Create(CultureInfo.InvariantCulture, $"files/part{i / 50}/{i}.txt"), $"file {i}\n");
        return name;
    }

    /// <summary>One template with about so many bytes.</summary>
    public static string WithOutput(string root, int bytes)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"output-{bytes}");
        ChartFiles chart = ChartFiles.Start(root, name);
        var text = new StringBuilder("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata:\n");
        for (int i = 0; text.Length < bytes - 100; i++)
            text.Append(CultureInfo.InvariantCulture, $"  key{i}: a value of some length that stands for itself\n");
        chart.Write("templates/config.yaml", text.ToString());
        return name;
    }

    /// <summary>Five hundred objects, 25 in each of 20 templates.</summary>
    public static string Objects(string root)
    {
        ChartFiles chart = ChartFiles.Start(root, "objects");
        string variables = string.Concat(
            Enumerable
                .Range(0, 10)
                .Select(static n =>
                    string.Create(CultureInfo.InvariantCulture, $"        - name: SETTING_{n}\n          value: \"setting {n}\"\n")
                )
        );
        for (int i = 0; i < 20; i++)
            chart.Write(
                string.Create(CultureInfo.InvariantCulture, $"templates/part{i}.yaml"),
                "{{- range until 25 }}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ $.Release.Name }}-"
                    + i.ToString(CultureInfo.InvariantCulture)
                    + "-{{ . }}\n  labels:\n    app: objects\n    number: \"{{ . }}\"\nspec:\n  replicas: 2\n  template:\n    spec:\n"
                    + "      containers:\n      - name: main\n        image: registry.example/objects:{{ . }}\n"
                    + "        ports:\n        - containerPort: 8080\n        env:\n"
                    + variables
                    + "{{- end }}\n"
            );
        return "objects";
    }

    /// <summary>How many environments a fleet has.</summary>
    public const int FleetSize = 60;

    /// <summary>What <c>helm create</c> makes: a helper, notes, six objects.</summary>
    private static void Created(string root, string name, int lines)
    {
        ChartFiles chart = ChartFiles.Start(root, name);
        chart.Write("values.yaml", "replicas: 2\nimage: {name: shop, tag: v3}\nport: 8080\nlabels: {team: web}\n");
        chart.Write("templates/_names.tpl", "{{ define \"name\" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}\n");
        chart.Write("templates/NOTES.txt", "{{ include \"name\" . }} listens on {{ .Values.port }}.\n");
        foreach (
            string kind in (ReadOnlySpan<string>)
                ["ServiceAccount", "ConfigMap", "Service", "Deployment", "Ingress", "HorizontalPodAutoscaler"]
        )
            chart.Write($"templates/{kind}.yaml", Object(kind, "{{ include \"name\" . }}", lines));
    }

    /// <summary>An object whose digest takes so many rounds.</summary>
    private static string Chained(string name, int rounds) =>
        $$$$"""
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: {{{{name}}}}}
            {{- $digest := printf "%s %s" "{{{{name}}}}" (.Values.salt | default "salt") }}
            {{- range until {{{{rounds}}}} }}{{ $digest = sha256sum $digest }}{{ end }}
            data: {digest: {{ $digest }}}

            """;

    private static string Object(string kind, string name, int lines)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n  labels:\n    app: {{{{ .Chart.Name }}}}\n"
                + $"    {{{{- toYaml .Values.labels | nindent 4 }}}}\nspec:\n  replicas: {{{{ .Values.replicas }}}}\n"
                + $"  image: \"{{{{ .Values.image.name }}}}:{{{{ .Values.image.tag }}}}\"\n"
        );
        for (int i = 0; i < lines; i++)
            text.Append(CultureInfo.InvariantCulture, $"  setting{i}: \"{name}-{i}\"\n");
        return text.ToString();
    }
}
