using System;
using System.IO;

namespace CacheDaemon.Tests.Support;

/// <summary>Where the repository and its built binaries are.</summary>
public static class Repository
{
    private static readonly Lazy<string> LazyRoot = new(FindRoot);

    /// <summary>The directory that holds <c>CacheDaemon.sln</c>, found upward from the test assembly.</summary>
    public static string Root => LazyRoot.Value;

    /// <summary>The shim.</summary>
    public static string Shim => Binary("helm");

    /// <summary>The daemon.</summary>
    public static string Daemon => Binary("helmcached");

    /// <summary>The helm of tests/FakeHelm, natively built.</summary>
    public static string FakeHelm => Existing(Path.Combine(Root, "artifacts", "test", "fakehelm", "fakehelm"), "./build.sh --tests");

    /// <summary>The directory of the binaries under test: <c>HELMCACHED_TEST_BIN</c>, else <c>artifacts/bin</c>.</summary>
    public static string BinaryDirectory =>
        Environment.GetEnvironmentVariable("HELMCACHED_TEST_BIN") is { Length: > 0 } directory
            ? directory
            : Path.Combine(Root, "artifacts", "bin");

    private static string Binary(string name) => Existing(Path.Combine(BinaryDirectory, name), "./build.sh");

    private static string Existing(string path, string remedy) =>
        File.Exists(path) ? path : throw new FileNotFoundException($"{path} does not exist: run {remedy}");

    private static string FindRoot()
    {
        for (string? directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "CacheDaemon.sln")))
                return directory;
        }
        throw new DirectoryNotFoundException($"no CacheDaemon.sln above {AppContext.BaseDirectory}");
    }
}
