using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Cli.Machine;

/// <summary>
/// Short questions to other programs, for <c>install</c> and <c>doctor</c>. None of them may hang us or write to our terminal.
/// </summary>
internal static class Probe
{
    /// <summary>Longest wait for an answer: a cold start of PowerShell with a large profile takes seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Absolute path of a program on PATH, or null.</summary>
    public static string? OnPath(string program) => AllOnPath(program).FirstOrDefault();

    /// <summary>Absolute paths of all programs of this name on PATH, in its order.</summary>
    public static IEnumerable<string> AllOnPath(string program)
    {
        foreach (string directory in (Endpoint.Variable("PATH"u8) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string candidate = Path.GetFullPath(Path.Join(directory, program));
            if (IsExecutable(candidate))
                yield return candidate;
        }
    }

    /// <summary>True for an executable regular file, links followed.</summary>
    public static bool IsExecutable(string path) =>
        Libc.Stat(path, follow: true, out FileStamp stamp) == 0 && stamp.Kind == FileKind.Regular && (stamp.Mode & 0x49) != 0;

    /// <summary>First line of standard output of a program that ended with 0; null when it did not, or not in time.</summary>
    /// <param name="program">Absolute path.</param>
    /// <param name="directory">Working directory: version managers choose by it.</param>
    /// <param name="arguments">Its arguments.</param>
    public static string? Ask(string program, string directory, params string[] arguments) =>
        ProgramRun.ToEnd(program, arguments, Patience, directory) is { Code: 0, Output: var output }
            ? Encoding.UTF8.GetString(output).Split('\n')[0].Trim()
            : null;

    /// <summary>Exit code of a program that is run with these variables more; null when it does not run, or does not end in time.</summary>
    public static int? ExitCode(string program, Dictionary<string, string?> variables, params string[] arguments) =>
        ProgramRun.ToEnd(program, arguments, Patience, "/", variables).Code;

    /// <summary>What real helm calls its version, such as <c>v3.17.3+ge4da497</c>; null when it does not say.</summary>
    public static string? HelmVersion(string helm) => Ask(helm, "/", "version", "--short");

    /// <summary>PATH before any start-up file has been read, as login(1) and Debian's /etc/profile have it.</summary>
    private const string SystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>
    /// The first <c>helm</c> that a new interactive shell finds, its start-up files read; null when it finds none, or does not answer. It
    /// does not inherit our PATH, which may have the shim for this terminal alone, and leaves nothing behind. The shell gets a session of
    /// its own: with our terminal it would make itself the foreground job and stop us.
    /// </summary>
    public static unsafe string? FirstHelm(Shell shell, InstallPlaces places)
    {
        if (OnPath(shell.Program) is not { } program)
            return null;
        string answer = Path.Join(Path.GetTempPath(), $"helmcached-{Environment.ProcessId}-{shell.Name}-{Guid.NewGuid():N}");
        try
        {
            DaemonLauncher.Touch(answer);
            using ShellScratch? scratch = ShellScratch.For(shell, places);
            IReadOnlyList<string> replaced = ["PATH=" + SystemPath, .. scratch?.Variables ?? []];
            using var arguments = new NativeStrings([shell.Program, .. shell.AskForHelm(answer)]);
            using var environment = new NativeStrings([
                .. Environment
                    .GetEnvironmentVariables()
                    .Cast<DictionaryEntry>()
                    .Select(variable => $"{variable.Key}={variable.Value}")
                    .Where(variable =>
                        !replaced.Any(other =>
                            other.AsSpan(0, other.IndexOf('=') + 1).SequenceEqual(variable.AsSpan(0, variable.IndexOf('=') + 1))
                        )
                    ),
                .. replaced,
            ]);
            int child;
            fixed (byte* path = Libc.PathBytes(program))
                child = Libc.SpawnDetached(path, arguments.Pointer, environment.Pointer, stdin: -1, []);
            if (child < 0)
                return null;
            long started = Stopwatch.GetTimestamp();
            while (Libc.Wait(child, block: false) is null)
            {
                if (Stopwatch.GetElapsedTime(started) > Patience)
                {
                    // Its process group is its own, and so is all that its start-up files left running in it.
                    Libc.Kill(-child, Libc.SIGKILL);
                    Libc.Wait(child, block: true);
                    return null;
                }
                Libc.Poll([], DaemonLauncher.LookEveryMilliseconds);
            }
            string found = File.ReadAllText(answer).Trim();
            return found.StartsWith('/') ? found : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        finally
        {
            DaemonLauncher.Remove(answer);
        }
    }

    /// <summary>True when the file is our shim, by whatever link.</summary>
    public static bool IsShim(string path) =>
        Libc.Stat(path, follow: true, out FileStamp stamp) == 0 && stamp.Kind == FileKind.Regular && HelmLocator.IsShim(path, stamp);
}
