using System;
using System.IO;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Fingerprints;

namespace CacheDaemon.Daemon.Cli.Machine;

/// <summary>
/// asdf and mise put stubs on PATH that pick a version by working directory at run time. Such a stub's bytes say nothing about what it
/// runs, so calls through it are never cached; but the manager itself can be asked.
/// </summary>
/// <param name="Name">Its program.</param>
/// <param name="Program">Path of its program; null when it is not to be found.</param>
internal sealed record VersionManager(string Name, string? Program)
{
    /// <summary>Enough of a stub to see what it calls: asdf's are scripts of three lines.</summary>
    private const int MaxScriptBytes = 4096;

    /// <summary>The manager whose stub the file is; null when it is nobody's that we know.</summary>
    public static VersionManager? Of(string path)
    {
        string target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        // mise's stubs are links to mise itself.
        if (Path.GetFileName(target) is "mise" or "rtx")
            return new VersionManager(Path.GetFileName(target), target);
        string? shims = Path.GetDirectoryName(path);
        if (Path.GetFileName(shims) != "shims")
            return null;
        string owner = Path.GetFileName(Path.GetDirectoryName(shims)) ?? "";
        if (owner is "mise" or "rtx")
            return new VersionManager(owner, Probe.OnPath(owner));
        return owner is ".asdf" or "asdf" || CallsAsdf(path) ? new VersionManager("asdf", Probe.OnPath("asdf") ?? Beside(shims!)) : null;
    }

    /// <summary>
    /// The helm that the manager's stub runs for the user in general; null when it cannot say, or names something that is no helm. Asked in
    /// the home directory: in a project's it would name that project's.
    /// </summary>
    public string? Resolve(string home)
    {
        if (
            Program is null
            || Probe.Ask(Program, home.Length > 0 ? home : "/", "which", "helm") is not { } answer
            || !answer.StartsWith('/')
        )
            return null;
        return IsHelm(answer) ? answer : null;
    }

    /// <summary>True when the file is a helm binary, by its content.</summary>
    public static bool IsHelm(string path)
    {
        try
        {
            return Probe.IsExecutable(path) && HelmIdentity.Read(path).IsHelm;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool CallsAsdf(string path)
    {
        try
        {
            return Libc.Stat(path, follow: true, out FileStamp stamp) == 0
                && stamp.Size <= MaxScriptBytes
                && File.ReadAllBytes(path).AsSpan().IndexOf("asdf"u8) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>asdf up to 0.15 lies in <c>bin</c> beside <c>shims</c>.</summary>
    private static string? Beside(string shims)
    {
        string program = Path.Join(Path.GetDirectoryName(shims), "bin", "asdf");
        return Probe.IsExecutable(program) ? program : null;
    }
}
