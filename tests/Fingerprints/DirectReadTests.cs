using System;
using System.IO;
using System.Text;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Fingerprints;

/// <summary>
/// What <c>lint</c> and <c>dependency list</c> read past the chart as it is loaded: each change is another key, and is noticed by a warm
/// hit.
/// </summary>
public sealed class DirectReadTests : IDisposable
{
    private readonly CallSite _site = new();

    /// <summary>All that is looked at here is hidden from the chart as it is loaded.</summary>
    public DirectReadTests()
    {
        _site.Write("work/web/.helmignore", "*\n");
        Directory.CreateDirectory(_site.At("work/web/crds"));
        Directory.CreateDirectory(_site.At("work/web/charts/_empty"));
        Chart("kid").WithValues("k: 1\n").WithConfigMap("k", "a: b").WriteTo(_site.At("work/web/charts"));
        _site.Write("work/web/charts/kid/files/deep/x.txt", "1");
        _site.Write("work/web/notes.bak", "1");
    }

    public void Dispose() => _site.Dispose();

    [Theory]
    [InlineData("lint web", "Chart.yaml")]
    [InlineData("lint web", "values.yaml")]
    [InlineData("lint web", "-values.yaml")]
    [InlineData("lint web", "values.schema.json")]
    [InlineData("lint web", "-crds")]
    [InlineData("lint web", "-templates")]
    [InlineData("lint web --with-subcharts", "charts/kid/values.yaml")]
    [InlineData("lint web --with-subcharts", "charts/kid/templates/k.yaml")]
    [InlineData("lint web --with-subcharts", "charts/kid/.helmignore")]
    [InlineData("lint web --with-subcharts", "charts/kid/files/deep/Chart.yaml")]
    [InlineData("lint web --with-subcharts", "charts/_empty/Chart.yaml")]
    [InlineData("lint web --with-subcharts", "-charts/kid/Chart.yaml")]
    [InlineData("lint web --with-subcharts", "-charts")]
    [InlineData("dependency list web", "charts/kid/Chart.yaml")]
    [InlineData("dependency list web", "charts/_empty/Chart.yaml")]
    [InlineData("dependency list web", "charts/more/Chart.yaml")]
    [InlineData("dependency list web", "charts/a.tgz")]
    [InlineData("dependency list web", "-charts/_empty")]
    [InlineData("dependency list web", "-charts")]
    public void Change_of_what_is_read_directly_is_noticed(string line, string change)
    {
        Fingerprint before = Compute(line);
        Assert.True(before.StillValid());
        Make(change);
        Assert.False(before.StillValid());
        Fingerprint after = Compute(line);
        Assert.NotEqual(before.Key, after.Key);
        Assert.False(before.HasSameInputsAs(after));
    }

    [Theory]
    [InlineData("lint web", "notes.bak")]
    [InlineData("lint web", "charts/kid/Chart.yaml")]
    [InlineData("lint web", "templates/c.yaml")]
    [InlineData("lint web --with-subcharts", "notes.bak")]
    [InlineData("dependency list web", "notes.bak")]
    [InlineData("dependency list web", "values.schema.json")]
    public void Change_of_what_is_hidden_and_not_read_keeps_the_key(string line, string change)
    {
        Fingerprint before = Compute(line);
        Make(change);
        Assert.Equal(before.Key, Compute(line).Key);
    }

    [Theory]
    [InlineData("lint web", "lint ./web")]
    [InlineData("lint web web", "lint web")]
    [InlineData("lint web", "lint web --with-subcharts")]
    [InlineData("lint web", "show all web")]
    [InlineData("dependency list web", "dependency list web --max-col-width 9")]
    public void Another_call_has_another_key(string one, string other) => Assert.NotEqual(Compute(one).Key, Compute(other).Key);

    [Theory]
    [InlineData("", true)]
    [InlineData("# nothing\n", true)]
    [InlineData("name: a/b\ndependencies:\n- name: x\n  repository: https://example.com/y\n", true)]
    [InlineData("description: \u00e9\u2026\ndependencies: [{name: x y}]\r\n", true)]
    [InlineData("dependencies: [{name: a/b}]", false)]
    [InlineData("dependencies: [{name: 'a*'}]", false)]
    [InlineData("dependencies: [{NAME: 'a?'}]", false)]
    [InlineData("Dependencies: [{name: 'a[b]'}]", false)]
    [InlineData("dependencie\u017f: [{name: x}]", false)]
    [InlineData("dependencies: [{name: x, version: \u2026}]", false)]
    [InlineData("dependencies: [{name: \"\\x2f\"}]", false)]
    [InlineData("a: &a x\ndependencies: [{name: *a}]", false)]
    [InlineData("dependencies: [{name: !!str x}]", false)]
    [InlineData("<<: {dependencies: [{name: x}]}", false)]
    [InlineData("a: 1\n---\ndependencies: [{name: ../x}]\n", false)]
    [InlineData("%YAML 1.1\n---\na: 1\n", false)]
    [InlineData("a: b # c\u2028dependencies: [{name: x}]", false)]
    [InlineData("a: b # c\rdependencies: [{name: x}]", false)]
    [InlineData("- a\n", false)]
    [InlineData("a: [\n", false)]
    public void Dependencies_are_plain_or_doubtful(string text, bool plain) =>
        Assert.Equal(plain, PlainDependencies.AreSurelyUnderstood(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Text_that_is_no_utf8_or_deeply_nested_is_doubtful()
    {
        Assert.False(PlainDependencies.AreSurelyUnderstood(Encoding.Unicode.GetPreamble()));
        Assert.False(PlainDependencies.AreSurelyUnderstood(Encoding.UTF8.GetBytes("a: " + new string('[', 100_000))));
    }

    // With a clock that is ahead, each stamp is old enough to be trusted.
    private Fingerprint Compute(string line) =>
        Assert
            .IsType<FingerprintOutcome.Known>(
                new Fingerprinter(new ManualClock(DateTimeOffset.UtcNow.AddHours(1)), new HelmBinaries()).Compute(_site.Request(line))
            )
            .Fingerprint;

    /// <summary>A name to write something else to, or with a hyphen before it to delete.</summary>
    private void Make(string change)
    {
        string path = _site.At("work/web", change.TrimStart('-'));
        if (!change.StartsWith('-'))
            _site.Write(
                "work/web/" + change,
                change.EndsWith("Chart.yaml", StringComparison.Ordinal) ? "apiVersion: v2\nname: changed\nversion: 9.0.0\n" : "{}"
            );
        else if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        else
            File.Delete(path);
    }
}
