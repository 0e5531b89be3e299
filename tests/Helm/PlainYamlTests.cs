using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Client.Helm;
using CacheDaemon.Tests.Support;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Helm;

/// <summary>What is called surely a mapping is one to every helm; and what people write in values files is called so.</summary>
[Trait("Needs", "programs")]
public sealed class PlainYamlTests
{
    private static readonly string[] s_sure =
    [
        "",
        "\n\n",
        "# nothing\n",
        "---\n",
        "--- # values\na: 1\n",
        "# x\n---\na: 1",
        "a: 1",
        "a:\n",
        "a: ~\n",
        "a: {}\nb: []\n",
        "a: 1\na: 2\n",
        "a: 1\r\nb: 2\r\n",
        "a: x # y\nb: x#y\nc: http://x:80/y\nd: a b  c\ne: -1.5e3\nf: +1\ng: .5\nh: 0x1f\ni: 2001-12-14\n"
            + "j: 2001-12-14t21:59:43.10-05:00\nk: 1e999\nl: ./x\nm: /x\nn: 12:30:45\no: 1_000\np: Null\nq: yes\n",
        "8080: x\ntrue: y\nyes: 1\na.b/c-d_e: 1\n_x: 2\n1234567890123456789012: z\n",
        "\"a b\": 1\n'c''d': 2\n\"e\\\"f\": 3\n",
        "a: 'it''s'\nb: \"x\\ny\\t\\\\\\\"\" # z\nc: ''\nd: \"\"\n",
        "a:\n  b:\n    c: 1\n  d: 2\ne: 3\n",
        "a:\n- 1\n- x: 1\n  y: 2\n-\n- - 1\n  - 2\n-   z: 1\nb:\n  - 1\n  -\n    x: 1\n",
        "a:\n  - b:\n    - c\n    d: 1\n  - b: 2\n",
        "a:\n      b: 1\nc:\n - 1\n",
        "a: |\n  x: [\n\n   y\n  #z\n\nb: >-\n    {{ x }}\n  # out\nc: |+ # keep\n d\n",
        "a: |\nb: 1\n",
        "a:\n  - |\n    x\n  - >\n   y\n",
        "a: |\n  x\ty\n",
        "a:\n- b: |\n    x\n  c: 1\n",
        "a: |\n  x",
        "a: [1, \"b:c\", 'd', e f, [2, {x: 1, \"y\": [ ]}], -1, --all, -x]  # z\nb: {c: 1, d: {e: f}, g: a-b}\n",
        "a: ü\nb: \"日本\"\nc: 'é'\n\"ключ\": 1\n",
        "a: $x\nb: a,b]}\nc: a [b] {c} & d * e ! f | g > h % i @ j ` k\n",
        "a: - \n".Replace("- ", "b", StringComparison.Ordinal),
        "a:\n  # c\n\n  b: 1\n    # d\n  c: 2\n",
        "a: 'x'   \nb:   1  \n",
        "a: ? \n".Replace("? ", "x?", StringComparison.Ordinal),
        "a: x'y\nb: x\"y\"\n",
    ];

    private static readonly string[] s_unsure =
    [
        "- a\n",
        "a\n",
        "1\n",
        "{}\n",
        " a: 1\n",
        "a: [\n",
        "a: {{ x }}\n",
        "{{ x }}: 1\n",
        "a:1\n",
        "a: b: c\n",
        "a: b:\n",
        "a : 1\n",
        "a: 1\n  b\n",
        "a: 1\n b: 2\n",
        "a:\n  b: 1\n c: 2\n",
        "a:\n- 1\n  - 2\nb\n",
        "a: 'x\n",
        "a: \"x\n",
        "a: \"\\q\"\n",
        "a: \"\\/\"\n",
        "a: 'x' y\n",
        "a: &x 1\n",
        "a: *x\n",
        "a: !x 1\n",
        "a: !!str 1\n",
        "<<: {a: 1}\n",
        "? a\n: 1\n",
        "a: @x\n",
        "a: `x`\n",
        "a: %x\n",
        "a:\tx\n",
        "\ta: 1\n",
        "a: 1\n---\nb: 1\n",
        "a: 1\n...\n",
        "a: -\n",
        "a: - b\n",
        "a: .inf\n",
        "a: -.inf\n",
        "a: .NaN\n",
        "null: 1\n",
        "~: 1\n",
        "Null: 1\n",
        "a: |2\n  x\n",
        "a: |x\n  y\n",
        "a: |\n    x\n  y\n",
        "a: |\n      \n  x\n",
        "a: [1\n]\n",
        "a: [1,]\n",
        "a: [1 2, b: c]\n",
        "a: {b}\n",
        "a: {b: 1 c: 2}\n",
        "a: {b: 1}}\n",
        "a: []]\n",
        "a: [[1]\n",
        "- a\nb: 1\n",
        "a: 1\n- b\n",
        "\ufeffa: 1\n",
        "a: \u0007\n",
        "a: \u0085x\n",
        "a: \u2028x\n",
        "a: x\rb: y\n",
        "a: 1\0\n",
        "a:\n - 1\n- 2\n",
        "a:\n  - 1\n  b: 2\n",
        "%YAML 1.2\n---\na: 1\n",
        "--- a: 1\n",
        "a: ,b\n",
        "a: ]\n",
        "a: }\n",
        "a: \"x\": 1\n",
        "a: =\n",
    ];

