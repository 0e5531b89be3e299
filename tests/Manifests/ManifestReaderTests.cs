using System.Collections.Generic;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Manifests;
using Xunit;

namespace CacheDaemon.Tests.Manifests;

/// <summary>How the output of helm becomes resources.</summary>
public sealed class ManifestReaderTests
{
    [Fact]
    public void Documents_are_split_at_lines_of_three_hyphens_and_nothing_else()
    {
        const string Output =
            "---\n# Source: web/templates/a.yaml\nkind: A\nmetadata: {name: a}\nv: |\n  ---\n  x\n---  \t\r\n"
            + "# Source: web/templates/b.yaml\nkind: B\n---\n---\n# only a comment\n---\n# Source: web/templates/c.yaml\nkind: C\n"
            + "w: \"a\n  ---\n  b\"\n";
        (List<Manifest> read, List<string> problems) = Read(Output);
        Assert.Empty(problems);
        Assert.Equal(
            ["web/templates/a.yaml A a 1 3", "web/templates/b.yaml B  2 10", "web/templates/c.yaml C  3 16"],
            read.Select(m => $"{m.Source} {m.Kind} {m.Name} {m.Document} {m.Line}")
        );
        Assert.Equal("---\nx\n", read[0].Members["v"]);
        Assert.Equal("a --- b", read[2].Members["w"]);
    }

    [Fact]
    public void Documents_of_a_file_of_CRDs_inherit_its_source()
    {
        (List<Manifest> read, _) = Read(
            "---\n# Source: web/crds/a.yaml\n---\nkind: A\n---\nkind: B\n---\n# Source: web/templates/c.yaml\nkind: C\n"
        );
        Assert.Equal(["web/crds/a.yaml", "web/crds/a.yaml", "web/templates/c.yaml"], read.Select(m => m.Source));
    }

    [Fact]
    public void A_document_that_cannot_be_read_is_named_and_takes_no_other_along()
    {
        (List<Manifest> read, List<string> problems) = Read(
            "---\n# Source: web/templates/a.yaml\nkind: A\n---\n# Source: web/crds/b.yaml\nkind: B\nv: [1\n---\n"
                + "# Source: web/templates/c.yaml\nv: 1\n---\n- kind: D\n---\nkind: E\n"
        );
        Assert.Equal(["A", "E"], read.Select(m => m.Kind));
        Assert.Equal([1, 5], read.Select(m => m.Document));
        Assert.Equal(3, problems.Count);
        Assert.StartsWith("document 2 (web/crds/b.yaml), line ", problems[0], System.StringComparison.Ordinal);
        Assert.Equal("document 3 (web/templates/c.yaml), line 10: it has no kind", problems[1]);
        Assert.Equal("document 4 (web/templates/c.yaml), line 12: it is not an object", problems[2]);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_named()
    {
        var problems = new List<string>();
        List<Manifest> read = ManifestReader.Read(
            [.. "kind: A\n---\nkind: \""u8, 0xff, .. "\"\n---\nkind: \""u8, 7, .. "\"\n---\n\uFEFFkind: B\r\n"u8],
            problems
        );
        Assert.Equal(["A", "B"], read.Select(m => m.Kind));
        Assert.Equal(["document 2, line 3: it is not UTF-8", "document 3, line 5: a control character"], problems);
    }

    [Fact]
    public void What_helm_says_of_a_pulled_chart_is_no_resource()
    {
        (List<Manifest> read, List<string> problems) = Read("Pulled: localhost/x:1\nDigest: sha256:0\n---\nkind: A\n");
        Assert.Equal(("A", 0), (Assert.Single(read).Kind, problems.Count));
    }

    [Theory]
    [InlineData("")]
    [InlineData("---\n")]
    [InlineData("\n# nothing\n---\n\n---")]
    [InlineData("---\n# Source: web/templates/a.yaml\n")]
    [InlineData("null\n---\n~\n")]
    public void Nothing_is_nothing(string output)
    {
        (List<Manifest> read, List<string> problems) = Read(output);
        Assert.Empty(read);
        Assert.Empty(problems);
    }

    private static (List<Manifest> Read, List<string> Problems) Read(string output)
    {
        var problems = new List<string>();
        return (ManifestReader.Read(Encoding.UTF8.GetBytes(output), problems), problems);
    }
}
