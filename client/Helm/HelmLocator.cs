using System;
using System.IO;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Client.Helm;

/// <summary>Where the real helm is, or why it cannot be run.</summary>
/// <param name="Path">Absolute path, or null.</param>
/// <param name="Stamp">Stamp of the file, links followed.</param>
/// <param name="Problem">What to tell the user when <paramref name="Path"/> is null: thing, reason, next step.</param>
public readonly record struct HelmLocation(string? Path, FileStamp Stamp, string? Problem);

/// <summary>
/// Finds the real helm: <c>HELMCACHED_HELM</c>, else what the configuration names, else the copy in the volume that we were laid out for
/// (<see cref="ProgramVolume"/>), else the first <c>helm</c> on PATH that is not us. "Us" is told by file identity (device and inode), and
/// for another copy of the shim by a marker in its bytes; never by name.
/// </summary>
public static class HelmLocator
{
    /// <summary>Name of the variable that names the real helm.</summary>
    public const string Variable = "HELMCACHED_HELM";

    /// <summary>
    /// A file above this size cannot be a copy of the shim and is not searched for the marker: the shim is below 3 MB,
    /// helm above 40 MB.
    /// </summary>
    private const int MaxShimBytes = 8 * 1024 * 1024;

    /// <summary>Is in every build of the shim, and in nothing else.</summary>
    private static ReadOnlySpan<byte> Marker => "helmcached-shim:9c1f6e0a-5b7d-4f0e-8a53-d1c0a7a2f4be"u8;

    /// <summary>Finds the real helm for this process.</summary>
    public static HelmLocation Find()
    {
        if (Endpoint.Variable("HELMCACHED_HELM"u8) is { } chosen)
            return FromVariable(Libc.FullPath(chosen));
        // Unlike the variable, a setting that leads nowhere (a version that was removed) must not stop helm: PATH decides then.
        if (ConfiguredHelm.Read() is { } configured && Problem(configured, out FileStamp known) is null)
            return new HelmLocation(configured, known, null);
        if (ProgramVolume.Own() is not { } volume)
            return OnPath(after: null);
        string copy = ProgramVolume.HelmIn(volume);
        if (Problem(copy, out known) is not { } problem)
            return new HelmLocation(copy, known, null);
        return OnPath(after: null) is { Path: not null } other
            ? other
            : new HelmLocation(
                null,
                default,
                $"helm: no real helm found: {copy} {problem}, and there is no other on PATH; mount the volume that `helmcached "
                    + $"install --into {volume}` filled there, or set {Variable}"
            );
    }

    /// <summary>
    /// The helm that comes after one which was found and may not be executed after all: execvp(3) goes on along PATH then. None after
    /// one that <see cref="Variable"/> names.
    /// </summary>
    public static HelmLocation FindAfter(string path) => Endpoint.Variable("HELMCACHED_HELM"u8) is null ? OnPath(path) : default;

    private static HelmLocation OnPath(string? after)
    {
        bool haveSelf = Libc.Stat("/proc/self/exe\0"u8, follow: true, out FileStamp self) == 0;
        string path = Endpoint.Variable("PATH"u8) ?? "";
        foreach (Range range in path.AsSpan().Split(':'))
        {
            ReadOnlySpan<char> directory = path.AsSpan(range);
            // An empty element is the working directory (exec(3)); a shell would run ./helm, so would we.
            string candidate = Libc.FullPath(directory.IsEmpty ? "helm" : Path.Join(directory, "helm"));
            if (after is not null)
            {
                if (candidate == after)
                    after = null;
                continue;
            }
            if (
                Libc.Stat(candidate, follow: true, out FileStamp stamp) == 0
                && IsExecutableFile(stamp)
                && !(haveSelf && stamp.Device == self.Device && stamp.Inode == self.Inode)
                && !IsShim(candidate, stamp)
                && Libc.MayExecute(candidate)
            )
                return new HelmLocation(candidate, stamp, null);
        }
        return new HelmLocation(
            null,
            default,
            $"helm: no real helm found: no other executable named helm is on PATH; install helm, or set {Variable} to its path"
        );
    }

    /// <summary>True when the file is a build of this shim.</summary>
    public static bool IsShim(string path, FileStamp stamp)
    {
        if (stamp.Size > MaxShimBytes)
            return false;
        // Executable but not readable: no build of ours is installed that way.
        return Libc.ReadFile(Libc.PathBytes(path), MaxShimBytes, out ReadOnlySpan<byte> content) == 0 && content.IndexOf(Marker) >= 0;
    }

    /// <summary>Why the file at <paramref name="path"/> cannot be the real helm, as the end of a sentence; null when it can.</summary>
    public static string? Problem(string path, out FileStamp stamp) =>
        Libc.Stat(path, follow: true, out stamp) != 0 ? "does not exist or cannot be reached"
        : !IsExecutableFile(stamp) ? "is not an executable file"
        : !Libc.MayExecute(path) ? "may not be executed by this user"
        : IsShim(path, stamp) ? "is this shim (or a copy of it), not real helm: calling it would never end"
        : null;

    private static HelmLocation FromVariable(string path) =>
        Problem(path, out FileStamp stamp) is { } problem
            ? new HelmLocation(
                null,
                default,
                $"helm: {Variable}={path} {problem}; set {Variable} to the real helm binary, or unset it to search PATH"
            )
            : new HelmLocation(path, stamp, null);

    private static bool IsExecutableFile(FileStamp stamp) => stamp.Kind == FileKind.Regular && (stamp.Mode & 0x49) != 0;
}
