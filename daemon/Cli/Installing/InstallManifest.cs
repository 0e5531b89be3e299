using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CacheDaemon.Daemon.Cli.Installing;

/// <summary>What kind of thing <c>install</c> made.</summary>
internal enum InstalledKind
{
    /// <summary>A directory that was not there before.</summary>
    Directory,

    /// <summary>A symbolic link; its value is the target.</summary>
    Link,

    /// <summary>A file; its value is the SHA-256 of its content.</summary>
    File,

    /// <summary>A <see cref="MarkedBlock"/> in a file of the user's.</summary>
    Block,
}

/// <summary>One thing that <c>install</c> made.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Value">By kind; empty when there is nothing to say.</param>
/// <param name="Created">A block's file was not there before.</param>
/// <param name="EndedLine">A block's file was given a final newline.</param>
internal sealed record InstalledThing(InstalledKind Kind, string Path, string Value = "", bool Created = false, bool EndedLine = false);

/// <summary>
/// The list of everything that <c>install</c> made, in the order in which it was made. Each thing is written down before it is made, so
/// an interrupted installation can still be taken away whole.
/// </summary>
internal sealed class InstallManifest
{
    private const int Version = 1;

    private readonly List<InstalledThing> _things = [];
    private readonly string _path;

    private InstallManifest(string path, string directory) => (_path, Directory) = (path, directory);

    /// <summary>The directory with the shim, or for it.</summary>
    public string Directory { get; set; }

    /// <summary>Whether the shim has been put there.</summary>
    public bool HasShim =>
        _things.Any(thing => thing.Kind is InstalledKind.Link or InstalledKind.File && Path.GetDirectoryName(thing.Path) == Directory);

    /// <summary>What was made, oldest first.</summary>
    public IReadOnlyList<InstalledThing> Things => _things;

    /// <summary>A new, empty list for an installation into <paramref name="directory"/>; nothing is written yet.</summary>
    public static InstallManifest Begin(string path, string directory) => new(path, directory);

    /// <summary>The list at <paramref name="path"/>; null when nothing is installed.</summary>
    /// <exception cref="IOException">It cannot be read or understood.</exception>
    public static InstallManifest? Load(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            ManifestFile file =
                JsonSerializer.Deserialize(File.ReadAllBytes(path), ManifestJson.Default.ManifestFile) ?? throw new JsonException("null");
            if (file.Version != Version)
                throw new IOException($"{path} was written by another version of helmcached; use that version to uninstall");
            var manifest = new InstallManifest(path, file.Directory);
            manifest._things.AddRange(file.Made);
            return manifest;
        }
        catch (JsonException e)
        {
            throw new IOException($"{path} is damaged ({e.Message}); remove what `helmcached install` created by hand, then that file");
        }
    }

    /// <summary>The thing of this kind at this path, if it is listed.</summary>
    public InstalledThing? Find(InstalledKind kind, string path) =>
        _things.FirstOrDefault(thing => thing.Kind == kind && thing.Path == path);

    /// <summary>Lists a thing, or lists it anew, and writes the list down.</summary>
    public void Add(InstalledThing thing)
    {
        int at = _things.FindIndex(known => known.Kind == thing.Kind && known.Path == thing.Path);
        if (at >= 0)
            _things[at] = thing;
        else
            _things.Add(thing);
        Save();
    }

    /// <summary>Takes a thing off the list and writes the list down.</summary>
    public void Remove(InstalledThing thing)
    {
        _things.Remove(thing);
        Save();
    }

    /// <summary>Makes a directory and its missing parents, each of them listed.</summary>
    public void MakeDirectory(string path)
    {
        var missing = new Stack<string>();
        for (string? at = path; at is not null && !System.IO.Directory.Exists(at); at = Path.GetDirectoryName(at))
            missing.Push(at);
        foreach (string directory in missing)
        {
            // The list itself lies in the first of them.
            System.IO.Directory.CreateDirectory(directory);
            if (Find(InstalledKind.Directory, directory) is null)
                _things.Add(new InstalledThing(InstalledKind.Directory, directory));
        }
        Save();
    }

    private void Save()
    {
        string parent = Path.GetDirectoryName(_path)!;
        if (!System.IO.Directory.Exists(parent))
            return; // MakeDirectory makes it next.
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(
            new ManifestFile(Version, Directory, _things),
            ManifestJson.Default.ManifestFile
        );
        CarefulFile.Replace(_path, CarefulFile.Read(_path), content);
    }
}

/// <summary>The list as it lies on disk.</summary>
internal sealed record ManifestFile(int Version, string Directory, IReadOnlyList<InstalledThing> Made);

/// <summary>
/// The list as JSON, without reflection. What has no default must be there and not be null: <c>uninstall</c> does not go by half a list.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    WriteIndented = true,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(ManifestFile))]
internal sealed partial class ManifestJson : JsonSerializerContext;
