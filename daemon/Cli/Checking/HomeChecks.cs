using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>Configuration, permissions, space, socket, store.</summary>
internal static class HomeChecks
{
    /// <summary>Less free space than this and a store soon refuses to write.</summary>
    private const long MinFreeBytes = 100L << 20;

    /// <summary>Variables that are no settings; <c>DocumentationTests</c> holds README's list to the code.</summary>
    private static readonly string[] s_variables =
    [
        Endpoint.HomeVariable,
        ConfigurationFile.Variable,
        "HELMCACHED_DISABLE",
        "HELMCACHED_RECACHE",
        "HELMCACHED_IMPURE",
        "HELMCACHED_TRACE",
        "HELMCACHED_DEPTH",
    ];

    public static IEnumerable<DoctorCheck> Run(Endpoint endpoint)
    {
        string? file = ConfiguredHelm.File();
        ConfigurationFile.Read(file, out IReadOnlyList<string> problems);
        foreach (string problem in problems)
            yield return DoctorCheck.Fail("configuration", problem, "fix this line; the default is used meanwhile");
        if (problems.Count == 0)
            yield return DoctorCheck.Ok(
                "configuration",
                File.Exists(file) ? $"configuration: {file}" : $"configuration: defaults ({file} does not exist)"
            );

        foreach (DoctorCheck check in Variables())
            yield return check;

        bool exists = Directory.Exists(endpoint.Home);
        string parent = ExistingParent(endpoint.Home);
        int refused = Libc.MayMakeFilesIn(parent);
        yield return refused != 0
            ? DoctorCheck.Fail(
                "home",
                exists
                    ? $"cache directory: cannot write to {endpoint.Home}: {Marshal.GetPInvokeErrorMessage(refused)}"
                    : $"cache directory: cannot create {endpoint.Home} in {parent}: {Marshal.GetPInvokeErrorMessage(refused)}",
                $"set {Endpoint.HomeVariable} to a writable directory; every call runs real helm meanwhile"
            )
        : exists ? Permissions(endpoint)
        : DoctorCheck.Ok("home", $"cache directory: {endpoint.Home} does not exist yet; the first render creates it");
        long free = new DriveInfo(parent).AvailableFreeSpace;
        yield return free >= MinFreeBytes
            ? DoctorCheck.Ok("disk", $"disk: {Format.Bytes(free)} free")
            : DoctorCheck.Fail(
                "disk",
                $"disk: only {Format.Bytes(free)} free for {endpoint.Home}",
                $"free some space, or set {Endpoint.HomeVariable} to another disk"
            );
        yield return Socket(endpoint);
        // The check of a store makes its lock, and in a directory that is not ours nothing is made.
        if (HomeDirectory.Problem(endpoint) is not null)
            yield break;
        if (File.Exists(endpoint.StorePath))
        {
            yield return StoreCheck.Run(endpoint.StorePath, TimeProvider.System) is { } damage
                ? DoctorCheck.Fail("store", $"store: {endpoint.StorePath}: {damage}", "helmcached stop, then helmcached prune --all")
                : DoctorCheck.Ok("store", $"store: OK, {Format.Bytes(new FileInfo(endpoint.StorePath).Length)} on disk");
        }
        else
        {
            yield return DoctorCheck.Ok("store", "store: empty");
        }
    }

    /// <summary>Variables with our prefix that nothing reads: most likely mistyped.</summary>
    private static IEnumerable<DoctorCheck> Variables()
    {
        const string Prefix = "HELMCACHED_";
        string[] known = [.. s_variables, .. Settings.All.Select(static setting => setting.Variable)];
        foreach (
            string name in Environment
                .GetEnvironmentVariables()
                .Keys.Cast<string>()
                .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && !known.Contains(name))
                .Order(StringComparer.Ordinal)
        )
            yield return new DoctorCheck(
                "variables",
                CheckOutcome.Note,
                $"variables: {Terminal.Harmless(name)} is set, but helmcached has no such variable",
                CloseMatch.Of(name, known) is { } meant
                    ? $"did you mean {meant}?"
                    : "unset it; `helmcached config --example` names the variable of each setting"
            );
    }

    private static DoctorCheck Permissions(Endpoint endpoint)
    {
        uint user = Libc.EffectiveUserId;
        if (Libc.OwnerOf(endpoint.Home) != user)
            return DoctorCheck.Fail(
                "home",
                $"cache directory: {endpoint.Home} belongs to another user",
                $"chown it, or set {Endpoint.HomeVariable} to a directory of your own"
            );
        if (HomeDirectory.Problem(endpoint) is { } problem)
            return DoctorCheck.Fail("home", $"cache directory: {problem}", "every call runs real helm meanwhile");
        if (!Endpoint.IsPrivate(endpoint.Home, user))
            return DoctorCheck.Fail(
                "home",
                $"cache directory: other users can enter {endpoint.Home}, which holds rendered Secrets",
                $"chmod 700 {endpoint.Home}"
            );
        foreach (string path in Directory.EnumerateFiles(endpoint.Home))
            if ((File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)) != 0)
                return DoctorCheck.Fail("home", $"cache directory: other users can read {path}", $"chmod 600 {path}");
        return DoctorCheck.Ok("home", $"cache directory: {endpoint.Home} (private)");
    }

    private static DoctorCheck Socket(Endpoint endpoint)
    {
        int bytes = Encoding.UTF8.GetByteCount(endpoint.SocketPath);
        string directory = endpoint.SocketDirectory;
        if (directory == endpoint.Home)
            return DoctorCheck.Ok("socket", $"socket: the path is {bytes} bytes long, which is short enough");
        return !Directory.Exists(directory) || Endpoint.IsPrivate(directory, Libc.EffectiveUserId)
            ? DoctorCheck.Ok("socket", $"socket: in {directory}, since the path of the cache directory is too long for one")
            : DoctorCheck.Fail(
                "socket",
                $"socket: {directory} is not private, and the path of the cache directory is too long for a socket",
                $"set {Endpoint.HomeVariable} to a shorter path"
            );
    }

    private static string ExistingParent(string path)
    {
        while (!Directory.Exists(path))
            path = Path.GetDirectoryName(path) ?? "/";
        return path;
    }
}
