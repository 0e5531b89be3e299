using System.IO;
using System.Text;

namespace CacheDaemon.Bench.Charts;

/// <summary>Writes the files of one chart.</summary>
/// <param name="directory">The chart's directory.</param>
internal sealed class ChartFiles(string directory)
{
    /// <summary>How many files were written.</summary>
    public int Count { get; private set; }

    /// <summary>A new chart <paramref name="name"/> below <paramref name="root"/>, with its Chart.yaml.</summary>
    public static ChartFiles Start(string root, string name)
    {
        var files = new ChartFiles(Path.Combine(root, name));
        files.Metadata("", name);
        return files;
    }

    /// <summary>Writes a text, making directories as needed.</summary>
    public void Write(string name, string text)
    {
        string path = Path.Combine(directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        Count++;
    }

    /// <summary>Writes the Chart.yaml of this chart (<c>""</c>) or of one below it (<c>"charts/NAME/"</c>).</summary>
    public void Metadata(string place, string name) =>
        Write(
            place + "Chart.yaml",
            $"apiVersion: v2\nname: {name}\nversion: 1.2.3\nappVersion: v3\ndescription: generated for the bench\n"
        );

    /// <summary>Writes prose of so many bytes: READMEs, change logs.</summary>
    public void Document(string name, int bytes, int seed)
    {
        var prose = new Prose(seed);
        var text = new StringBuilder("# About\n\n");
        while (text.Length < bytes)
            text.Append(prose.Line(90)).Append('\n');
        Write(name, text.ToString());
    }
}
