using System;
using System.Globalization;
using System.IO;
using System.Text;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>
/// The charts that are measured, written from code so that their sizes are known and stay. Each method makes one chart
/// below a directory and returns the chart's name.
/// </summary>
internal static class BenchCharts
{
    /// <summary>What a new chart looks like: eight templates, 3 kB of output.</summary>
    public static string Trivial(string root)
    {
        string chart = Start(root, "trivial");
        Write(chart, "values.yaml", "replicas: 2\nimage: {name: shop, tag: v3}\nport: 8080\nlabels: {team: web}\n");
        Write(chart, "templates/_names.tpl", "{{ define \"name\" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}\n");
        Write(chart, "templates/NOTES.txt", "{{ include \"name\" . }} listens on {{ .Values.port }}.\n");
        foreach (string kind in (ReadOnlySpan<string>)["ServiceAccount", "ConfigMap", "Service", "Deployment", "Ingress", "HorizontalPodAutoscaler"])
            Write(chart, $"templates/{kind}.yaml", Object(kind, "{{ include \"name\" . }}", 8));
        return "trivial";
    }

    /// <summary>A grown application: 60 files, 60 kB of output.</summary>
    public static string Medium(string root)
    {
        string chart = Start(root, "medium");
        Write(chart, "values.yaml", "replicas: 2\nimage: {name: shop, tag: v3}\nport: 8080\nlabels: {team: web}\n");
        Write(chart, "templates/_names.tpl", "{{ define \"name\" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}\n");
        for (int i = 0; i < 55; i++)
            Write(chart, $"templates/part{i % 5}/object{i}.yaml", Object("ConfigMap", $"{{{{ include \"name\" . }}}}-{i}", 24));
        return "medium";
    }

    /// <summary>380 files, a tree of 7 MB, 0.7 MB of output.</summary>
    public static string Heavy(string root)
    {
        string chart = Start(root, "heavy");
        Write(chart, "values.yaml", "replicas: 2\nimage: {name: shop, tag: v3}\nport: 8080\nlabels: {team: web}\n");
        for (int i = 0; i < 60; i++)
            Write(chart, $"templates/group{i % 10}/object{i}.yaml", Object("ConfigMap", $"heavy-{i}", 405));
        for (int i = 0; i < 318; i++)
            Write(chart, $"dashboards/set{i % 18}/board{i}.json", Filler(i, 20_000));
        return "heavy";
    }

    /// <summary>Definitions only: 4.5 MB in, 4.5 MB out.</summary>
    public static string Definitions(string root)
    {
        string chart = Start(root, "definitions");
        for (int i = 0; i < 20; i++)
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: things{i}.bench.example}}\nspec:\n  group: bench.example\n  fields:\n");
            for (int line = 0; text.Length < 225_000; line++)
                text.Append(CultureInfo.InvariantCulture, $"    field{line}:\n      type: string\n      description: what field {line} is for\n      nullable: true\n      enum: [a, b]\n");
            Write(chart, $"crds/kind{i}.yaml", text.ToString());
        }
        return "definitions";
    }

    /// <summary>About a second of real helm's time for a few lines.</summary>
    public static string Slow(string root)
    {
        string chart = Start(root, "slow");
        Write(chart, "templates/chain.yaml", Chained("slow", 1_450_000));
        return "slow";
    }

    /// <summary>Gives other bytes each time: a password that is made up.</summary>
    public static string Varying(string root)
    {
        string chart = Start(root, "varying");
        Write(chart, "templates/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: varying}\nstringData: {password: {{ randAlphaNum 20 }}}\n");
        return "varying";
    }

    /// <summary>What a fleet deploys sixty times: 15 templates, 90 objects, each with a chain of digests. Values beside it.</summary>
    public static string Fleet(string root)
    {
        string chart = Start(root, "fleet");
        for (int i = 0; i < 15; i++)
        {
            var text = new StringBuilder();
            for (int j = 0; j < 6; j++)
                text.Append(Chained($"fleet-{i}-{j}", 900));
            Write(chart, $"templates/part{i}.yaml", text.ToString());
        }
        for (int i = 0; i < FleetSize; i++)
            Write(root, $"environments/env{i}/values.yaml", "salt: north\nreplicas: 3\n");
        return "fleet";
    }

    /// <summary>A few lines of output, and so many files that templates could read.</summary>
    public static string WithFiles(string root, int files)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"files-{files}"), chart = Start(root, name);
        Write(chart, "templates/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n");
        for (int i = 0; i < files; i++)
            Write(chart, string.Create(CultureInfo.InvariantCulture, $"files/part{i / 50}/{i}.txt"), $"file {i}\n");
        return name;
    }

    /// <summary>One template with about so many bytes.</summary>
    public static string WithOutput(string root, int bytes)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"output-{bytes}"), chart = Start(root, name);
        var text = new StringBuilder("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata:\n");
        for (int i = 0; text.Length < bytes - 100; i++)
            text.Append(CultureInfo.InvariantCulture, $"  key{i}: a value of some length that stands for itself\n");
        Write(chart, "templates/config.yaml", text.ToString());
        return name;
    }

    /// <summary>How many environments a fleet has.</summary>
    public const int FleetSize = 60;

    private static string Start(string root, string name)
    {
        string chart = Path.Combine(root, name);
        Write(chart, "Chart.yaml", $"apiVersion: v2\nname: {name}\nversion: 1.2.3\nappVersion: v3\ndescription: generated for the bench\n");
        return chart;
    }

    private static string Chained(string name, int rounds) =>
        $$$$"""
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: {{{{name}}}}}
        {{- $digest := .Values.salt | default "salt" }}
        {{- range until {{{{rounds}}}} }}{{ $digest = sha256sum $digest }}{{ end }}
        data: {digest: {{ $digest }}}

        """;

    private static string Object(string kind, string name, int lines)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n  labels:\n    app: {{{{ .Chart.Name }}}}\n    {{{{- toYaml .Values.labels | nindent 4 }}}}\nspec:\n  replicas: {{{{ .Values.replicas }}}}\n  image: \"{{{{ .Values.image.name }}}}:{{{{ .Values.image.tag }}}}\"\n");
        for (int i = 0; i < lines; i++)
            text.Append(CultureInfo.InvariantCulture, $"  setting{i}: \"{name}-{i}\"\n");
        return text.ToString();
    }

    private static string Filler(int seed, int length)
    {
        var text = new StringBuilder("{\n");
        for (int i = 0; text.Length < length; i++)
            text.Append(CultureInfo.InvariantCulture, $"  \"panel{seed}.{i}\": \"{unchecked(i * 2654435761u + (uint)seed):x8}\",\n");
        return text.Append("  \"end\": true\n}\n").ToString();
    }

    private static void Write(string root, string name, string text)
    {
        string path = Path.Combine(root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
