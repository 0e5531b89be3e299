using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// A job of a build server as far as a shell can be one: an empty home, a checkout with the tarball in it, and nothing else in the
/// environment than what is put there. Its real helm is the first on PATH.
/// </summary>
internal sealed class CiJob : IAsyncDisposable
{
    private readonly string _root;

    /// <param name="root">Where home, checkout and temporary files of the job are.</param>
    /// <param name="tarball">Copied into the checkout.</param>
    public CiJob(string root, string tarball)
    {
        _root = root;
        foreach (string directory in (string[])["home", "checkout", "temp", "tools"])
            Directory.CreateDirectory(At(directory));
        File.CreateSymbolicLink(At("tools/helm"), RealHelms.Helm3);
        File.Copy(tarball, At("checkout/" + Path.GetFileName(tarball)));
        ChartBuilder.Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a | quote }}").WriteTo(At("checkout"));
        Environment = new Dictionary<string, string?>
        {
            ["PATH"] = At("tools") + ":/usr/bin:/bin",
            ["HOME"] = At("home"),
            ["HELMCACHED_CONFIG"] = At("none.yaml"),
            ["HELMCACHED_ARMED_DIRECTORY"] = ArmedHelms.Directory,
        };
    }

    /// <summary>What each script starts with; steps of a GitHub job add to it.</summary>
    public Dictionary<string, string?> Environment { get; }

    public string At(string path) => Path.Combine(_root, path);

    /// <summary>Runs a script in the checkout, as build servers do, and fails if it does.</summary>
    public async Task<CommandResult> RunAsync(string script, IReadOnlyDictionary<string, string?>? more = null)
    {
        string file = At("script.sh");
        await File.WriteAllTextAsync(file, script).ConfigureAwait(false);
        CommandResult result = await new Command("/bin/bash", ["--noprofile", "--norc", "-e", "-o", "pipefail", file])
        {
            Directory = At("checkout"),
            Environment = Environment.Concat(more ?? new Dictionary<string, string?>()).ToDictionary(),
        }
            .RunAsync()
            .ConfigureAwait(false);
        Assert.True(result.ExitCode == 0, $"{script}\n{result}{result.StdoutText}");
        return result;
    }

    /// <summary>The process id of the daemon; null when there is none.</summary>
    public async Task<int?> DaemonAsync(string program)
    {
        CommandResult status = await new Command(program, ["status", "--json"]) { Environment = Environment }
            .RunAsync()
            .ConfigureAwait(false);
        using JsonDocument answer = JsonDocument.Parse(status.StdoutText);
        return answer.RootElement.TryGetProperty("pid", out JsonElement id) ? id.GetInt32() : null;
    }

    public async ValueTask DisposeAsync()
    {
        string? program = (Environment["PATH"] ?? "")
            .Split(':')
            .Append(At("checkout/.helmcached/program"))
            .Select(directory => Path.Combine(directory, "helmcached"))
            .FirstOrDefault(File.Exists);
        if (program is not null)
            await new Command(program, ["stop"]) { Environment = Environment }
                .RunAsync()
                .ConfigureAwait(false);
    }

    /// <summary>The one document of a file below <c>eng/</c>.</summary>
    public static YamlMappingNode Load(params ReadOnlySpan<string> path)
    {
        var yaml = new YamlStream();
        using var reader = new StreamReader(Path.Combine([Repository.Root, "eng", .. path]));
        yaml.Load(reader);
        return (YamlMappingNode)yaml.Documents.Single().RootNode;
    }

    /// <summary>A scalar below a mapping; null when there is none.</summary>
    public static string? Text(YamlNode mapping, string name) =>
        ((YamlMappingNode)mapping).Children.TryGetValue(name, out YamlNode? node) ? ((YamlScalarNode)node).Value : null;
}
