using System.Collections.Generic;
using System.IO;
using CacheDaemon.Tests.Conformance;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Inputs.CommandLineRowCases;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Inputs;

/// <summary>
/// Inputs through which a call once got another's answer, or an old one: links into /proc, variables of Go, time zones, plugins. Each name
/// begins with the row.
/// </summary>
internal static class ForeignAnswerCases
{
    private const string Downloader = """
        name: dl
        version: 0.1.0
        usage: x
        description: x
        command: "$HELM_PLUGIN_DIR/run.sh"
        downloaders:
        - command: run.sh
          protocols:
          - PROTOCOL

        """;

    private static readonly string s_wasm = """
        apiVersion: v1
        type: getter/v1
        name: wz
        version: 0.1.0
        runtime: extism/v1
        config:
          protocols: [wz]
        runtimeConfig:
          memory:
            maxPages: 16

        """;

    public static IEnumerable<ConformanceCase> All() =>
        [
            Case("A3 values through a link to the own process", Shown())
                .WithFile("v.yaml", "a: 1\n")
                .WithLink("pself", "/proc/self")
                .Run("template r web -f pself/cwd/v.yaml")
                .Says("a: 1")
                .Bypasses("values-through-proc")
                .Edits("v.yaml", "1", "2"),
            Case("A3 set-file through a link to the own process", Shown())
                .WithFile("s.txt", "1")
                .WithLink("pself", "/proc/self")
                .Run("template r web --set-file a=pself/cwd/s.txt")
                .Says("a: 1")
                .Bypasses("values-through-proc")
                .Edits("s.txt", "1", "2"),
            Case("A3 kubeconfig through a link to the own process", Mirror())
                .WithFile("kube", Kubeconfig("blue"))
                .WithLink("pself", "/proc/self")
                .Run("template r web")
                .WithVariable("KUBECONFIG", "{dir}/pself/cwd/kube")
                .Says("blue")
                .Bypasses("values-through-proc")
                .Edits("kube", "blue", "teal"),
            Case("A3 chart through a link to the own process", Shown())
                .WithLink("pself", "/proc/self")
                .Run("template r pself/cwd/web")
                .Bypasses("chart-special-file"),
            Case("A3 values through a link to a directory", Shown())
                .WithFile("d/v.yaml", "a: 1\n")
                .WithFile("e/v.yaml", "a: 2\n")
                .WithLink("l", "d")
                .Run("template r web -f l/v.yaml")
                .Says("a: 1")
                .EditsBy(directory =>
                {
                    File.Delete(Path.Combine(directory, "l"));
                    File.CreateSymbolicLink(Path.Combine(directory, "l"), "e");
                }),
            Case("A3 registry configuration below a file is no absence", Mirror())
                .Run("template r web")
                .EditsVariable("HELM_REGISTRY_CONFIG", "/etc/passwd/config.json"),
            Case("A6 GOMEMLIMIT off hits", Mirror()).Run("template r web -n x").StillHitsWith("GOMEMLIMIT", "off"),
            Case("A6 GOMEMLIMIT in bytes hits", Mirror()).Run("template r web -n x").StillHitsWith("GOMEMLIMIT", "9000000000B"),
            Case("A6 GOGC that Go cannot read hits", Mirror()).Run("template r web -n x").StillHitsWith("GOGC", "garbage"),
            Case("A6 GOTRACEBACK that Go does not know hits", Mirror()).Run("template r web -n x").StillHitsWith("GOTRACEBACK", "garbage"),
            Zoned("zone file reached by climbing", "../../..{dir}/zone").EditsBy(Replaced),
            Zoned("zone file reached by climbing, colon before", ":../../..{dir}/zone").EditsBy(Replaced),
            Zoned("zone file by an absolute path", "{dir}/zone").EditsBy(Replaced),
            Zoned("zone file by a link", "../../..{dir}/link").WithLink("link", "zone").EditsBy(Replaced),
            Case("A8 downloader for plain paths", Shown())
                .WithFile("v.yaml", "a: 1\n")
                .With(directory => Plugin(directory, "\"\""))
                .Run("template r web -f v.yaml")
                .WithVariable("HELM_PLUGINS", "{dir}/plugins")
                .Says("a: 7")
                .Bypasses("plugin-downloads")
                .Edits("plugins/dl/run.sh", "7", "8")
                .OnlyHelm(3),
            Case("A8 downloader for plain paths in a spelling of Go's", Shown())
                .WithFile("v.yaml", "a: 1\n")
                .With(directory => Plugin(directory, ""))
                .With(directory =>
                    File.WriteAllText(
                        Path.Combine(directory, "plugins/dl/plugin.yaml"),
                        File.ReadAllText(Path.Combine(directory, "plugins/dl/plugin.yaml")).Replace("protocols", "PROTOCOL\u017F")
                    )
                )
                .Run("template r web -f v.yaml")
                .WithVariable("HELM_PLUGINS", "{dir}/plugins")
                .Says("a: 7")
                .Bypasses("plugin-downloads")
                .Edits("plugins/dl/run.sh", "7", "8")
                .OnlyHelm(3),
            Case("A8 downloader for addresses hits", Shown())
                .WithFile("v.yaml", "a: 1\n")
                .With(directory => Plugin(directory, "secrets"))
                .Run("template r web -f v.yaml")
                .WithVariable("HELM_PLUGINS", "{dir}/plugins")
                .Says("a: 1")
                .StillHitsAfter(directory => File.AppendAllText(Path.Combine(directory, "plugins/dl/run.sh"), "# more\n")),
            Case("A8 missing plugin.wasm is noted", Mirror())
                .WithFile("plugins/wz/plugin.yaml", s_wasm)
                .WithFile("plugins/wz/plugin.wasm", "x")
                .Run("template r web")
                .WithVariable("HELM_PLUGINS", "{dir}/plugins")
                .EditsBy(directory => File.Delete(Path.Combine(directory, "plugins/wz/plugin.wasm")))
                .OnlyHelm(4),
            Case("A8 content of plugin.wasm hits", Mirror())
                .WithFile("plugins/wz/plugin.yaml", s_wasm)
                .WithFile("plugins/wz/plugin.wasm", "x")
                .Run("template r web")
                .WithVariable("HELM_PLUGINS", "{dir}/plugins")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "plugins/wz/plugin.wasm"), "y"))
                .OnlyHelm(4),
        ];

    private static CacheDaemon.Tests.Support.ChartBuilder Shown() => Chart("web").WithConfigMap("a", "a: {{ .Values.a }}");

    private static ConformanceCase Zoned(string name, string zone) =>
        Case("A7 " + name, Chart("web").WithConfigMap("d", "d: {{ date \"15 MST\" 0 | quote }}"))
            .With(directory => Copy(directory, "Asia/Tokyo"))
            .Run("template r web")
            .WithVariable("TZ", zone)
            .Says("09 JST")
            .Is(Expected.Any);

    private static void Replaced(string directory) => Copy(directory, "America/New_York");

    private static void Copy(string directory, string zone) =>
        File.Copy("/usr/share/zoneinfo/" + zone, Path.Combine(directory, "zone"), overwrite: true);

    private static void Plugin(string directory, string protocol)
    {
        string plugin = Directory.CreateDirectory(Path.Combine(directory, "plugins/dl")).FullName;
        File.WriteAllText(Path.Combine(plugin, "plugin.yaml"), Downloader.Replace("PROTOCOL", protocol));
        File.WriteAllText(Path.Combine(plugin, "run.sh"), "#!/bin/sh\necho 'a: 7'\n");
        File.SetUnixFileMode(Path.Combine(plugin, "run.sh"), (UnixFileMode)0b111_101_101);
    }

    private static string Kubeconfig(string @namespace) =>
        $"""
            apiVersion: v1
            kind: Config
            current-context: one
            contexts:
            - name: one
              context:
                namespace: {@namespace}

            """;
}