    public static TheoryData<string> Sure => [.. s_sure];

    public static TheoryData<string> Unsure => [.. s_unsure];

    [Theory]
    [MemberData(nameof(Sure))]
    public void Plain_files_are_surely_mappings(string text) => Assert.True(PlainYaml.IsSurelyMapping(Encoding.UTF8.GetBytes(text)), text);

    [Theory]
    [MemberData(nameof(Unsure))]
    public void Anything_else_is_not_sure(string text) => Assert.False(PlainYaml.IsSurelyMapping(Encoding.UTF8.GetBytes(text)), text);

    [Fact]
    public void Bytes_that_are_no_text_are_not_sure() =>
        Assert.False(PlainYaml.IsSurelyMapping("a: \xff"u8[..^1].ToArray().Append((byte)0xff).ToArray()));

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Helm_takes_what_is_sure(int major)
    {
        using var directory = new TemporaryDirectory();
        Chart("web").WithConfigMap("a", "a: 1").WriteTo(directory.At());
        var files = new List<string>();
        foreach (string text in s_sure.Concat(Mutations(200)))
        {
            files.Add("-f");
            files.Add(directory.Write($"{files.Count}.yaml", text));
        }
        CommandResult result = await new Command(RealHelms.Of(major), ["template", "r", "web", .. files])
        {
            Directory = directory.At(),
            Environment = new Dictionary<string, string?> { ["HOME"] = directory.At() },
        }.RunAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Fact]
    public void Another_parser_takes_what_is_sure()
    {
        foreach (string text in Mutations(20_000))
        {
            var stream = new YamlStream();
            try
            {
                stream.Load(new StringReader(text));
            }
            catch (YamlException e) when (!e.Message.Contains("uplicate", StringComparison.Ordinal))
            {
                Assert.Fail($"{e.Message}:\n{text}");
            }
            catch (YamlException)
            {
                continue; // Of two equal keys helm takes the last.
            }
            Assert.True(
                stream.Documents.Count == 0 || stream.Documents[0].RootNode is YamlMappingNode or YamlScalarNode { Value: "" or null },
                text
            );
        }
    }

    /// <summary>The common values files of public charts are made of this.</summary>
    [Fact]
    public void Values_of_the_samples_are_sure()
    {
        string[] files = Directory.GetFiles(Path.Combine(Repository.Root, "samples"), "values*.yaml", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (string file in files)
            Assert.True(PlainYaml.IsSurelyMapping(File.ReadAllBytes(file)), file);
    }

    /// <summary>Files near those above, of which it is still sure.</summary>
    private static IEnumerable<string> Mutations(int count)
    {
        var random = new Random(count);
        string[] seeds = [.. s_sure.Concat(s_unsure)];
        string[] pieces =
        [
            " ",
            "  ",
            "\n",
            "- ",
            ": ",
            ":",
            "#",
            " #",
            "'",
            "\"",
            "[",
            "]",
            "{",
            "}",
            ",",
            "|",
            ">",
            "a",
            "1",
            "-",
            "\n  ",
            "\n- ",
            "\\",
            "x: 1",
            "\n\n",
            "~",
            ".",
            "/",
        ];
        while (count > 0)
        {
            var text = new StringBuilder(seeds[random.Next(seeds.Length)]);
            if (random.Next(3) == 0)
                text.Append(seeds[random.Next(seeds.Length)]);
            for (int edits = random.Next(1, 5); edits > 0; edits--)
            {
                int at = random.Next(text.Length + 1);
                if (random.Next(3) == 0 && at < text.Length)
                    text.Remove(at, random.Next(1, Math.Min(4, text.Length - at) + 1));
                else
                    text.Insert(at, pieces[random.Next(pieces.Length)]);
            }
            string mutation = text.ToString();
            if (!PlainYaml.IsSurelyMapping(Encoding.UTF8.GetBytes(mutation)))
                continue;
            count--;
            yield return mutation;
        }
    }
}
