using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Client.Helm;

/// <summary>
/// A directory of our own into which helm writes the files of <c>--output-dir</c>, so that all of them are seen, and none of what the
/// caller's directory holds.
/// </summary>
public sealed class OutputCapture
{
    private readonly string _directory;

    private OutputCapture(string directory) => _directory = directory;

    /// <summary>Makes the directory; null where that fails.</summary>
    public static OutputCapture? Start(Endpoint endpoint)
    {
        _ = Libc.MakePrivateDirectory(Libc.PathBytes(endpoint.CapturesPath));
        string directory = $"{endpoint.CapturesPath}/{Environment.ProcessId}-{Stopwatch.GetTimestamp()}";
        return Libc.MakePrivateDirectory(Libc.PathBytes(directory)) == 0 ? new OutputCapture(directory) : null;
    }

    /// <summary>What is to stand at the end of helm's command line: the last directory wins.</summary>
    public string Argument => "--output-dir=" + _directory;

    /// <summary>Takes the files away, with the directory; null when helm has written or said something that is not understood.</summary>
    /// <param name="stdout">What helm has printed.</param>
    /// <param name="stderr">The same of standard error.</param>
    public OutputTree? Take(ReadOnlySpan<byte> stdout, ReadOnlySpan<byte> stderr)
    {
        List<string>? lines = OutputTree.Paths(stdout, _directory, out ReadOnlySpan<byte> tail);
        bool understood = lines is not null && stderr.IndexOf(Encoding.UTF8.GetBytes(_directory)) < 0;
        var files = new List<OutputFile>();
        var indexes = new List<int>();
        var directories = new SortedSet<string>(
            Comparer<string>.Create(static (a, b) => b.Length != a.Length ? b.Length - a.Length : string.CompareOrdinal(a, b))
        );
        int left = Frame.MaxCapturedBytes;
        foreach (string path in lines ?? [])
        {
            int known = files.FindIndex(file => file.Path == path);
            indexes.Add(known < 0 ? files.Count : known);
            if (known >= 0)
                continue;
            byte[] whole = Libc.PathBytes(_directory + path);
            understood &= Libc.ReadFile(whole, left, out ReadOnlySpan<byte> content) == 0;
            left -= content.Length;
            files.Add(new OutputFile(path, OutputTree.MayHoldHook(content), content.ToArray()));
            _ = Libc.Remove(whole);
            for (int end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
                directories.Add(path[..end]);
        }
        foreach (string directory in directories)
            _ = Libc.RemoveDirectory(Libc.PathBytes(_directory + directory));
        // With anything else in it, it stays, for the daemon to remove.
        return Libc.RemoveDirectory(Libc.PathBytes(_directory)) == 0 && understood ? new OutputTree(files, indexes, tail.ToArray()) : null;
    }
}
