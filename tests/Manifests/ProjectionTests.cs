using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Manifests;
using FsCheck.Xunit;
using Xunit;

namespace CacheDaemon.Tests.Manifests;

public sealed class ProjectionTests
{
    private const string Sample = """
        # Source: web/templates/a.yaml
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a}
        values: [1, -5, 9007199254740993, 1.5, 1e300, true, ~, "", "x\ny", {}, [], {a: {b: [1]}}, 0x_1F, ümlaut]
        ---
        kind: [
        ---
        # Source: web/templates/b.yaml
        kind: List
        items: &i [{kind: A}]
        more: *i
        """;

    [Fact]
    public void What_was_read_is_what_was_written()
    {
        (byte[] output, List<Manifest> manifests, List<string> problems) = Read(Sample);
        byte[] bytes = Projection.Write(output, manifests, problems)!;
        var again = new List<Manifest>();
        var told = new List<string> { "before" };
        Assert.True(Projection.TryRead(bytes, output, again, told));
        Assert.Equal(["before", .. problems], told);
        Assert.Equal(2, manifests.Count);
        Assert.Equal(manifests.Select(Describe), again.Select(Describe));
    }

    [Fact]
    public void One_that_is_of_another_output_or_version_is_no_answer()
    {
        (byte[] output, List<Manifest> manifests, List<string> problems) = Read(Sample);
        byte[] bytes = Projection.Write(output, manifests, problems)!;
        Assert.False(Projection.TryRead(bytes, Read("kind: B\n").Output, [], []));
        bytes[1]++;
        Assert.False(Projection.TryRead(bytes, output, [], []));
    }

    [Property(MaxTest = 500)]
    public void Bytes_that_are_none_are_refused_and_leave_nothing_behind(int at, byte change, int cut)
    {
        (byte[] output, List<Manifest> manifests, List<string> problems) = Read(Sample);
        byte[] bytes = Projection.Write(output, manifests, problems)!;
        bytes[(int)((uint)at % bytes.Length)] ^= change;
        var read = new List<Manifest>();
        var told = new List<string>();
        // The store checks the bytes by their digest; here no more is asked than an answer without an exception, whole or not at all.
        if (!Projection.TryRead(bytes.AsMemory(0, cut % 2 == 0 ? bytes.Length : (int)((uint)cut % bytes.Length)), output, read, told))
            Assert.Equal((0, 0), (read.Count, told.Count));
    }

    [Fact]
    public void Aliases_that_stand_for_more_than_is_kept_make_none()
    {
        string[] levels =
        [
            .. Enumerable.Range(1, 6).Select(static n => $"l{n}: &l{n} [{string.Join(", ", Enumerable.Repeat("*l" + (n - 1), 10))}]"),
        ];
        (byte[] output, List<Manifest> manifests, List<string> problems) = Read(
            $"kind: A\nl0: &l0 {new string('x', 100)}\n{string.Join('\n', levels)}\n"
        );
        Assert.Single(manifests);
        Assert.Null(Projection.Write(output, manifests, problems));
    }

    /// <summary>Allocated bytes do not depend on the machine: what a projection is for is that no YAML is read.</summary>
    [Fact]
    public void Reading_one_takes_a_fraction_of_reading_the_output()
    {
        byte[] text = Encoding.UTF8.GetBytes(
            string.Concat(
                Enumerable
                    .Range(0, 500)
                    .Select(static n =>
                        $"---\n# Source: web/templates/{n}.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n"
                        + $"  name: web-{n}\n  labels: {{app: web, number: \"{n}\"}}\nspec:\n  replicas: {n}\n  template:\n"
                        + $"    spec:\n      containers:\n      - name: main\n        image: registry.example/web:{n}\n"
                        + "        ports:\n        - containerPort: 8080\n"
                    )
            )
        );
        byte[] output = Digest.Of(text).ToArray();
        var problems = new List<string>();
        long before = GC.GetAllocatedBytesForCurrentThread();
        List<Manifest> manifests = ManifestReader.Read(text, problems);
        long reading = GC.GetAllocatedBytesForCurrentThread() - before;
        byte[] bytes = Projection.Write(output, manifests, problems)!;
        before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(Projection.TryRead(bytes, output, [], problems));
        long recalling = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(recalling * 4 < reading, $"{recalling} bytes instead of {reading}");
    }

    private static string Describe(Manifest manifest)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            ManifestJson.Write(json, manifest.Members);
        return $"{manifest.Source} {manifest.Document} {manifest.Line} {string.Join(',', manifest.Members.Keys)} "
            + $"{Encoding.UTF8.GetString(buffer.ToArray())}";
    }

    private static (byte[] Output, List<Manifest> Manifests, List<string> Problems) Read(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var problems = new List<string>();
        return (Digest.Of(bytes).ToArray(), ManifestReader.Read(bytes, problems), problems);
    }
}
