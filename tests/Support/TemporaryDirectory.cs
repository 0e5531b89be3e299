using System;
using System.IO;
using System.Threading;

namespace CacheDaemon.Tests.Support;

/// <summary>
/// A directory of one test's own, gone on dispose. Its name is short, so that a socket inside stays below the 108 bytes that
/// an address holds.
/// </summary>
public sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Location = Directory.CreateTempSubdirectory("hc").FullName;

    /// <summary>Absolute path.</summary>
    public string Location { get; }

    /// <summary>Path of something inside.</summary>
    public string At(params ReadOnlySpan<string> parts) => Path.Combine([Location, .. parts]);

    /// <summary>Writes a text file, with its directories, and returns its path.</summary>
    public string Write(string relativePath, string text)
    {
        string path = At(relativePath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        // A process that is just dying may still add a file while the tree is being removed.
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                Directory.Delete(Location, recursive: true);
                return;
            }
            catch (DirectoryNotFoundException)
            {
                return;
            }
            catch (IOException) when (attempt < 50)
            {
                Thread.Sleep(20);
            }
        }
    }
}
