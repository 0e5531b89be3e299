using System.IO;
using System.Text;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Shared;

/// <summary>
/// Reads a small file of text that holds a secret, or a key: a regular file (links are followed, as a mounted Kubernetes Secret needs), and
/// where it must be private, one that others cannot read. The file that is read is the one that was looked at.
/// </summary>
internal static class PrivateFile
{
    /// <summary>No key, password or set of headers is longer.</summary>
    public const int MaxBytes = 64 * 1024;

    private const uint OthersMay = 0x3F,
        GroupMayRead = 0x20;

    /// <summary>The text; null, with a sentence that names file, reason and next step.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="isPrivate">Refuse a file that others than its owner may read or write.</param>
    /// <param name="problem">What is wrong, when null is returned.</param>
    /// <param name="maxBytes">Longest file that is read.</param>
    public static string? Read(string path, bool isPrivate, out string? problem, int maxBytes = MaxBytes)
    {
        byte[] name = Libc.PathBytes(path);
        if (Libc.Stat(name, follow: true, out FileStamp stamp) is not 0 and var error)
            return Fail($"{path}: cannot be looked at: {(error == 2 ? "no such file" : Reason(error))}", out problem);
        if (stamp.Kind != FileKind.Regular)
            return Fail(
                $"{path}: is {(stamp.Kind == FileKind.Directory ? "a directory; name a file in it" : "no regular file")}",
                out problem
            );
        if (isPrivate && !IsPrivate(path, stamp))
            return Fail(
                $"{path}: others may read or change it (mode {System.Convert.ToString(stamp.Mode & 0xFFF, 8)}); chmod 600 {path}",
                out problem
            );
        if (stamp.Size > maxBytes)
            return Fail($"{path}: has {stamp.Size} bytes, which is no key, password or list of headers", out problem);
        byte[] content = new byte[stamp.Size + 1];
        error = Libc.ReadFile(name, stamp, content);
        if (error != 0)
            return Fail($"{path}: cannot be read: {Reason(error)}", out problem);
        problem = null;
        return Encoding.UTF8.GetString(content, 0, (int)stamp.Size);
    }

    /// <summary>
    /// Mode 0600 or less. A file of root's that a group may read is private for who is not root: so Kubernetes hands a Secret to a
    /// container (<c>fsGroup</c>).
    /// </summary>
    private static bool IsPrivate(string path, FileStamp stamp)
    {
        uint others = stamp.Mode & OthersMay;
        return others == 0 || (others == GroupMayRead && Libc.EffectiveUserId != 0 && OwnerOfTarget(path) == 0);
    }

    private static uint? OwnerOfTarget(string path)
    {
        try
        {
            return Libc.OwnerOf(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string Reason(int error) =>
        error == Libc.ESTALE ? "it changed meanwhile"
        : error == 13 ? "no permission"
        : $"errno {error}";

    private static string? Fail(string text, out string? problem)
    {
        problem = text;
        return null;
    }
}
