using System;
using System.IO;

namespace CacheDaemon.Tests.Support;

/// <summary>A directory of one test's own, deleted after it.</summary>
internal sealed class Scratch : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("helmcached-test-").FullName;

    /// <summary>Writes a file, making its directories; returns its absolute path.</summary>
    public string Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
