using System;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Cli.Machine;

namespace CacheDaemon.Daemon.Cli.Installing;

/// <summary>
/// Fills a directory that another container will see (<see cref="ProgramVolume"/>): the shim, the daemon, and a copy of the helm that is
/// the real one here. Keeps no list of what it made: the directory is the volume's, and goes with it.
/// </summary>
internal static class VolumeInstall
{
    private const UnixFileMode ForAll =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    /// <exception cref="IOException">Something is missing, in the way, or cannot be written.</exception>
    public static int Run(string into)
    {
        string directory = Path.GetFullPath(into).TrimEnd('/');
        if (directory.Length == 0 || ProgramVolume.Note(directory) is not { } note)
            throw new IOException($"{into} cannot be used: its path is empty or too long");
        string source = Path.GetDirectoryName(Environment.ProcessPath!)!;
        string shim = Path.Join(source, "helm");
        if (!Probe.IsShim(shim))
            throw new IOException(
                $"{shim} is missing or is not the shim; keep helm and helmcached in the same directory, as they were built or unpacked"
            );
        if (source == directory)
            throw new IOException($"{directory} is the directory of this helmcached; run a helmcached from another directory");
        HelmLocation helm = HelmLocator.Find();
        if (helm.Path is not { } real)
            throw new IOException($"{helm.Problem} (the container that fills the volume must have the helm to run)");
        if (!VersionManager.IsHelm(real))
            throw new IOException($"{real} is not a helm binary but a script or another program; set {HelmLocator.Variable} to the binary");
        string copy = ProgramVolume.HelmIn(directory),
            placed = Path.Join(directory, "helm");
        if (Libc.Stat(placed, follow: false, out _) == 0 && !Probe.IsShim(placed))
            throw new IOException($"{placed} already exists and was not created by helmcached; choose another directory");

        MakeForAll(directory);
        MakeForAll(Path.GetDirectoryName(copy)!);
        // The shim last: a volume that has it has all.
        Place(real, copy, []);
        Place(Path.Join(source, "helmcached"), Path.Join(directory, "helmcached"), []);
        Place(shim, placed, note);
        Marks.Good(
            $"{directory}: helm (the shim), helmcached, and libexec/helm, copied from {real}, "
                + $"{Probe.HelmVersion(copy) ?? "version unknown"}"
        );
        Marks.Next(
            $"mount the volume at {directory}, and its file helm (subPath) over the helm that is to be cached; set "
                + $"{Endpoint.HomeVariable} to a writable directory, such as an emptyDir"
        );
        return ExitCodes.Ok;
    }

    /// <summary>One that is there keeps its mode: it may be the volume itself.</summary>
    private static void MakeForAll(string directory)
    {
        if (Directory.Exists(directory))
            return;
        Directory.CreateDirectory(directory);
        File.SetUnixFileMode(directory, ForAll); // Whatever the umask is: another user will read it.
    }

    private static void Place(string source, string target, ReadOnlySpan<byte> behind)
    {
        string temporary = $"{target}.new-{Environment.ProcessId}";
        try
        {
            File.Copy(source, temporary, overwrite: true);
            File.SetUnixFileMode(temporary, ForAll);
            using (FileStream file = File.Open(temporary, FileMode.Append))
                file.Write(behind);
            // By rename: whoever runs the program at this moment has the old one or the new one.
            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
