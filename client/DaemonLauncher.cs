using System;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Client;

/// <summary>
/// Starts a daemon, detached for good: a session of its own, no descriptor of ours, none of the caller's variables but
/// our own. At most one of many concurrent callers starts one; the others wait for it just as long.
/// </summary>
public static unsafe class DaemonLauncher
{
    /// <summary>
    /// Longest time that a call waits for a daemon to come up. A start takes about 20 ms; after this the call is better
    /// off running helm itself, and the next one finds the daemon.
    /// </summary>
    public static readonly TimeSpan StartDeadline = TimeSpan.FromMilliseconds(100);

    /// <summary>Pause between two looks while a daemon starts or stops.</summary>
    public const int LookEveryMilliseconds = 2;

    /// <summary>
    /// How long a start that failed keeps others from trying again, so that a broken installation, or a daemon that
    /// hangs on its lock, costs one process start now and then rather than one per call.
    /// </summary>
    private static readonly TimeSpan RetryAfterFailure = TimeSpan.FromSeconds(10);

    /// <summary>After a daemon for a kind of caller that had none, the time until there may be one for another kind.</summary>
    private static readonly TimeSpan NewcomerPause = TimeSpan.FromSeconds(10);

    /// <summary>A connection to a daemon that was started now by us or by someone else, or null when none came up in time.</summary>
    /// <param name="endpoint">Where it listens.</param>
    /// <param name="asked">Whether someone will read <paramref name="why"/>: then time is spent on finding it out.</param>
    /// <param name="why">Reason, and what there is to say of it, when null is returned.</param>
    public static DaemonClient? StartAndConnect(Endpoint endpoint, bool asked, out string why)
    {
        why = "daemon-not-up";
        if (DaemonProgram.Find(out string missing) is not { } daemon)
            return Without("daemon-missing " + missing, out why);
        if (LimitProblem is { } limits)
            return Without("caller-limited " + limits, out why);
        if (HomeDirectory.Problem(endpoint) is { } problem)
            return Without("home-unusable " + problem, out why);
        if (MakePrivate(endpoint.Home) is var error and not 0)
            return Without($"home-unusable cannot create {endpoint.Home}: {ErrorText(error)}; set {Endpoint.HomeVariable}", out why);
        string failurePath = endpoint.StartFailedPath;
        if (IsYoung(failurePath, RetryAfterFailure))
            return Without(asked ? Failed(daemon) : why, out why);
        // A sandbox per call, with mounts of its own each time, must not leave a daemon behind each call.
        if (endpoint.IsApart && !Exists(endpoint.LockPath))
        {
            if (IsYoung(endpoint.NewcomerPath, NewcomerPause))
                return Without("daemon-not-up a daemon for callers of another kind was started less than 10 s ago", out why);
            Touch(endpoint.NewcomerPath);
        }
        long started = Stopwatch.GetTimestamp();
        int launchLock = Libc.TryLock(Libc.PathBytes(endpoint.LaunchLockPath), out error);
        if (launchLock < 0 && error != 0)
            return Without($"home-unusable cannot write to {endpoint.Home}: {ErrorText(error)}; set {Endpoint.HomeVariable}", out why);
        int child = -1;
        bool held = false;
        try
        {
            if (launchLock >= 0)
            {
                // Someone else's daemon may have come up between our connect and our lock.
                if (DaemonClient.TryConnect(endpoint, out _) is { } already)
                    return already;
                child = Spawn(daemon, endpoint);
                if (child < 0)
                    return Without(asked ? CannotRun(daemon, -child) : why, out why);
            }
            while (Stopwatch.GetElapsedTime(started) < StartDeadline)
            {
                if (DaemonClient.TryConnect(endpoint, out _) is { } connection)
                    return connection;
                if (child > 0 && Libc.Wait(child, block: false) is { } status)
                {
                    child = -1;
                    held = status == 0;
                    if (held)
                        continue; // Another daemon has the lock and is on its way up.
                    if (EndedByOthers(status))
                        return null;
                    Touch(failurePath);
                    return Without(asked ? Failed(daemon) : why, out why);
                }
                Libc.Poll([], LookEveryMilliseconds);
            }
            // It drains for long, or hangs before it listens. It takes the mark away when it listens or leaves.
            if (held && IsLocked(endpoint.LockPath))
                Touch(failurePath);
            return null;
        }
        finally
        {
            if (launchLock >= 0)
                Libc.Close(launchLock);
        }
    }

    /// <summary>
    /// Why a daemon cannot be started from here, as a sentence; null when it can. It would keep this process's limits for as long as it
    /// lives, and fail others by them.
    /// </summary>
    public static string? LimitProblem =>
        Libc.LimitBelowDaemon is { } option
            ? $"ulimit -H{option[1..]} is too low for a daemon here; start it elsewhere by `helmcached start`"
            : null;

