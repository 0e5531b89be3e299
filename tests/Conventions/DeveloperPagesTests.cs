using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using CacheDaemon.Client;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Conventions;

/// <summary>Holds the pages for developers to the code: files that they name exist, and constants have the values that they say.</summary>
public sealed partial class DeveloperPagesTests
{
    private const int MaxColumns = 120;

    private static readonly string[] s_roots =
    [
        "client",
        "library",
        "shim",
        "daemon",
        "tests",
        "bench",
        "eng",
        "docs",
        ".devcontainer",
        ".github",
    ];

    public static TheoryData<string, string> Constants
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (string page in (string[])["ARCHITECTURE.md", "docs/reliability.md"])
            foreach (Match row in ConstantRow().Matches(Read(page)))
                rows.Add(page, row.Value);
            return rows;
        }
    }

    public static TheoryData<string> Pages =>
        [
            .. Directory
                .GetFiles(Repository.Root, "*.md")
                .Concat(
                    ((string[])["docs", ".github"]).SelectMany(folder =>
                        Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.md", SearchOption.AllDirectories)
                    )
                )
                .Select(static file => Path.GetRelativePath(Repository.Root, file))
                .Order(),
        ];

    [Theory]
    [InlineData("ARCHITECTURE.md")]
    [InlineData("CONTRIBUTING.md")]
    public void Files_that_a_page_names_exist(string page)
    {
        string[] named = [.. InlineCode().Matches(Read(page)).Select(static match => match.Groups[1].Value).Where(IsPath).Distinct()];
        Assert.NotEmpty(named);
        string[] wrong = [.. named.Where(static path => !Path.Exists(Path.Combine(Repository.Root, path))).Select(Correction)];
        Assert.True(wrong.Length == 0, $"{page} names what does not exist: {string.Join("; ", wrong)}");
    }

    /// <summary>Ten questions of a newcomer, each answered by one folder and one file in it.</summary>
    [Fact]
    public void Questions_are_answered_by_a_folder_and_a_file_in_it()
    {
        MatchCollection rows = QuestionRow().Matches(Read("ARCHITECTURE.md"));
        Assert.InRange(rows.Count, 10, 20);
        Assert.All(rows, static row => Assert.Equal(row.Groups["folder"].Value, Path.GetDirectoryName(row.Groups["file"].Value)));
    }

    [Theory, MemberData(nameof(Constants))]
    public void Constants_of_a_page_are_those_of_the_code(string page, string row)
    {
        Match match = ConstantRow().Match(row);
        string[] names = [.. InlineCode().Matches(match.Groups["names"].Value).Select(static name => name.Groups[1].Value)];
        string[] values = match.Groups["values"].Value.Split(", ");
        Assert.True(names.Length == values.Length, $"{page}: as many values as names: {row}");
        string type = "";
        foreach ((string name, string value) in names.Zip(values))
        {
            string[] parts = name.Split('.');
            type = parts.Length > 1 ? parts[0] : type;
            Assert.True(
                Same(value, ValueOf(type, parts[^1]), parts[^1]),
                $"{page} says that {type}.{parts[^1]} is {value}; in the code it is {ValueOf(type, parts[^1])}"
            );
        }
    }

    /// <summary>Long lines are hard to read in a terminal and in a comparison. Rows of tables and code cannot be wrapped.</summary>
    [Theory, MemberData(nameof(Pages))]
    public void Lines_of_a_page_are_short(string page)
    {
        bool isFenced = false;
        int number = 0;
        foreach (string line in Read(page).Split('\n'))
        {
            number++;
            if (line.StartsWith("```", StringComparison.Ordinal))
                isFenced = !isFenced;
            else if (
                !isFenced
                && !line.StartsWith("    ", StringComparison.Ordinal)
                && !line.StartsWith('|')
                && !line.TrimStart().StartsWith('<')
                && !line.StartsWith("![", StringComparison.Ordinal)
            )
                Assert.True(line.Length <= MaxColumns, $"{page}:{number} has {line.Length} columns, at most {MaxColumns}");
        }
    }

    private static bool IsPath(string code) =>
        s_roots.Any(root => code.StartsWith(root + "/", StringComparison.Ordinal)) && !code.Contains(' ') && !code.Contains('*');

    private static string Correction(string path)
    {
        string name = Path.GetFileName(path.TrimEnd('/'));
        string[] found =
        [
            .. s_roots
                .SelectMany(root =>
                    Directory.Exists(Path.Combine(Repository.Root, root))
                        ? Directory.GetFiles(Path.Combine(Repository.Root, root), name, SearchOption.AllDirectories)
                        : []
                )
                .Select(static file => Path.GetRelativePath(Repository.Root, file)),
        ];
        return found.Length == 0
            ? $"{path} (no file has this name any more: write what took its place)"
            : $"{path} (write {string.Join(" or ", found)})";
    }

    private static object ValueOf(string type, string member)
    {
        if (type == "ThreadPool")
            return int.Parse(
                ThreadPoolOption().Match(Read("daemon/CacheDaemon.Daemon.csproj")).Groups[1].Value,
                CultureInfo.InvariantCulture
            );
        Type[] types =
        [
            .. ((Assembly[])[typeof(DaemonClient).Assembly, typeof(DaemonOptions).Assembly])
                .SelectMany(static assembly => assembly.GetTypes())
                .Where(found => found.Name == type),
        ];
        Assert.True(types.Length == 1, $"there is no type {type} (or more than one)");
        const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;
        return types[0].GetField(member, Any)?.GetValue(null)
            ?? types[0].GetProperty(member, Any)?.GetValue(Activator.CreateInstance(types[0]))
            ?? throw new InvalidOperationException($"{type} has no {member}");
    }

    private static bool Same(string said, object value, string member)
    {
        string[] parts = said.Split(' ');
        decimal number = decimal.Parse(
            parts[0],
            NumberStyles.AllowThousands | NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture
        );
        decimal meant =
            number
            * (
                parts.Length == 1
                    ? 1
                    : parts[1] switch
                    {
                        "ms" => 0.001m,
                        "s" => 1,
                        "min" => 60,
                        "h" => 3600,
                        "KiB" => 1 << 10,
                        "MiB" => 1 << 20,
                        "GiB" => 1 << 30,
                        string unit => throw new FormatException($"unit {unit}"),
                    }
            );
        return meant
            == (
                value is TimeSpan time ? (decimal)time.TotalSeconds
                : member.EndsWith("Nanoseconds", StringComparison.Ordinal)
                    ? Convert.ToDecimal(value, CultureInfo.InvariantCulture) / 1_000_000_000
                : Convert.ToDecimal(value, CultureInfo.InvariantCulture)
            );
    }

    private static string Read(string page) => File.ReadAllText(Path.Combine(Repository.Root, page));

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"^\| (?<names>`[A-Z]\w+\.\w+`(?:, `[\w.]+`)*) \| (?<values>[\d.,]+[^|]*?) \| .*$", RegexOptions.Multiline)]
    private static partial Regex ConstantRow();

    [GeneratedRegex(@"^\| [^|`]+\? \| `(?<folder>[^`]+)` \| `(?<file>[^`]+)` \|$", RegexOptions.Multiline)]
    private static partial Regex QuestionRow();

    [GeneratedRegex("ThreadPool\\.MinThreads\" Value=\"(\\d+)\"")]
    private static partial Regex ThreadPoolOption();
}
