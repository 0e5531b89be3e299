using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Cli.Machine;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Cli.Installing;

/// <summary>
/// Puts the shim into a directory of its own and that directory first on PATH. Without <c>--write</c> nothing outside of that directory is
/// changed; with it, start-up files get a block that <c>uninstall</c> takes out again.
/// </summary>
internal sealed class InstallCommand
{
    private static readonly string[] s_programs = ["helm", "helmcached"];

    private readonly InstallPlaces _places;
    private readonly InstallManifest _manifest;
    private readonly bool _link;

    private InstallCommand(InstallPlaces places, InstallManifest manifest, bool link) =>
        (_places, _manifest, _link) = (places, manifest, link);

    private string DirectoryPath => _manifest.Directory;

    /// <summary>The command with its options.</summary>
    public static Command Create()
    {
        var directory = new Option<string?>("--dir")
        {
            Description = "Directory for the shim (default: ~/.local/share/helmcached/bin).",
            HelpName = "directory",
        };
        var shell = new Option<string[]>("--shell")
        {
            Description = "Set up only this shell; can be repeated (default: the shells you use).",
        };
        shell.AcceptOnlyFromAmong(Shell.Names);
        var write = new Option<bool>("--write")
        {
            Description = "Add the PATH line to the shells' start-up files, and the path of real helm to the configuration.",
        };
        var link = new Option<bool>("--link")
        {
            Description = "Link to the binaries instead of copying them, so that the next build takes effect at once (for developers).",
        };
        var systemd = new Option<bool>("--systemd") { Description = "Also write a systemd user unit for the daemon." };
        var into = new Option<string?>("--into")
        {
            Description = "Only fill this directory, for another container, with the shim, helmcached and a copy of real helm.",
            HelpName = "directory",
        };
        var command = new Command("install", "Put the shim first on your PATH: helmcached install --write")
        {
            directory,
            shell,
            write,
            link,
            systemd,
            into,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(into) is not null && result.Children.Count() > 1)
                result.AddError("--into cannot be combined with other options");
        });
        command.SetAction(parsed =>
            parsed.GetValue(into) is { } volume
                ? VolumeInstall.Run(volume)
                : Run(
                    parsed.GetValue(directory),
                    parsed.GetValue(shell) ?? [],
                    parsed.GetValue(write),
                    parsed.GetValue(link),
                    parsed.GetValue(systemd)
                )
        );
        return command;
    }

    private static int Run(string? directory, string[] shells, bool write, bool link, bool systemd)
    {
        InstallPlaces places = InstallPlaces.Find();
        string chosen = Path.GetFullPath(directory ?? places.DefaultDirectory).TrimEnd('/');
        if (chosen.AsSpan().ContainsAny(':', '\n'))
            throw new IOException($"{chosen} cannot be on PATH: its name has a colon or a line end; choose another --dir");
        InstallManifest? known = InstallManifest.Load(places.Manifest);
        if (known is { HasShim: false })
            known.Directory = chosen; // Begun and not finished: the directory could not be made, say.
        if (known is not null && directory is null)
            chosen = known.Directory;
        if (known is not null && known.Directory != chosen)
            throw new IOException(
                $"the shim is installed in {known.Directory} already; run `helmcached uninstall` first, then install it into {chosen}"
            );
        var installer = new InstallCommand(places, known ?? InstallManifest.Begin(places.Manifest, chosen), link);
        installer.PlaceBinaries();
        bool pathReady = installer.PreparePath(shells, write);
        bool helmFound = installer.PrepareHelm(write);
        if (systemd)
            installer.WriteUnit();
        Console.WriteLine();
        Console.WriteLine(
            pathReady
                ? "Open a new terminal, or run the line for your shell here. Then: helmcached doctor"
                : "Run the line for your shell, or let `helmcached install --write` add it to the start-up file. Then: helmcached doctor"
        );
        return helmFound ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private void PlaceBinaries()
    {
        string source = Path.GetDirectoryName(Environment.ProcessPath!)!;
        if (!Probe.IsShim(Path.Join(source, "helm")))
            throw new IOException(
                $"{source}/helm is missing or is not the shim; keep helm and helmcached in the same directory, as they were built "
                    + "or unpacked"
            );
        foreach (string name in s_programs)
            if (Libc.Stat(Path.Join(DirectoryPath, name), follow: false, out _) == 0 && !IsOurs(Path.Join(DirectoryPath, name)))
                throw new IOException(
                    $"{DirectoryPath}/{name} already exists and was not created by helmcached; choose another --dir, or move that file"
                );
        _manifest.MakeDirectory(_places.Data);
        _manifest.MakeDirectory(DirectoryPath);
        foreach (string name in s_programs)
            Place(Path.Join(source, name), Path.Join(DirectoryPath, name));
        Marks.Good($"{_places.Short(DirectoryPath)}: helm (the shim) and helmcached, {(_link ? "links to" : "copied from")} {source}");
    }

    /// <summary>Something that a former <c>install</c> put there, or a build of the shim that someone linked by hand.</summary>
    private bool IsOurs(string path) =>
        _manifest.Find(InstalledKind.Link, path) is not null || _manifest.Find(InstalledKind.File, path) is not null || Probe.IsShim(path);

    private void Place(string source, string target)
    {
        // Run from where it is to be: nothing to do, and a link to itself would be the end of it.
        if (
            Libc.Stat(source, follow: true, out FileStamp from) == 0
            && Libc.Stat(target, follow: false, out FileStamp to) == 0
            && from.Device == to.Device
            && from.Inode == to.Inode
        )
            return;
        string temporary = $"{target}.new-{Environment.ProcessId}";
        File.Delete(temporary);
        if (_link)
        {
            File.CreateSymbolicLink(temporary, source);
            Replace(InstalledKind.File, new InstalledThing(InstalledKind.Link, target, source));
        }
        else
        {
            File.Copy(source, temporary);
            Replace(InstalledKind.Link, new InstalledThing(InstalledKind.File, target, DigestOf(temporary)));
        }
        // By rename: whoever calls helm at this moment finds the old one or the new one.
        File.Move(temporary, target, overwrite: true);
    }

    /// <summary>Lists a thing that takes the place of one of another kind.</summary>
    private void Replace(InstalledKind former, InstalledThing thing)
    {
        _manifest.Add(thing);
        if (_manifest.Find(former, thing.Path) is { } old)
            _manifest.Remove(old);
    }

    /// <summary>Shows or writes the PATH lines; true when each start-up file that was asked for has its line.</summary>
    private bool PreparePath(string[] names, bool write)
    {
        IReadOnlyList<Shell> shells =
        [
            .. Shell.All.Where(shell => names.Length > 0 ? names.Contains(shell.Name) : shell.IsFound && shell.IsUsed(_places)),
        ];
        if (shells.Count == 0)
            shells = [.. Shell.All.Where(shell => shell.IsFound)];
        bool ready = shells.Count > 0;
        foreach (Shell shell in shells)
        {
            string file = shell.StartupFile(_places);
            if (write && AddBlock(file, shell.GuardedLine(DirectoryPath)))
            {
                Marks.Good($"{shell.Name}: {_places.Short(file)} has the PATH line");
            }
            else
            {
                Marks.Note($"{shell.Name}: add this line at the end of {_places.Short(file)}");
                ready = false;
            }
            Marks.Next(shell.Line(DirectoryPath));
        }
        return ready;
    }

    /// <summary>Puts our block into a file; false, with the reason told, when that cannot be done.</summary>
    private bool AddBlock(string file, string lines)
    {
        try
        {
            byte[] before = CarefulFile.Read(file);
            byte[]? after = MarkedBlock.Put(before, lines, out bool endedLine);
            if (after is null)
            {
                Marks.Bad(
                    $"{_places.Short(file)} has a line `{MarkedBlock.Begin}` without `{MarkedBlock.End}` after it; remove the "
                        + "helmcached lines by hand, then install again"
                );
                return false;
            }
            bool replaces = MarkedBlock.IsIn(before);
            InstalledThing? listed = _manifest.Find(InstalledKind.Block, file);
            _manifest.MakeDirectory(Path.GetDirectoryName(file)!);
            _manifest.Add(
                new InstalledThing(
                    InstalledKind.Block,
                    file,
                    Created: replaces && listed is not null ? listed.Created : !File.Exists(file),
                    EndedLine: replaces && listed is not null ? listed.EndedLine : endedLine
                )
            );
            if (!after.AsSpan().SequenceEqual(before))
                CarefulFile.Replace(file, before, after);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Marks.Bad($"{_places.Short(file)} cannot be changed: {e.Message}");
            return false;
        }
    }

    /// <summary>Looks for real helm behind the shim, and behind a version manager's stub; false when there is none.</summary>
    private bool PrepareHelm(bool write)
    {
        HelmLocation helm = HelmLocator.Find();
        if (helm.Path is not { } path)
        {
            Marks.Bad(helm.Problem!);
            Marks.Next(
                "get it from your package manager or https://helm.sh/docs/intro/install, then run `helmcached install --write` again"
            );
            return false;
        }
        if (VersionManager.IsHelm(path))
        {
            Marks.Good($"real helm: {path}, {Probe.HelmVersion(path) ?? "version unknown"}");
            Record(path, write);
            // So that the very first render is kept, and none has to wait for that.
            if (write && AdminConnection.Endpoint() is var endpoint && HomeDirectory.Problem(endpoint) is null)
                ArmCommand.WaitForHelm(endpoint);
            return true;
        }
        if (VersionManager.Of(path) is not { } manager)
        {
            Record(path, write);
            Marks.Note($"{path} is not a helm binary but a script or another program, so calls go through it and are not cached");
            Marks.Next($"set the real one in {_places.Short(ConfiguredHelm.File()!)}:  helm: /path/to/helm");
            return true;
        }
        if (manager.Resolve(_places.Home) is not { } resolved)
        {
            Marks.Note(
                $"{path} is a stub of {manager.Name}, so calls go through it and are not cached; `{manager.Name} which helm` names "
                    + "no helm binary"
            );
            Marks.Next($"choose a version with {manager.Name}, then run `helmcached install` again");
            return true;
        }
        Marks.Note($"{path} is a stub of {manager.Name}, so nothing is cached through it; for you it runs {resolved}");
        string line = $"helm: {resolved}";
        if (write && AddSetting(line))
        {
            Marks.Good($"{_places.Short(ConfiguredHelm.File()!)}: {line}");
            Marks.Next($"from now on every directory uses this helm, whatever {manager.Name} says; remove the line to go back");
        }
        else
        {
            Marks.Next($"to use it in every directory, add to {_places.Short(ConfiguredHelm.File()!)}:  {line}");
        }
        return true;
    }

    /// <summary>Writes down where real helm is: a tool may run the shim by its path, with a PATH that has no helm, or with none.</summary>
    private void Record(string helm, bool write)
    {
        if (ConfiguredHelm.Read() == helm)
            return;
        string line = $"helm: {helm}";
        string file = _places.Short(ConfiguredHelm.File()!);
        if (!write)
            Marks.Next($"for tools that run the shim without your PATH, add to {file}:  {line}");
        else if (AddSetting(line))
            Marks.Good($"{file}: {line}");
        else
            Marks.Next($"tools that run the shim without your PATH will not find helm; add to {file}:  {line}");
    }

    /// <summary>
    /// Adds the setting to the configuration, unless a setting of the user's own is there or the file would not be understood.
    /// </summary>
    private bool AddSetting(string line)
    {
        if (ConfiguredHelm.File() is not { } file)
            return false;
        byte[] text = CarefulFile.Read(file);
        byte[]? rest = MarkedBlock.Remove(text, endedLine: false);
        byte[]? changed = MarkedBlock.Put(text, line, out _);
        if (rest is null || changed is null || ConfiguredHelm.Find(rest) is not null || !IsMapping(changed))
        {
            Marks.Note($"{_places.Short(file)} was not changed: it sets another helm, or is not a list of settings");
            return false;
        }
        return AddBlock(file, line);
    }

    private static bool IsMapping(byte[] text)
    {
        try
        {
            var yaml = new YamlDotNet.RepresentationModel.YamlStream();
            using var reader = new StreamReader(new MemoryStream(text));
            yaml.Load(reader);
            return yaml.Documents is [{ RootNode: YamlDotNet.RepresentationModel.YamlMappingNode }];
        }
        catch (YamlDotNet.Core.YamlException)
        {
            return false;
        }
    }

    private void WriteUnit()
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(SystemdUnit.Text(Path.Join(DirectoryPath, "helmcached")));
        byte[] before = CarefulFile.Read(_places.Unit);
        if (before.Length > 0 && _manifest.Find(InstalledKind.File, _places.Unit) is null)
            throw new IOException(
                $"{_places.Unit} already exists and was not created by helmcached; move it, or install without --systemd"
            );
        _manifest.MakeDirectory(Path.GetDirectoryName(_places.Unit)!);
        _manifest.Add(new InstalledThing(InstalledKind.File, _places.Unit, Digest.Of(text).ToString()));
        CarefulFile.Replace(_places.Unit, before, text);
        Marks.Good($"{_places.Short(_places.Unit)}: the daemon as a user unit");
        Marks.Next($"systemctl --user daemon-reload && systemctl --user enable --now {InstallPlaces.UnitName}");
    }

    private static string DigestOf(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Sha256.Of(file).ToString();
    }
}