    /// <summary>True when the file exists and was touched less than <paramref name="age"/> ago.</summary>
    public static bool IsYoung(string path, TimeSpan age)
    {
        if (Libc.Stat(path, follow: false, out FileStamp stamp) != 0)
            return false;
        TimeSpan since = DateTime.UtcNow - DateTime.UnixEpoch - TimeSpan.FromTicks(stamp.ModifiedNs / 100);
        return since >= TimeSpan.Zero && since < age;
    }

    /// <summary>True when there is something at <paramref name="path"/>.</summary>
    public static bool Exists(string path) => Libc.Stat(path, follow: false, out _) == 0;

    /// <summary>Removes the file; a failure only means that it counts a little longer.</summary>
    public static void Remove(string path) => _ = Libc.Remove(Libc.PathBytes(path));

    /// <summary>Creates the file or makes it young again; a failure only means that the next call learns it by itself.</summary>
    public static void Touch(string path)
    {
        // Mode 0600 whatever the caller's umask is, like all that lies in this directory. A link that someone put there is not
        // followed, and nothing is cut short. Whoever holds the lock is touching the file as well.
        int descriptor = Libc.TryLock(Libc.PathBytes(path), out _);
        if (descriptor < 0)
            return;
        _ = Libc.Touch(descriptor);
        Libc.Close(descriptor);
    }

    /// <summary>Starts the daemon and returns its pid, or a negative errno.</summary>
    public static int Spawn(string daemonPath, Endpoint endpoint)
    {
        using var arguments = new NativeStrings(
            endpoint.IsApart ? ["helmcached", "serve", "--detached", "--apart"] : ["helmcached", "serve", "--detached"]
        );
        using var environment = new NativeStrings(DaemonEnvironment(endpoint));
        fixed (byte* path = Libc.PathBytes(daemonPath))
            return Libc.SpawnDetached(path, arguments.Pointer, environment.Pointer, stdin: -1, OpenDescriptors());
    }

    /// <summary>True when someone ended the process by signal: that says nothing against the next start.</summary>
    private static bool EndedByOthers(int waitStatus) => (waitStatus & 0x7f) is Libc.SIGKILL or Libc.SIGTERM or Libc.SIGINT or Libc.SIGHUP;

    /// <summary>True while some process holds the lock.</summary>
    public static bool IsLocked(string path)
    {
        if (!Exists(path))
            return false;
        int free = Libc.TryLock(Libc.PathBytes(path), out int errno);
        if (free >= 0)
            Libc.Close(free);
        return free < 0 && errno == 0;
    }

    private static DaemonClient? Without(string reason, out string why)
    {
        why = reason;
        return null;
    }

    private static string CannotRun(string daemon, int error) =>
        "daemon-cannot-run " + (DaemonProgram.MissingLoader(daemon) ?? $"{daemon}: {ErrorText(error)}");

    /// <summary>It has ended by itself: because it cannot run here, or for a reason that its log has.</summary>
    private static string Failed(string daemon) =>
        DaemonProgram.Complaint(daemon) is { } complaint
            ? "daemon-cannot-run " + complaint
            : "daemon-failed its last start failed; run `helmcached serve` to see why";

    private static string ErrorText(int error) => Marshal.GetPInvokeErrorMessage(error);

    /// <summary>Makes the directory and its missing parents, mode 0700. Returns 0 or errno.</summary>
    private static int MakePrivate(string directory)
    {
        if (Libc.Stat(directory, follow: true, out FileStamp stamp) == 0)
            return stamp.Kind == FileKind.Directory ? 0 : Libc.ENOTDIR;
        if (Path.GetDirectoryName(directory) is { Length: > 1 } parent && MakePrivate(parent) is var error and not 0)
            return error;
        error = Libc.MakePrivateDirectory(Libc.PathBytes(directory));
        // Another caller may have made it in the meantime.
        return error == 0 || (Libc.Stat(directory, follow: true, out stamp) == 0 && stamp.Kind == FileKind.Directory) ? 0 : error;
    }

    private static List<string> DaemonEnvironment(Endpoint endpoint)
    {
        var variables = new List<string> { Endpoint.HomeVariable + "=" + endpoint.Home };
        for (byte** p = Libc.EnvironmentBlock; p is not null && *p is not null; p++)
        {
            string entry = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(*p));
            if (
                (
                    entry.StartsWith("HELMCACHED_", StringComparison.Ordinal)
                    && !entry.StartsWith(Endpoint.HomeVariable + "=", StringComparison.Ordinal)
                )
                || entry.StartsWith("HOME=", StringComparison.Ordinal)
                || entry.StartsWith("PATH=", StringComparison.Ordinal)
            )
                variables.Add(entry);
        }
        return variables;
    }

    private static int[] OpenDescriptors()
    {
        var names = new List<byte[]>();
        // Without /proc, descriptors that are not close-on-exec stay open in the daemon; it closes nothing it does not know.
        _ = Libc.ReadDirectory("/proc/self/fd\0"u8, names);
        var open = new List<int>();
        foreach (byte[] name in names)
            if (Utf8Parser.TryParse(name, out int descriptor, out int digits) && digits == name.Length && descriptor > 2)
                open.Add(descriptor);
        return [.. open];
    }
}
