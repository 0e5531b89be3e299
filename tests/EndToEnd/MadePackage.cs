using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>What <c>eng/package.sh</c> makes of the binaries under test, made once for all tests of it.</summary>
public sealed class MadePackage : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <summary>Whether this machine can make packages at all.</summary>
    public static bool Possible => File.Exists("/usr/bin/dpkg-deb");

    /// <summary>Where tarball, Debian package and SHA256SUMS are.</summary>
    public string Location => _directory.At("made");

    /// <summary>The tarball.</summary>
    public string Tarball => Directory.GetFiles(Location, "*.tar.gz").Single();

    /// <summary>The directory that the tarball was unpacked to.</summary>
    public string Unpacked => Directory.GetDirectories(_directory.At("tarball")).Single();

    /// <summary>The documentation of the Debian package, unpacked.</summary>
    public string DebianDocumentation => _directory.At("deb", "usr", "share", "doc", "helmcached");

    public async Task InitializeAsync()
    {
        if (!Possible)
            return;
        await MakeAsync(Location).ConfigureAwait(false);
        Directory.CreateDirectory(_directory.At("tarball"));
        await RunAsync("/bin/tar", "-C", _directory.At("tarball"), "-xzf", Tarball).ConfigureAwait(false);
        await RunAsync("/usr/bin/dpkg-deb", "-x", Directory.GetFiles(Location, "*.deb").Single(), _directory.At("deb"))
            .ConfigureAwait(false);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _directory.Dispose();

    /// <summary>Makes them in this directory; the files, by name.</summary>
    public static async Task<IReadOnlyList<string>> MakeAsync(string directory)
    {
        await RunAsync(Script, "--no-build", directory).ConfigureAwait(false);
        return [.. Directory.GetFiles(directory).Order(StringComparer.Ordinal)];
    }

    /// <summary>Runs a program with nothing of this machine's user in its environment, and fails if it does.</summary>
    public static async Task<CommandResult> RunAsync(string program, params string[] arguments)
    {
        CommandResult result = await new Command(program, arguments)
        {
            Environment = new Dictionary<string, string?>
            {
                ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                ["HOME"] = "/nonexistent",
                ["HELM"] = RealHelms.Helm3,
            },
        }
            .RunAsync()
            .ConfigureAwait(false);
        Assert.True(result.ExitCode == 0, result + result.StdoutText);
        return result;
    }

    /// <summary><c>eng/package.sh</c>.</summary>
    public static string Script => Path.Combine(Repository.Root, "eng", "package.sh");
}

/// <summary>The tests that share one <see cref="MadePackage"/>.</summary>
[CollectionDefinition(Name)]
public sealed class PackageCollection : ICollectionFixture<MadePackage>
{
    public const string Name = "package";
}
