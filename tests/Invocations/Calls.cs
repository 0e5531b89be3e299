using System.Collections.Generic;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Invocations;
using Xunit;

namespace CacheDaemon.Tests.Invocations;

/// <summary>Parses calls written as one line and describes what they mean.</summary>
internal static class Calls
{
    /// <summary>A plain environment.</summary>
    public static Dictionary<string, string> Variables(params (string Name, string Value)[] more)
    {
        var variables = new Dictionary<string, string> { ["HOME"] = "/home/u" };
        foreach ((string name, string value) in more)
            variables[name] = value;
        return variables;
    }

    /// <summary>Words are separated by one blank; '' is an empty word. The directory is /w.</summary>
    public static InvocationResult Parse(string line, params (string Name, string Value)[] variables) =>
        InvocationParser.Parse(
            line.Length == 0 ? [] : [.. line.Split(' ').Select(w => w == "''" ? "" : w)],
            "/w",
            Variables(variables),
            hasStdin: false
        );

    public static Invocation Served(string line, params (string Name, string Value)[] variables) =>
        Assert.IsType<InvocationResult.Served>(Parse(line, variables)).Invocation;

    /// <summary>Everything in an invocation that can enter a key, with paths in place of contents.</summary>
    public static string Describe(Invocation call)
    {
        var text = new StringBuilder();
        text.Append($"chart {call.Charts[0].Path} {string.Join(' ', call.Charts[0].Aliases)}\nname {call.ReleaseName}\n");
        foreach (InputFile file in call.Values)
            text.Append($"values {file.Kind} {file.Path}\n");
        foreach (SetFile file in call.SetFiles)
            text.Append($"set-file {file.Key} {file.Source.Kind} {file.Source.Path}\n");
        foreach (KeyOption option in call.Options)
            text.Append($"{option.Label}: {option.Value}\n");
        NamespaceInputs ns = call.Namespace;
        text.Append(
            $"namespace {ns.Explicit ?? "(none)"} {ns.Context} {string.Join(':', ns.KubeconfigPaths)} {ns.KubeconfigIsExplicit} "
                + $"{ns.HasOverrides} "
        );
        text.Append($"{ns.InClusterVariables} {ns.PodNamespace} {ns.HomeKubeconfig}\n");
        StartupPaths start = call.Startup;
        text.Append(
            $"start {string.Join(':', start.PluginDirectories)} {start.RepositoriesFile} {start.RegistryConfig} {start.DockerConfig}\n"
        );
        text.Append($"writes files {call.WritesFiles}\n");
        text.Append($"zone {call.TimeZone ?? "(unset)"} {call.GoRoot}\n");
        return text.ToString();
    }
}
