using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using CacheDaemon.Client;
using CacheDaemon.Daemon.Cli.Machine;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Cli.Installing;

/// <summary>
/// Takes away exactly what <see cref="InstallCommand"/> made and stops the daemon. What someone has changed since is left and named. The
/// cache stays unless <c>--purge</c> is given.
/// </summary>
internal static class UninstallCommand
{
    /// <summary>The command with its options.</summary>
    public static Command Create()
    {
        var purge = new Option<bool>("--purge") { Description = "Also delete the cache, its log and its locks." };
        var command = new Command("uninstall", "Undo what install did, and stop the daemon.") { purge };
        command.SetAction(parsed => Run(parsed.GetValue(purge)));
        return command;
    }

    private static int Run(bool purge)
    {
        InstallPlaces places = InstallPlaces.Find();
        InstallManifest? manifest = InstallManifest.Load(places.Manifest);
        if (manifest is null && !purge)
        {
            Console.WriteLine($"helmcached is not installed ({places.Short(places.Manifest)} does not exist)");
            return ExitCodes.Ok;
        }
        // The shim first, so that no call starts the daemon that is about to leave.
        bool whole = manifest is null || RemoveAll(manifest, places);
        if (Probe.OnPath("systemctl") is { } systemctl && manifest?.Find(InstalledKind.File, places.Unit) is not null)
            Probe.Ask(systemctl, "/", "--user", "daemon-reload");
        if (StopCommand.Run() != ExitCodes.Ok)
            return ExitCodes.Failed;
        Endpoint endpoint = AdminConnection.Endpoint();
        if (purge)
            whole &= Purge(endpoint, places);
        else if (Directory.Exists(endpoint.Home))
            Marks.Note($"the cache in {places.Short(endpoint.Home)} was kept; `helmcached uninstall --purge` or `rm -r` deletes it");
        if (manifest is not null && (Endpoint.Variable("PATH"u8) ?? "").Split(':').Contains(manifest.Directory))
            Marks.Note("this terminal's PATH still has the directory, new terminals will not (`hash -r` makes this shell search again)");
        return whole ? ExitCodes.Ok : ExitCodes.Failed;
    }

    /// <summary>Newest first; true when nothing had to be left.</summary>
    private static bool RemoveAll(InstallManifest manifest, InstallPlaces places)
    {
        bool whole = true;
        foreach (InstalledThing thing in manifest.Things.Reverse().ToArray())
        {
            try
            {
                if (thing.Kind == InstalledKind.File && thing.Path == places.Unit)
                    Disable();
                if (thing.Kind == InstalledKind.Directory)
                {
                    // The list lies in ours: what could not be removed today is still on it tomorrow.
                    if (whole || thing.Path != places.Data)
                        RemoveDirectory(thing.Path, places);
                    continue;
                }
                if (Remove(thing) is { } left)
                {
                    whole = false;
                    Marks.Bad($"{places.Short(thing.Path)} was not removed: {left}");
                    continue;
                }
                Marks.Good($"{places.Short(thing.Path)}: {(thing.Kind == InstalledKind.Block ? "helmcached lines removed" : "removed")}");
                manifest.Remove(thing);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                whole = false;
                Marks.Bad($"{places.Short(thing.Path)} was not removed: {e.Message}");
            }
        }
        return whole;
    }

    /// <summary>Null when the thing is gone; else why it was left.</summary>
    private static string? Remove(InstalledThing thing)
    {
        switch (thing.Kind)
        {
            case InstalledKind.Link when new FileInfo(thing.Path).LinkTarget is { } target:
                if (target != thing.Value)
                    return $"it now points to {target}; delete it yourself if you do not need it";
                File.Delete(thing.Path);
                return null;
            case InstalledKind.Link:
                return File.Exists(thing.Path) ? "it is no longer a link; delete it yourself if you do not need it" : null;
            case InstalledKind.File when File.Exists(thing.Path):
                if (Digest.Of(File.ReadAllBytes(thing.Path)).ToString() != thing.Value)
                    return "it has changed since; delete it yourself if you do not need it";
                File.Delete(thing.Path);
                return null;
            case InstalledKind.Block:
                return RemoveBlock(thing);
            default:
                return null;
        }
    }

    private static void RemoveDirectory(string path, InstallPlaces places)
    {
        if (path == places.Data)
            File.Delete(places.Manifest);
        if (Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any())
            Directory.Delete(path);
    }

    private static string? RemoveBlock(InstalledThing thing)
    {
        if (!File.Exists(thing.Path))
            return null;
        byte[] before = CarefulFile.Read(thing.Path);
        if (MarkedBlock.Remove(before, thing.EndedLine) is not { } after)
            return $"it has a line `{MarkedBlock.Begin}` without `{MarkedBlock.End}` after it; remove the helmcached lines by hand";
        if (after.Length == 0 && thing.Created)
            File.Delete(thing.Path);
        else if (after.Length != before.Length)
            CarefulFile.Replace(thing.Path, before, after);
        return null;
    }

    /// <summary>So that no link to the unit stays behind; without systemd there is none.</summary>
    private static void Disable()
    {
        if (Probe.OnPath("systemctl") is { } systemctl)
            Probe.Ask(systemctl, "/", "--user", "disable", "--now", InstallPlaces.UnitName);
    }

    /// <summary>
    /// Deletes the cache: the files that helmcached makes, by their exact names, from a directory of its own; false when it is not.
    /// </summary>
    private static bool Purge(Endpoint endpoint, InstallPlaces places)
    {
        if (!Directory.Exists(endpoint.Home))
            return true;
        if (HomeDirectory.Problem(endpoint) is { } problem)
        {
            Marks.Bad($"the cache was not deleted: {problem}");
            return false;
        }
        foreach (
            string path in Directory.GetFileSystemEntries(endpoint.Home).Where(path => HomeDirectory.IsOurName(Path.GetFileName(path)))
        )
        {
            // Something that is no file of ours in spite of its name stays.
            bool isDirectory = Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null;
            if (!isDirectory)
                File.Delete(path);
            else if (HomeDirectory.IsOurDirectory(Path.GetFileName(path)))
                Directory.Delete(path, recursive: true);
        }
        File.Delete(endpoint.SocketPath);
        if (Directory.EnumerateFileSystemEntries(endpoint.Home).Any())
        {
            Marks.Note($"{places.Short(endpoint.Home)}: cache deleted; the directory was kept, since it has other files");
            return true;
        }
        Directory.Delete(endpoint.Home);
        Marks.Good($"{places.Short(endpoint.Home)}: cache deleted");
        return true;
    }
}
