using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary><c>eng/package.sh</c>: what it makes installs, works and goes away, and is the same twice.</summary>
[Trait("Needs", "programs")]
public sealed class PackageTests
{
    [Fact]
    public async Task Tarball_and_Debian_package_install_work_and_leave_no_trace()
    {
        if (!File.Exists("/usr/bin/dpkg-deb"))
            return;
        using var directory = new TemporaryDirectory();
        IReadOnlyList<string> files = await MakeAsync(directory.At("one"));
        Assert.Equal(3, files.Count);
        CommandResult check = await Script("--check", directory.At("one")).RunAsync();
        Assert.True(check.ExitCode == 0, check + check.StdoutText);
        Assert.Contains("tarball: ", check.StdoutText, StringComparison.Ordinal);
        Assert.Contains("Debian package: ", check.StdoutText, StringComparison.Ordinal);

        foreach ((string first, string second) in files.Zip(await MakeAsync(directory.At("two"))))
            Assert.True(File.ReadAllBytes(first).AsSpan().SequenceEqual(File.ReadAllBytes(second)), $"{Path.GetFileName(first)} is not the same twice");
    }

    private static async Task<IReadOnlyList<string>> MakeAsync(string directory)
    {
        CommandResult made = await Script("--no-build", directory).RunAsync();
        Assert.True(made.ExitCode == 0, made.ToString());
        return [.. Directory.GetFiles(directory).Order(StringComparer.Ordinal)];
    }

    private static Command Script(params string[] arguments) => new(Path.Combine(Repository.Root, "eng", "package.sh"), arguments)
    {
        Environment = new Dictionary<string, string?> { ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ["HOME"] = "/nonexistent", ["HELM"] = RealHelms.Helm3 },
    };
}
