using System;
using System.IO;
using System.Security.Cryptography;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>What a file that is called helm turned out to be.</summary>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="IsHelm">Whether it is a native Helm binary rather than a script or a version manager's stub.</param>
public readonly record struct HelmBinary(Digest Digest, bool IsHelm);

/// <summary>
/// Knows helm binaries by content. A Helm binary carries the path of its Go module; a stub that picks a helm at run time
/// does not, and its own bytes say nothing about what it will run.
/// </summary>
public static class HelmIdentity
{
    private static ReadOnlySpan<byte> ElfMagic => [0x7f, (byte)'E', (byte)'L', (byte)'F'];

    private static ReadOnlySpan<byte> ModulePrefix => "helm.sh/helm/v"u8;

    /// <summary>Reads the whole file (about 60 MB).</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static HelmBinary Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        int kept = 0;
        bool first = true;
        bool isElf = false;
        bool hasModule = false;
        while (true)
        {
            int count = file.Read(buffer, kept, buffer.Length - kept);
            if (count == 0)
                break;
            hash.AppendData(buffer, kept, count);
            ReadOnlySpan<byte> window = buffer.AsSpan(0, kept + count);
            if (first)
                isElf = window.StartsWith(ElfMagic);
            first = false;
            hasModule = hasModule || window.IndexOf(ModulePrefix) >= 0;
            // The text may lie across two reads.
            kept = Math.Min(window.Length, ModulePrefix.Length - 1);
            window[^kept..].CopyTo(buffer);
        }
        Digest digest = default;
        hash.GetHashAndReset(digest.Bytes);
        return new HelmBinary(digest, isElf && hasModule);
    }
}
