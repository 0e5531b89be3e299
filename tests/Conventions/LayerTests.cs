using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace CacheDaemon.Tests.Conventions;

/// <summary>
/// Rules that no analyzer knows: which layer may use which, who may call the C library. A failure names the file; move the code rather
/// than edit the list. What is used nowhere, or in one file, stands in <c>BannedSymbols.txt</c>.
/// </summary>
public sealed partial class LayerTests
{
    /// <summary>Each layer of the daemon may use those after it, and the client.</summary>
    private static readonly string[] s_layers =
    [
        "Cli",
        "Hosting",
        "Configuration",
        "Sessions",
        "Coordination",
        "Rendering",
        "Insight",
        "Shared",
        "Storage",
        "Arming",
        "Fingerprints",
        "Charts",
        "Screening",
        "Files",
        "Blobs",
        "RemoteCharts",
        "Manifests",
        "Invocations",
        "Keys",
    ];

    public static TheoryData<string> Layers => [.. s_layers];

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_layer_uses_only_layers_to_its_right(string layer)
    {
        IReadOnlyList<SourceFile> files = [.. SourceFile.In("daemon").Where(f => f.Layer == "daemon/" + layer)];
        Assert.NotEmpty(files);
        foreach (SourceFile file in files)
        foreach (string left in s_layers[..Array.IndexOf(s_layers, layer)])
            Assert.False(
                Names(file, left),
                $"{file.Path} uses {left}, a layer to its left: report by return value, or declare an interface here that {left} implements"
            );
    }

    /// <summary>
    /// Sub-folders of a layer, in an order like that of the layers: each uses only those after it. Files beside the sub-folders are used by
    /// all of them.
    /// </summary>
    public static TheoryData<string, string[]> SubFolders =>
        new()
        {
            { "Cli", ["Sharing", "Warming", "Rendered", "Showing", "Helping", "Checking", "Installing", "Machine"] },
            { "Shared", ["Servers", "Sealing"] },
        };

    [Theory]
    [MemberData(nameof(SubFolders))]
    public void A_sub_folder_uses_only_those_after_it(string layer, string[] order)
    {
        IReadOnlyList<SourceFile> files = [.. SourceFile.In("daemon/" + layer).Where(f => f.Folder != f.Layer)];
        Assert.Equal(order.Order(), files.Select(static f => f.Folder.Split('/')[2]).Distinct().Order());
        Assert.Empty(
            from file in files
            from before in order[..Array.IndexOf(order, file.Folder.Split('/')[2])]
            where Regex.IsMatch(file.Code, $@"\b{layer}\.{before}\b|(?<![.\w]){before}\.[A-Z]")
            select $"{file.Path} uses {layer}/{before}"
        );
    }

    [Fact]
    public void Every_layer_with_sub_folders_has_an_order_of_them() =>
        Assert.Equal(
            SubFolders.Select(static row => (string)row[0]).Order(),
            SourceFile
                .In("daemon")
                .Where(static f => f.Folder != f.Layer)
                .Select(static f => f.Layer["daemon/".Length..])
                .Distinct()
                .Order()
        );

    /// <summary>Whether a file names a folder of the daemon, in a <c>using</c> or before one of its types.</summary>
    private static bool Names(SourceFile file, string folder) =>
        Regex.IsMatch(file.Code, $@"\bDaemon\.{folder}\b")
        || Regex
            .Matches(file.Code, $@"(?<![.\w]){folder}\.([A-Z]\w*)")
            .Any(match => SourceFile.In("daemon/" + folder).Any(other => IsOwn(other, match.Groups[1].Value)));

    [Fact]
    public void Every_folder_of_the_daemon_is_a_layer()
    {
        IEnumerable<string> folders = SourceFile
            .In("daemon")
            .Where(f => f.Path != "daemon/Program.cs")
            .Select(f => f.Layer["daemon/".Length..])
            .Distinct();
        Assert.Equal(s_layers.Order(), folders.Order());
    }

    [Theory]
    [InlineData("client", "CacheDaemon.Shim", "CacheDaemon.Daemon")]
    [InlineData("shim", "CacheDaemon.Daemon")]
    [InlineData("daemon", "CacheDaemon.Shim")]
    [InlineData("client/Native", "CacheDaemon.Client.Helm", "CacheDaemon.Client.Protocol")]
    [InlineData("client/Protocol", "CacheDaemon.Client.Helm")]
    public void Code_knows_nothing_of_those_who_use_it(string folder, params string[] users)
    {
        foreach (SourceFile file in SourceFile.In(folder))
        foreach (string user in users)
            Assert.False(Regex.IsMatch(file.Code, $@"\b{Regex.Escape(user)}\b"), $"{file.Path} uses {user}");
    }

