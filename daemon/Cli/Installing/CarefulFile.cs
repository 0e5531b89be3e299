using System;
using System.IO;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Cli.Installing;

/// <summary>Changes a file of the user's so that no moment shows it half written, and so that all but its content stays.</summary>
internal static class CarefulFile
{
    /// <summary>The content; empty when there is no file.</summary>
    public static byte[] Read(string path) => File.Exists(path) ? File.ReadAllBytes(path) : [];

    /// <summary>
    /// Replaces <paramref name="before"/>, which the caller has read, by <paramref name="after"/>: a new file beside, on disk, then a
    /// rename. Links are followed (dotfiles are often links into a repository) and stay; the mode stays. Missing directories are made.
    /// </summary>
    /// <exception cref="IOException">It cannot be written, belongs to someone else, or has changed since it was read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        string target = new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        if (Libc.OwnerOf(target) is { } owner && owner != Libc.EffectiveUserId)
            throw new IOException($"{target} belongs to another user");
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        string temporary = $"{target}.helmcached-{Environment.ProcessId}";
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (var file = new FileStream(temporary, options))
            {
                file.Write(after);
                file.Flush(flushToDisk: true);
            }
            if (File.Exists(target))
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(target));
            else
                File.SetUnixFileMode(temporary, (UnixFileMode)(0x1b6 & ~Libc.Umask)); // 0666 less the umask, as an editor would make it.
            if (!Read(target).AsSpan().SequenceEqual(before))
                throw new IOException($"{target} was changed by someone else at this moment; try again");
            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
