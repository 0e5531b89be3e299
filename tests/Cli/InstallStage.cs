using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Cli;

/// <summary>
/// Somebody's empty home, with helm on PATH as a package would put it there and nothing of ours: no variable of the cache but the one that
/// keeps its state in this home (the account's real one is not ours to touch).
/// </summary>
internal sealed class InstallStage : IAsyncDisposable
{
    public InstallStage(string? helm = null)
    {
        Cache = new DaemonHome(helm ?? RealHelms.Helm3);
        HelmDirectory = Directory.CreateDirectory(Cache.At("usr", "bin")).FullName;
        File.CreateSymbolicLink(Path.Combine(HelmDirectory, "helm"), Cache.RealHelm);
        Work = Directory.CreateDirectory(Cache.At("work")).FullName;
        Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a | quote }}").WriteTo(Work);
    }

    public DaemonHome Cache { get; }

    /// <summary>The person's home directory.</summary>
    public string Home => Cache.UserHome;

    /// <summary>Where the shim goes by default.</summary>
    public string Bin => Path.Combine(Home, ".local", "share", "helmcached", "bin");

    /// <summary>The directory with a chart <c>web</c>.</summary>
    public string Work { get; }

    /// <summary>The directory of PATH that has helm.</summary>
    public string HelmDirectory { get; }

    /// <summary>The configuration file.</summary>
    public string Configuration => Cache.Environment["HELMCACHED_CONFIG"]!;

    /// <summary>A path in the home.</summary>
    public string At(string path) => Path.Combine(Home, path);

    /// <summary>A command as the person's terminal would run it.</summary>
    public Command Run(string file, params IEnumerable<string> arguments) =>
        (Cache.Admin(arguments) with { File = file, Directory = Work })
            .With("HELMCACHED_HELM", null)
            .With("PATH", HelmDirectory + ":/usr/bin:/bin")
            .With("SHELL", "/bin/bash");

    /// <summary>helmcached, as built.</summary>
    public Command Admin(params IEnumerable<string> arguments) => Run(Cache.DaemonPath, arguments);

    /// <summary>Runs helmcached and expects success; its output.</summary>
    public async Task<string> DoAsync(params IEnumerable<string> arguments)
    {
        CommandResult result = await Admin(arguments).RunAsync();
        Assert.True(result.ExitCode == 0, result + result.StdoutText);
        return result.StdoutText;
    }

    /// <summary>What a new terminal with bash does with this line.</summary>
    public Command Terminal(string line) => Run("/bin/bash", "-i", "-c", line);

    /// <summary>Everything in the home: names, kinds, modes, contents.</summary>
    public IReadOnlyList<string> Snapshot() =>
        [
            .. new DirectoryInfo(Home)
                .EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
                .Select(entry =>
                {
                    string bytes = entry is FileInfo { LinkTarget: null } ? Convert.ToHexString(File.ReadAllBytes(entry.FullName)) : "";
                    return $"{Path.GetRelativePath(Home, entry.FullName)} {entry.LinkTarget ?? $"{entry.UnixFileMode} {bytes}"}";
                })
                .Order(StringComparer.Ordinal),
        ];

    public ValueTask DisposeAsync() => Cache.DisposeAsync();

    /// <summary>Writes a script that can be run.</summary>
    public static string Script(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "#!/bin/sh\n" + text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
