using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>Where things are in this checkout.</summary>
internal static class Repository
{
    /// <summary>The directory that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>What build.sh has built.</summary>
    public static string Binaries => Path.Combine(Root, "artifacts", "bin");

    /// <summary>The shim.</summary>
    public static string Shim => Existing(Path.Combine(Binaries, "helm"));

    /// <summary>The daemon.</summary>
    public static string Daemon => Existing(Path.Combine(Binaries, "helmcached"));

    /// <summary>The real helm of that major version: <c>HELMCACHED_TEST_HELM3</c>, <c>…4</c>, else what eng/get-helm.sh fetches.</summary>
    public static string Helm(int major) =>
        Environment.GetEnvironmentVariable($"HELMCACHED_TEST_HELM{major}") is { Length: > 0 } given
            ? given
            : Output(Path.Combine(Root, "eng", "get-helm.sh"), major.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The floor program, published on first use.</summary>
    public static string Floor()
    {
        string directory = Path.Combine(Root, "artifacts", "bench");
        string floor = Path.Combine(directory, "floor");
        if (
            !File.Exists(floor)
            || File.GetLastWriteTimeUtc(floor) < File.GetLastWriteTimeUtc(Path.Combine(Root, "bench", "Floor", "Program.cs"))
        )
            Output(
                "dotnet",
                "publish",
                Path.Combine(Root, "bench", "Floor"),
                "--configuration",
                "Release",
                "--output",
                directory,
                "--nologo",
                "--verbosity",
                "quiet"
            );
        return Existing(floor);
    }

    /// <summary>The commit that is measured, and whether the tree differs from it.</summary>
    public static string Commit()
    {
        string commit = Output("git", "-C", Root, "rev-parse", "--short=10", "HEAD");
        return Output("git", "-C", Root, "status", "--porcelain", "--", "client", "shim", "daemon").Length == 0
            ? commit
            : commit + "-dirty";
    }

    private static string Existing(string path) =>
        File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing; run ./build.sh first");

    private static string Output(string file, params string[] arguments)
    {
        Dictionary<string, string> environment = Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(v => (string)v.Key, v => (string)v.Value!);
        using var command = new Contender(file, "/usr/bin/env", [file, .. arguments], environment) { ShowsErrors = true };
        string text = Encoding.UTF8.GetString(command.Capture(out int status)).Trim();
        return status == 0
            ? text
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with wait status {status}: {text}");
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "CacheDaemon.sln")))
                return directory.FullName;
        }
        throw new DirectoryNotFoundException("the bench runs from a checkout");
    }
}
