using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Manifests;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Manifests;

/// <summary>What YAML means: as kubectl reads it.</summary>
public sealed class YamlReaderTests
{
    private const string Kubectl = "/usr/bin/kubectl";

    /// <summary>Those that no change can cut a character in two of.</summary>
    private static readonly string[] s_changeable = [.. YamlTable.Rows.Select(row => row.Yaml).Where(yaml => !yaml.Any(char.IsSurrogate))];

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, YamlTable.Rows.Count)];

    [Theory, MemberData(nameof(Rows))]
    public void A_document_is_what_kubectl_makes_of_it(int row)
    {
        (string yaml, string? json) = YamlTable.Rows[row];
        Assert.Equal((yaml, json is null ? null : Sorted(json)), (yaml, Read(yaml)));
    }

    /// <summary>Holds the table to its oracle, on a machine that has it.</summary>
    [Fact]
    public async Task The_table_is_what_kubectl_says()
    {
        if (!File.Exists(Kubectl))
            return;
        using var directory = new TemporaryDirectory();
        await Parallel.ForEachAsync(
            YamlTable.Rows.Index(),
            async (row, _) =>
            {
                string file = directory.Write($"{row.Index}.yaml", $"apiVersion: v1\nkind: Foo\nmetadata: {{name: a}}\n{row.Item.Yaml}\n");
                var command = new Command(Kubectl, ["annotate", "--local", "-o", "json", "-f", file, "x=y"])
                {
                    Environment = new Dictionary<string, string?> { ["HOME"] = directory.Location },
                };
                CommandResult result = await command.RunAsync();
                if (row.Item.Json is null)
                {
                    Assert.True(result.ExitCode != 0, $"{row.Item.Yaml} is {result.StdoutText}");
                    return;
                }
                Assert.True(result.ExitCode == 0, $"{row.Item.Yaml}: {result}");
                JsonObject answer = JsonNode.Parse(result.StdoutText)!.AsObject();
                foreach (string own in (string[])["apiVersion", "kind", "metadata"])
                    answer.Remove(own);
                Assert.Equal((row.Item.Yaml, Sorted(row.Item.Json)), (row.Item.Yaml, Sorted(answer.ToJsonString())));
            }
        );
    }

    [Fact]
    public void A_few_lines_that_stand_for_billions_are_refused()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++)
            bomb.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        Assert.Contains("aliases", Refusal(bomb.ToString()), StringComparison.Ordinal);
    }

    [Fact]
    public void Levels_without_end_are_refused() =>
        Assert.Contains("levels", Refusal("v: " + new string('[', 100_000)), StringComparison.Ordinal);

    /// <summary>Broken YAML is refused by an exception of ours, whatever the parser meets in it.</summary>
    [Fact]
    public void Texts_with_some_characters_changed_are_values_or_are_refused()
    {
        var random = new Random(17);
        for (int i = 0; i < 20_000; i++)
            Read(Changed(random));
    }

    private static string Changed(Random random)
    {
        const string Changes = "\n \t-:#{}[]&*!|>'\"%@`?,.<=~0x9é\\/";
        var text = new StringBuilder(s_changeable[random.Next(s_changeable.Length)]);
        for (int j = random.Next(1, 4); j > 0; j--)
        {
            int at = random.Next(text.Length + 1);
            if (at < text.Length && random.Next(3) == 0)
                text.Remove(at, 1);
            else
                text.Insert(at, Changes[random.Next(Changes.Length)]);
        }
        return text.ToString();
    }

    private static string Refusal(string yaml) => Assert.Throws<ManifestException>(() => YamlReader.Read(yaml).Count()).Message;

    private static string? Read(string yaml)
    {
        try
        {
            using var stream = new MemoryStream();
            using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
                ManifestJson.Write(json, YamlReader.Read(yaml).FirstOrDefault()?.Value);
            return Sorted(Encoding.UTF8.GetString(stream.ToArray()));
        }
        catch (ManifestException)
        {
            return null;
        }
    }

    /// <summary>One spelling of a document of JSON: members by name; numbers as written.</summary>
    private static string Sorted(string json)
    {
        static JsonNode? Sort(JsonNode? node) =>
            node switch
            {
                JsonObject members => new JsonObject(
                    members
                        .OrderBy(member => member.Key, StringComparer.Ordinal)
                        .Select(member => KeyValuePair.Create(member.Key, Sort(member.Value)))
                ),
                JsonArray items => new JsonArray([.. items.Select(Sort)]),
                _ => node?.DeepClone(),
            };
        return Sort(JsonNode.Parse(json))?.ToJsonString() ?? "null";
    }
}
