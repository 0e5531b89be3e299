using System;
using System.IO;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Client;

/// <summary>Finds the programs: the shim, the real helm where there is no shim, and <c>helmcached</c> beside the shim.</summary>
internal static class Programs
{
    /// <summary>The shim, or null.</summary>
    public static string? Shim(string? chosen)
    {
        if (chosen is not null)
            return IsShim(Path.GetFullPath(chosen))
                ? Path.GetFullPath(chosen)
                : throw new HelmCacheException($"{chosen} is not the shim of helmcached");
        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        foreach (string name in (ReadOnlySpan<string>)["helm", "helmcached"])
            if (File.Exists(Path.Join(directory, name)) && IsShim(Beside(Path.Join(directory, name), "helm")))
                return Beside(Path.Join(directory, name), "helm");
        return null;
    }

    /// <summary>The program that makes a call: the shim, else the real helm.</summary>
    /// <exception cref="HelmCacheException">There is neither.</exception>
    public static string Maker(string? shim) =>
        shim
        ?? HelmLocator.Find() switch
        {
            { Path: { } helm } => helm,
            var none => throw new HelmCacheException(none.Problem ?? "no helm was found"),
        };

    /// <summary><c>helmcached</c>, which lies beside the shim.</summary>
    /// <exception cref="HelmCacheException">It is not there.</exception>
    public static string Daemon(string? shim)
    {
        string? daemon = shim is null ? null : Beside(shim, "helmcached");
        return daemon is not null && File.Exists(daemon)
            ? daemon
            : throw new HelmCacheException(
                "helmcached was not found; install it, or set HelmCacheOptions.ShimPath: resources are read by it"
            );
    }

    /// <summary>A program beside another, links followed: a directory on PATH may hold links alone.</summary>
    private static string Beside(string program, string name)
    {
        string target = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(program);
        return Path.Join(Path.GetDirectoryName(target), name);
    }

    private static bool IsShim(string path) =>
        Libc.Stat(path, follow: true, out FileStamp stamp) == 0 && stamp.Kind == FileKind.Regular && HelmLocator.IsShim(path, stamp);
}
