using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Screening;
using CacheDaemon.Tests.Support;

namespace CacheDaemon.Tests.Screening;

/// <summary>A chart that can be judged by the screen and rendered by real helm; its directory is deleted on dispose.</summary>
internal sealed class TrialChart : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly List<string> _arguments = [];

    public TrialChart()
    {
        With("Chart.yaml", "apiVersion: v2\nname: trial\nversion: 0.1.0\nmaintainers:\n- name: someone\n");
        With("values.yaml", "m: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7}\n");
    }

    /// <summary>A chart whose one template is a single YAML value.</summary>
    public static TrialChart Of(string value) => new TrialChart().With("templates/x.yaml", "a: " + value + "\n");

    public TrialChart With(string name, string text) => With(name, Encoding.UTF8.GetBytes(text));

    public TrialChart With(string name, byte[] content)
    {
        _files[name] = content;
        return this;
    }

    public TrialChart WithArguments(params string[] arguments)
    {
        _arguments.AddRange(arguments);
        return this;
    }

    public Verdict Judge() => ChartScreen.Judge(
        _files.Select(static file => (file.Key, FileScreen.Scan(file.Value, FileRoles.Of(file.Key)))),
        [],
        ScreenFacts.Merge(_arguments.Select(static argument => FileScreen.Scan(Encoding.UTF8.GetBytes(argument), FileRole.Argument))));

    /// <summary>The copy for the proof of <paramref name="mentions"/>.</summary>
    public TrialChart Substituted(Verdict.Mentions mentions)
    {
        var copy = new TrialChart();
        foreach ((string name, byte[] content) in _files)
            copy._files[name] = Substitution.Apply(content, FileRoles.Of(name), mentions.InTextToo);
        copy._arguments.AddRange(_arguments.Select(argument =>
            Encoding.UTF8.GetString(Substitution.Apply(Encoding.UTF8.GetBytes(argument), FileRole.Argument, mentions.InTextToo))));
        return copy;
    }

    public HelmRun Render(int major, string timeZone = "UTC")
    {
        string root = _directory.At("chart");
        foreach ((string name, byte[] content) in _files)
        {
            string path = Path.Combine(root, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
        return HelmRun.Of(major, ["template", "r", root, .. _arguments], _directory.Location, new Dictionary<string, string>
        {
            ["HOME"] = _directory.Location,
            ["TZ"] = timeZone,
        });
    }

    public void Dispose() => _directory.Dispose();
}