    [Fact]
    public void Only_the_native_files_call_the_C_library()
    {
        foreach (SourceFile file in SourceFile.In("client", "shim", "daemon").Where(f => f.Folder != "client/Native"))
            Assert.False(
                Regex.IsMatch(file.Code, @"\bDllImport\(|\bLibraryImport\("),
                $"{file.Path} declares a native function: that belongs in client/Native"
            );
    }

    [Fact]
    public void Only_commands_and_the_foreground_log_write_to_the_console()
    {
        foreach (
            SourceFile file in SourceFile
                .In("daemon")
                .Where(f => f.Layer != "daemon/Cli" && f.Path is not ("daemon/Program.cs" or "daemon/Insight/DaemonLog.cs"))
        )
            Assert.False(Regex.IsMatch(file.Code, @"\bConsole\."), $"{file.Path} writes to the console");
    }

    [Fact]
    public void Layers_of_the_daemon_take_their_time_from_a_time_provider()
    {
        foreach (SourceFile file in SourceFile.In("daemon").Where(f => f.Layer != "daemon/Cli"))
            Assert.False(
                Regex.IsMatch(file.Code, @"\bDateTime(Offset)?\.(Utc)?Now\b|\bThread\.Sleep\b|\bTimeProvider\.System\b"),
                $"{file.Path} looks at a clock of its own"
            );
    }

    [Fact]
    public void Tests_that_run_helm_or_our_programs_say_so()
    {
        foreach (
            SourceFile file in SourceFile
                .In("tests")
                .Where(f => Regex.IsMatch(f.Code, @"\[(\w*Fact|\w*Theory)\b") && Regex.IsMatch(f.Code, @"\bclass \w+Tests\b"))
        )
        {
            bool needs = Regex.IsMatch(
                file.Code,
                @"\b(DaemonHome|FakeHelmHome|RealHelms|HelmRun|CallerStage|InstallStage|ArmedHelms|ConformanceHome)\b|"
                    + @"\bRepository\.(Shim|Daemon|FakeHelm)\b"
            );
            Assert.True(
                !needs || file.Text.Contains("[Trait(\"Needs\", \"programs\")]", StringComparison.Ordinal),
                $"{file.Path} needs [Trait(\"Needs\", \"programs\")]: ./test.sh --quick leaves such classes out"
            );
        }
    }

    [Fact]
    public void Namespaces_follow_folders()
    {
        foreach (
            SourceFile file in SourceFile
                .In("client", "shim", "daemon", "tests")
                .Where(f => !f.Path.StartsWith("tests/FakeHelm/", StringComparison.Ordinal))
        )
            Assert.True(
                Regex.IsMatch(file.Code, $"^namespace {Regex.Escape(file.ExpectedNamespace)};", RegexOptions.Multiline),
                $"{file.Path} is not in namespace {file.ExpectedNamespace}"
            );
    }

    [Fact]
    public void A_file_is_named_for_its_type()
    {
        // Files of records that are only read together, named for what they are about.
        string[] collections = ["client/Protocol/Messages.cs", "daemon/Storage/Pruning.cs", "daemon/Files/WatchList.cs"];
        foreach (SourceFile file in SourceFile.In("client", "shim", "daemon").Where(f => !collections.Contains(f.Path)))
            Assert.True(
                TypeDeclaration().Matches(file.Code).Any(m => m.Groups[1].Value == file.Stem),
                $"{file.Path} declares no type {file.Stem}"
            );
    }

    [Fact]
    public void Every_type_says_what_it_promises()
    {
        foreach (SourceFile file in SourceFile.In("client", "shim", "daemon"))
        {
            string[] lines = file.Text.Split('\n');
            for (int i = 0; i < lines.Length; i++)
            {
                if (
                    TypeDeclaration().Match(lines[i]) is not { Success: true } match
                    || (match.Value.Contains("partial", StringComparison.Ordinal) && file.Path.Count(c => c == '.') > 1)
                )
                    continue;
                // Attributes stand between the two, on one line or on several.
                int above = i - 1;
                while (above > 0 && lines[above].Length > 0 && !lines[above].StartsWith("///", StringComparison.Ordinal))
                    above--;
                Assert.True(
                    lines[above].StartsWith("///", StringComparison.Ordinal),
                    $"{file.Path}:{i + 1}: {match.Groups[1].Value} has no doc comment"
                );
            }
        }
    }

    private static bool IsOwn(SourceFile file, string type) =>
        file.Stem == type || TypeDeclaration().Matches(file.Code).Any(m => m.Groups[1].Value == type);

    [GeneratedRegex(
        @"^(?:(?:public|internal|sealed|static|abstract|readonly|unsafe|partial|ref|file) )*"
            + @"(?:class|struct|record struct|record|interface|enum) (\w+)",
        RegexOptions.Multiline
    )]
    private static partial Regex TypeDeclaration();
}
