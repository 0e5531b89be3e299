using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary><c>eng/package.sh</c>: what it makes is complete, installs, works and goes away, and is the same twice.</summary>
[Trait("Needs", "programs")]
[Collection(PackageCollection.Name)]
public sealed partial class PackageTests(MadePackage made)
{
    [Fact]
    public async Task Tarball_and_Debian_package_install_work_and_leave_no_trace()
    {
        if (!MadePackage.Possible)
            return;
        CommandResult check = await MadePackage.RunAsync(MadePackage.Script, "--check", made.Location);
        Assert.Contains("tarball: ", check.StdoutText, StringComparison.Ordinal);
        Assert.Contains("Debian package: ", check.StdoutText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Packages_of_the_same_commit_are_the_same_bytes()
    {
        if (!MadePackage.Possible)
            return;
        using var directory = new TemporaryDirectory();
        string[] files = [.. Directory.GetFiles(made.Location).Order(StringComparer.Ordinal)];
        Assert.Equal(3, files.Length);
        foreach ((string first, string second) in files.Zip(await MadePackage.MakeAsync(directory.At("again"))))
            Assert.True(
                File.ReadAllBytes(first).AsSpan().SequenceEqual(File.ReadAllBytes(second)),
                $"{Path.GetFileName(first)} is not the same twice"
            );
    }

    [Fact]
    public void Packages_hold_pages_manual_pages_and_completions()
    {
        if (!MadePackage.Possible)
            return;
        Assert.All(
            (string[])
                [
                    "README.md",
                    "LICENSE",
                    "CHANGELOG.md",
                    "docs/key.md",
                    "docs/tour.svg",
                    "man/helmcached.1",
                    "man/helm-shim.1",
                    "completion/helmcached.bash",
                    "completion/helmcached.zsh",
                    "completion/helmcached.fish",
                    "completion/helmcached.pwsh",
                ],
            file => Assert.True(File.Exists(Path.Combine(made.Unpacked, file)), $"the tarball has no {file}")
        );
        string share = Path.GetFullPath(Path.Combine(made.DebianDocumentation, "..", ".."));
        Assert.All(
            (string[])
                [
                    "doc/helmcached/README.md",
                    "doc/helmcached/copyright",
                    "doc/helmcached/docs/key.md",
                    "doc/helmcached/docs/tour.svg",
                    "man/man1/helmcached.1.gz",
                    "man/man1/helm-shim.1.gz",
                    "bash-completion/completions/helmcached",
                    "zsh/vendor-completions/_helmcached",
                    "fish/vendor_completions.d/helmcached.fish",
                ],
            file => Assert.True(File.Exists(Path.Combine(share, file)), $"the Debian package has no {file}")
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Links_lead_to_files_of_the_package(bool debian)
    {
        if (!MadePackage.Possible)
            return;
        string root = debian ? made.DebianDocumentation : made.Unpacked;
        string[] pages = Directory.GetFiles(root, "*.md", SearchOption.AllDirectories);
        Assert.Contains(Path.Combine(root, "docs", "ci.md"), pages);
        foreach (string page in pages)
        {
            foreach (Match link in Link().Matches(File.ReadAllText(page)))
            {
                string target = Path.Combine(Path.GetDirectoryName(page)!, link.Groups["target"].Value);
                Assert.True(
                    File.Exists(target),
                    $"{Path.GetRelativePath(root, page)} refers to {link.Groups["target"].Value}, which is not in the package"
                );
            }
        }
    }

    /// <summary>
    /// The packages by what the build resolved (<c>helmcached.deps.json</c>), not by the lock files that the script reads.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_part_that_is_linked_in_has_its_licence(bool debian)
    {
        if (!MadePackage.Possible)
            return;
        string licences = Path.Combine(debian ? made.DebianDocumentation : made.Unpacked, "licences");
        string index = File.ReadAllText(Path.Combine(licences, "README.md"));
        using JsonDocument resolved = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "helmcached.deps.json")));
        string[] linked =
        [
            .. resolved
                .RootElement.GetProperty("targets")
                .EnumerateObject()
                .SelectMany(target => target.Value.EnumerateObject())
                .Where(library => library.Value.TryGetProperty("runtime", out _) && IsPackage(resolved, library.Name))
                .Select(library => library.Name),
        ];
        Assert.Contains(linked, name => name.StartsWith("MessagePack/", StringComparison.Ordinal));
        foreach (string[] part in linked.Select(name => name.Split('/')))
        {
            Assert.Contains($"\n| {part[0]} | {part[1]} | ", index, StringComparison.Ordinal);
            string text = File.ReadAllText(Path.Combine(licences, part[0] + ".txt"));
            // MIT, or Apache 2.0.
            Assert.True(
                text.Contains("Permission is hereby granted", StringComparison.Ordinal)
                    || text.Contains("TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION", StringComparison.Ordinal),
                part[0] + ": " + text
            );
        }
        Assert.All(
            (IEnumerable<(string File, string Holds)>)
                [
                    ("dotnet-runtime.txt", ".NET Foundation"),
                    ("dotnet-runtime.txt", "THIRD-PARTY-NOTICES.TXT"),
                    ("glibc.txt", "GNU LESSER GENERAL PUBLIC LICENSE"),
                    ("libgcc.txt", "GCC RUNTIME LIBRARY EXCEPTION"),
                ],
            text => Assert.Contains(text.Holds, File.ReadAllText(Path.Combine(licences, text.File)), StringComparison.Ordinal)
        );
        Assert.Contains("`build.sh`", index, StringComparison.Ordinal);
    }

    private static bool IsPackage(JsonDocument resolved, string library) =>
        resolved.RootElement.GetProperty("libraries").GetProperty(library).GetProperty("type").ValueEquals("package");

    /// <summary>Of Markdown and of HTML; not those to other sites or to headings of the same page.</summary>
    [GeneratedRegex("""(?:\]\(|(?:src|srcset)=")(?!https?:)(?<target>[^)"#\s]+)""")]
    private static partial Regex Link();
}
