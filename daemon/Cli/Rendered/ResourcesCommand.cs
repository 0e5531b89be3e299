using System;
using System.Collections.Generic;
using System.CommandLine;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Manifests;

namespace CacheDaemon.Daemon.Cli.Rendered;

/// <summary>Prints the resources of a render.</summary>
internal static class ResourcesCommand
{
    private static readonly string[] s_headings = ["key", "kind", "namespace", "name", "source"];

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON array, including the manifests." };
        var format = new Option<string>("--name-format")
        {
            Description = $"Go template for the names of the resources; as in Tanka, names must be unique. Default: {NameFormat.Default}",
            HelpName = "format",
            DefaultValueFactory = static _ => NameFormat.Default,
        };
        Argument<string[]> call = RenderedCall.Argument();
        var resources = new Command(
            "resources",
            "Print the resources of a render, from the cache if possible: helmcached resources -- template …"
        )
        {
            json,
            format,
            call,
        };
        resources.SetAction(parsed => Run(parsed.GetValue(call) ?? [], parsed.GetValue(json), parsed.GetValue(format)!));
        return resources;
    }

    private static int Run(string[] call, bool json, string format)
    {
        if (RenderedCall.Problem(ref call) is { } wrong)
            return Terminal.WrongUsage(wrong);
        try
        {
            NameFormat names = NameFormat.Parse(format);
            if (RenderedCall.Make(call, out int code) is not { } read)
                return code;
            List<string> keys = Keys(read.Manifests, names);
            if (json)
                WriteJson(read, format, keys);
            else
                WriteTable(read.Manifests, keys);
            return RenderedOutput.Tell(read.Problems);
        }
        catch (NameFormatException e)
        {
            Console.Error.WriteLine($"helmcached: --name-format: {Terminal.Harmless(e.Message)}");
            return ExitCodes.Failed;
        }
    }

    /// <summary>The name of each.</summary>
    /// <exception cref="NameFormatException">The format does not fit one of them, or gives two of them one name.</exception>
    private static List<string> Keys(List<Manifest> manifests, NameFormat names)
    {
        var keys = new List<string>(manifests.Count);
        var owners = new Dictionary<string, Manifest>(manifests.Count, StringComparer.Ordinal);
        foreach (Manifest manifest in manifests)
        {
            string key;
            try
            {
                key = names.Apply(manifest.Members);
            }
            catch (NameFormatException e)
            {
                throw new NameFormatException($"{Describe(manifest)}: {e.Message}");
            }
            if (!owners.TryAdd(key, manifest))
                throw new NameFormatException($"two resources have the name {key}: {Describe(owners[key])}, and {Describe(manifest)}");
            keys.Add(key);
        }
        return keys;
    }

    private static string Describe(Manifest manifest) =>
        $"{manifest.Kind} {(manifest.Namespace.Length > 0 ? manifest.Namespace + "/" : "")}{manifest.Name} "
        + $"({(manifest.Source.Length > 0 ? manifest.Source : "document " + manifest.Document)}, line {manifest.Line})";

    private static void WriteTable(List<Manifest> manifests, List<string> keys)
    {
        var rows = new List<string[]>(keys.Count);
        for (int i = 0; i < keys.Count; i++)
            rows.Add([keys[i], manifests[i].Kind, manifests[i].Namespace, manifests[i].Name, manifests[i].Source]);
        RenderedOutput.Table(s_headings, rows, "no resources");
    }

    private static void WriteJson(ReadOutput read, string format, List<string> keys) =>
        RenderedOutput.Json(
            read,
            ViewName.ResourcesJson(format),
            json =>
            {
                for (int i = 0; i < keys.Count; i++)
                {
                    Manifest manifest = read.Manifests[i];
                    json.WriteStartObject();
                    json.WriteString("apiVersion", manifest.ApiVersion);
                    json.WriteString("kind", manifest.Kind);
                    json.WriteString("namespace", manifest.Namespace);
                    json.WriteString("name", manifest.Name);
                    json.WriteString("source", manifest.Source);
                    json.WriteString("key", keys[i]);
                    json.WritePropertyName("manifest");
                    ManifestJson.Write(json, manifest.Members);
                    json.WriteEndObject();
                }
            }
        );
}
