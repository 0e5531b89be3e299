using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Manifests;
using FsCheck.Xunit;
using Xunit;

namespace CacheDaemon.Tests.Manifests;

public sealed class RenderDifferenceTests
{
    [Fact]
    public void Neither_the_order_of_documents_nor_of_members_nor_comments_nor_the_form_count() =>
        Assert.Empty(
            Compare(
                "a: 1\nkind: A\nmetadata: {name: x}\n---\n# Source: c/t.yaml\nkind: B\nmetadata: {name: x}\nlist: [1, 2]\n",
                "kind: B\nlist:\n- 1\n- 0x2\nmetadata:\n  name: \"x\"\n---\n# a comment\nmetadata: {name: x}\nkind: A\na: 1\n"
            )
        );

    [Fact]
    public void Resources_are_known_by_group_kind_namespace_and_name_and_not_by_version()
    {
        Assert.Equal(
            ["changed Deployment.apps/prod/a", "added Service/b", "removed Service/c"],
            Names(
                Compare(
                    "apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: a, namespace: prod}\n---\napiVersion: v1\n"
                        + "kind: Service\nmetadata: {name: c}\n",
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: prod}\n---\napiVersion: v1\n"
                        + "kind: Service\nmetadata: {name: b}\n"
                )
            )
        );
        Assert.Equal(
            ["removed Ingress.extensions/a", "added Ingress.networking.k8s.io/a"],
            Names(
                Compare(
                    "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n",
                    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\n"
                )
            )
        );
    }

    [Fact]
    public void Lists_are_looked_into()
    {
        Assert.Empty(
            Compare(
                "kind: List\napiVersion: v1\nitems: [{kind: A, metadata: {name: x}}, {kind: B, metadata: {name: x}}]\n",
                "kind: B\nmetadata: {name: x}\n---\nkind: A\nmetadata: {name: x}\n"
            )
        );
        Assert.Empty(
            Compare(
                "kind: ConfigMapList\napiVersion: v1\nitems: [{metadata: {name: x}}]\n",
                "kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}\n"
            )
        );
        Assert.Equal(
            ["changed Secret/x"],
            Names(
                Compare(
                    "kind: SecretList\napiVersion: v1\nitems: [{metadata: {name: x}, data: {a: planted1}}]\n",
                    "kind: Secret\napiVersion: v1\nmetadata: {name: x}\ndata: {a: planted2}\n"
                )
            )
        );
    }

    [Fact]
    public void Of_two_resources_with_one_name_equal_ones_are_no_change()
    {
        const string Job = "kind: Job\nmetadata: {name: x}\nv: ";
        Assert.Empty(Compare($"{Job}1\n---\n{Job}2\n", $"{Job}2\n---\n{Job}1\n"));
        ResourceChange change = Assert.Single(Compare($"{Job}1\n---\n{Job}2\n", $"{Job}2\n---\n{Job}3\n"));
        Assert.Contains("v: 1\n", change.Before, StringComparison.Ordinal);
        Assert.Contains("v: 3\n", change.After, StringComparison.Ordinal);
        Assert.Equal(["removed Job/x"], Names(Compare($"{Job}1\n---\n{Job}2\n", $"{Job}2\n")));
        Assert.Equal(
            ["changed Job/x-*"],
            Names(Compare("kind: Job\nmetadata: {generateName: x-}\nv: 1\n", "kind: Job\nmetadata: {generateName: x-}\nv: 2\n"))
        );
    }

    [Fact]
    public void A_value_of_a_Secret_that_changes_is_seen_to_change_and_not_seen()
    {
        const string Head = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n";
        ResourceChange change = Assert.Single(
            Compare(
                Head + "data: {a: planted1, b: planted2}\nstringData: {c: planted3}\n",
                Head + "data: {a: planted1, b: planted4}\nstringData: {c: planted3}\n"
            )
        );
        Assert.DoesNotContain("planted", change.Before + change.After, StringComparison.Ordinal);
        Assert.Equal(
            ["  a: \"*** 1\"", "-  b: \"*** 2\"", "+  b: \"*** 4\""],
            UnifiedText
                .Of(change.Before!, change.After!)
                .Where(static line => line.Contains("***", StringComparison.Ordinal))
                .Take(3)
                .Select(static line => line.StartsWith("   ", StringComparison.Ordinal) ? line[1..] : line)
        );
        Assert.Empty(Compare(Head + "data: {a: planted1}\n", Head + "data: {a: planted1}\n"));
    }

    [Theory]
    [InlineData("", "a\nb\n", "@@ -0,0 +1,2 @@|+a|+b")]
    [InlineData("a\n", "", "@@ -1 +0,0 @@|-a")]
    [InlineData("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\ne\nX\n", "@@ -3,4 +3,4 @@| c| d| e|-f|+X")]
    [InlineData(
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
        "X\n2\n3\n4\n5\n6\n7\n8\nY\n",
        "@@ -1,4 +1,4 @@|-1|+X| 2| 3| 4|@@ -6,4 +6,4 @@| 6| 7| 8|-9|+Y"
    )]
    [InlineData("1\n2\n3\n4\n5\n6\n7\n8\n", "X\n2\n3\n4\n5\n6\n7\nY\n", "@@ -1,8 +1,8 @@|-1|+X| 2| 3| 4| 5| 6| 7|-8|+Y")]
    [InlineData("a\u0085b\rc\n", "a\u0085b\rd\n", "@@ -1 +1 @@|-a\u0085b\rc|+a\u0085b\rd")]
    [InlineData("a\n", "a\n", "")]
    public void Differences_are_shown_as_diff_shows_them(string before, string after, string expected) =>
        Assert.Equal(expected, string.Join('|', UnifiedText.Of(before, after)));

    [Property(MaxTest = 300)]
    public bool A_unified_difference_makes_the_second_text_of_the_first(byte[] before, byte[] after)
    {
        string[] old = [.. before.Select(static b => "line " + b % 5)],
            now = [.. after.Select(static b => "line " + b % 5)];
        return Patch(old, UnifiedText.Of(Text(old), Text(now))).SequenceEqual(now);
    }

    private static List<string> Patch(string[] old, List<string> lines)
    {
        var made = new List<string>();
        int at = 0;
        foreach (string line in lines)
        {
            switch (line[0])
            {
                case '@':
                    string[] range = line.Split(' ')[1][1..].Split(',');
                    int start = int.Parse(range[0], System.Globalization.CultureInfo.InvariantCulture) - (range is [_, "0"] ? 0 : 1);
                    made.AddRange(old[at..start]);
                    at = start;
                    break;
                case '+':
                    made.Add(line[1..]);
                    break;
                default:
                    Assert.Equal(old[at++], line[1..]);
                    if (line[0] == ' ')
                        made.Add(line[1..]);
                    break;
            }
        }
        made.AddRange(old[at..]);
        return made;
    }

    private static string Text(string[] lines) => string.Concat(lines.Select(static line => line + "\n"));

    private static string[] Names(List<ResourceChange> changes) =>
        [
            .. changes.Select(static change =>
                $"{(change.Before is null ? "added" : change.After is null ? "removed" : "changed")} {change.Name}"
            ),
        ];

    private static List<ResourceChange> Compare(string before, string after) =>
        RenderDifference.Of(Read(before), Read(after), static value => $"*** {((string)value!)[^1]}");

    private static List<Manifest> Read(string text)
    {
        var problems = new List<string>();
        List<Manifest> read = ManifestReader.Read(Encoding.UTF8.GetBytes(text), problems);
        Assert.Empty(problems);
        return read;
    }
}
