using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;

namespace CacheDaemon.Tests.Support;

/// <summary>
/// A chart in three lines: <c>Chart("web").WithTemplate("cm.yaml", "…").WithValues("a: 1").WriteTo(directory)</c>. Import it
/// with <c>using static</c>. Texts are written as given; only Chart.yaml is put together from parts.
/// </summary>
public sealed class ChartBuilder
{
    private readonly string _name;
    private readonly StringBuilder _metadata = new();
    private readonly StringBuilder _dependencies = new();
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _links = new(StringComparer.Ordinal);
    private string _version = "1.0.0";
    private string _apiVersion = "v2";
    private string? _type;
    private string? _chartYaml;

    private ChartBuilder(string name) => _name = name;

    public static ChartBuilder Chart(string name) => new(name);

    public ChartBuilder WithVersion(string version)
    {
        _version = version;
        return this;
    }

    public ChartBuilder WithApiVersion(string apiVersion)
    {
        _apiVersion = apiVersion;
        return this;
    }

    public ChartBuilder WithType(string type)
    {
        _type = type;
        return this;
    }

    /// <summary>Adds lines to Chart.yaml.</summary>
    public ChartBuilder WithMetadata(string yaml)
    {
        _metadata.Append(yaml.TrimEnd('\n')).Append('\n');
        return this;
    }

    /// <summary>The whole of Chart.yaml, instead of putting it together.</summary>
    public ChartBuilder WithChartYaml(string yaml)
    {
        _chartYaml = yaml;
        return this;
    }

    public ChartBuilder WithValues(string yaml) => WithFile("values.yaml", yaml);

    public ChartBuilder WithSchema(string json) => WithFile("values.schema.json", json);

    public ChartBuilder WithTemplate(string name, string text) => WithFile("templates/" + name, text);

    /// <summary>A config map whose <c>data</c> is this one line of YAML, actions and all.</summary>
    public ChartBuilder WithConfigMap(string name, string dataLine) =>
        WithTemplate(name + ".yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  {dataLine}\n");

    public ChartBuilder WithFile(string path, string text) => WithFile(path, Encoding.UTF8.GetBytes(text));

    public ChartBuilder WithFile(string path, byte[] bytes)
    {
        _files[path] = bytes;
        return this;
    }

    /// <summary>A symbolic link; left out of archives.</summary>
    public ChartBuilder WithLink(string path, string target)
    {
        _links[path] = target;
        return this;
    }

    /// <summary>An unpacked subchart that Chart.yaml does not list (helm renders it all the same).</summary>
    public ChartBuilder WithSubchart(ChartBuilder subchart)
    {
        foreach ((string path, byte[] bytes) in subchart.AllFiles())
            _files[$"charts/{subchart._name}/{path}"] = bytes;
        foreach ((string path, string target) in subchart._links)
            _links[$"charts/{subchart._name}/{path}"] = target;
        return this;
    }

    /// <summary>A packed subchart.</summary>
    public ChartBuilder WithPackedSubchart(ChartBuilder subchart) =>
        WithFile($"charts/{subchart._name}-{subchart._version}.tgz", subchart.Packed());

    /// <summary>An entry of <c>dependencies</c>; <paramref name="more"/> is flow YAML such as <c>alias: b, condition: b.on</c>.</summary>
    public ChartBuilder WithDependency(string name, string version = "1.0.0", string? more = null)
    {
        _dependencies.Append($"  - {{name: {name}, version: \"{version}\", repository: \"\"{(more is null ? "" : ", " + more)}}}\n");
        return this;
    }

    /// <summary>Writes the chart to <paramref name="directory"/>/name and returns that path.</summary>
    public string WriteTo(string directory)
    {
        string root = Path.Combine(directory, _name);
        Directory.CreateDirectory(root);
        foreach ((string path, byte[] bytes) in AllFiles())
        {
            string target = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, bytes);
        }
        foreach ((string path, string link) in _links)
        {
            string at = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(at)!);
            File.CreateSymbolicLink(at, link);
        }
        return root;
    }

    /// <summary>The chart as the bytes of an archive, the same each time.</summary>
    public byte[] Packed()
    {
        using var buffer = new MemoryStream();
        using (var zip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(zip, TarEntryFormat.Ustar))
        {
            // Chart.yaml first, as `helm package` writes it.
            foreach ((string path, byte[] bytes) in AllFiles().OrderBy(f => f.Key != "Chart.yaml"))
            {
                using var content = new MemoryStream(bytes);
                tar.WriteEntry(
                    new UstarTarEntry(TarEntryType.RegularFile, $"{_name}/{path}")
                    {
                        DataStream = content,
                        ModificationTime = DateTimeOffset.UnixEpoch,
                    }
                );
            }
        }
        return buffer.ToArray();
    }

    /// <summary>Writes the archive name-version.tgz into <paramref name="directory"/> and returns its path.</summary>
    public string PackTo(string directory)
    {
        string path = Path.Combine(directory, $"{_name}-{_version}.tgz");
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(path, Packed());
        return path;
    }

    private IEnumerable<KeyValuePair<string, byte[]>> AllFiles() =>
        _files.ContainsKey("Chart.yaml") ? _files : _files.Prepend(new("Chart.yaml", Encoding.UTF8.GetBytes(_chartYaml ?? ChartYaml())));

    private string ChartYaml()
    {
        var text = new StringBuilder($"apiVersion: {_apiVersion}\nname: {_name}\nversion: {_version}\n");
        if (_type is not null)
            text.Append($"type: {_type}\n");
        text.Append(_metadata);
        if (_dependencies.Length > 0)
            text.Append("dependencies:\n").Append(_dependencies);
        return text.ToString();
    }
}
