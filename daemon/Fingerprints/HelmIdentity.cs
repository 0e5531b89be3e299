using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>What a file that is called helm turned out to be.</summary>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="Major">
/// Its major version, of which its Go module is named; 0 for what is no native Helm binary but a script or a version manager's stub.
/// </param>
public readonly record struct HelmBinary(Digest Digest, int Major)
{
    /// <summary>Whether it is a native Helm binary.</summary>
    public bool IsHelm => Major > 0;
}

/// <summary>
/// Knows helm binaries by content. A Helm binary carries the path of its Go module; a stub that picks a helm at run time
/// does not, and its own bytes say nothing about what it will run.
/// </summary>
public static class HelmIdentity
{
    private static ReadOnlySpan<byte> ElfMagic => [0x7f, (byte)'E', (byte)'L', (byte)'F'];

    private static ReadOnlySpan<byte> ModulePrefix => "helm.sh/helm/v"u8;

    /// <summary>
    /// The runs of capital letters, digits and underscores in the file that hold <c>HELM_</c>, each once: a Go binary has every name that
    /// its code asks the environment for in it, often run together with its neighbours. Reads the whole file.
    /// </summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static IReadOnlyCollection<string> VariableWords(string path)
    {
        const int MaxWord = 4096;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var words = new HashSet<string>(StringComparer.Ordinal);
        byte[] buffer = new byte[1 << 20];
        for (int kept = 0; ; )
        {
            int count = file.Read(buffer, kept, buffer.Length - kept);
            ReadOnlySpan<byte> window = buffer.AsSpan(0, kept + count);
            int at = 0;
            while (window[at..].IndexOf("HELM_"u8) is var found and >= 0)
            {
                int start = at + found,
                    end = start;
                while (start > 0 && IsOfWord(window[start - 1]))
                    start--;
                while (end < window.Length && IsOfWord(window[end]))
                    end++;
                words.Add(Encoding.ASCII.GetString(window[start..end]));
                at = end;
            }
            if (count == 0)
                return words;
            // A word may lie across two reads.
            kept = Math.Min(window.Length, MaxWord);
            window[^kept..].CopyTo(buffer);
        }
    }

    private static bool IsOfWord(byte b) => b is >= (byte)'A' and <= (byte)'Z' or >= (byte)'0' and <= (byte)'9' or (byte)'_';

    /// <summary>Reads the whole file (about 60 MB).</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static HelmBinary Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        using var hash = new Sha256();
        byte[] buffer = new byte[1 << 20];
        int kept = 0;
        bool first = true;
        bool isElf = false;
        int major = 0;
        while (true)
        {
            int count = file.Read(buffer, kept, buffer.Length - kept);
            if (count == 0)
                break;
            hash.Append(buffer.AsSpan(kept, count));
            ReadOnlySpan<byte> window = buffer.AsSpan(0, kept + count);
            if (first)
                isElf = window.StartsWith(ElfMagic);
            first = false;
            // The version's digit follows, and the text may lie across two reads.
            if (
                major == 0
                && window.IndexOf(ModulePrefix) is >= 0 and var at
                && at + ModulePrefix.Length < window.Length
                && window[at + ModulePrefix.Length] is >= (byte)'1' and <= (byte)'9' and var digit
            )
                major = digit - '0';
            kept = Math.Min(window.Length, ModulePrefix.Length);
            window[^kept..].CopyTo(buffer);
        }
        return new HelmBinary(hash.Current(), isElf ? major : 0);
    }
}
