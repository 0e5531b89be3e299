using System;
using System.Collections.Generic;
using System.IO;

namespace CacheDaemon.Daemon.Cli.Machine;

/// <summary>
/// Directories for a shell that writes into the home directory when it starts: fish makes its own below the XDG directories, with
/// variables, a history and completions of every manual page. What the user has there can be read through links, at the same names.
/// </summary>
internal sealed class ShellScratch : IDisposable
{
    private readonly string _directory;

    private ShellScratch(string directory) => _directory = directory;

    /// <summary>Variables, as <c>NAME=value</c>, for the shell to be started with.</summary>
    public IReadOnlyList<string> Variables { get; private init; } = [];

    /// <summary>Directories for this shell; null when it writes nothing, or when there is no place for them.</summary>
    public static ShellScratch? For(Shell shell, InstallPlaces places)
    {
        if (!shell.WritesAtStart)
            return null;
        string directory = Directory.CreateTempSubdirectory("helmcached-").FullName;
        var scratch = new ShellScratch(directory)
        {
            // fish's manual, "Configuration files" and "Universal variables".
            Variables = [$"XDG_CONFIG_HOME={directory}/config", $"XDG_DATA_HOME={directory}/data", $"XDG_CACHE_HOME={directory}/cache"],
        };
        Mirror(places.Config, directory + "/config", shell.Name);
        Mirror(Path.GetDirectoryName(places.Data)!, directory + "/data", shell.Name);
        // Where it is there, no completions are made in the background.
        Directory.CreateDirectory($"{directory}/data/{shell.Name}/generated_completions");
        return scratch;
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(_directory, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Something that the shell started still writes there; it is a directory for temporary files.
        }
    }

    /// <summary>
    /// A directory of links to all that another has; the directory of the shell is one of its own, and its plain files are copies that may
    /// be written.
    /// </summary>
    private static void Mirror(string from, string to, string shell)
    {
        Directory.CreateDirectory($"{to}/{shell}");
        foreach (string name in Names(from))
            if (name != shell)
                File.CreateSymbolicLink($"{to}/{name}", $"{from}/{name}");
        foreach (string name in Names($"{from}/{shell}"))
        {
            string source = $"{from}/{shell}/{name}",
                target = $"{to}/{shell}/{name}";
            // Replaced by rename when one of them changes, and the only files of its own that it reads at its start.
            if (name is "fish_variables")
                File.Copy(source, target);
            else if (name is not ("fish_history" or "generated_completions"))
                File.CreateSymbolicLink(target, source);
        }
    }

    private static IEnumerable<string> Names(string directory)
    {
        if (!Directory.Exists(directory))
            yield break;
        foreach (string entry in Directory.EnumerateFileSystemEntries(directory))
            yield return Path.GetFileName(entry);
    }
}
