using System.Collections.Generic;
using System.IO;
using System.Linq;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Conventions;

/// <summary>
/// Code fits in 140 columns, which <c>.editorconfig</c> tells CSharpier and editors. CSharpier leaves comments and string literals alone,
/// so this looks at every line.
/// </summary>
public sealed class LineLengthTests
{
    private const int MaxColumns = 140;

    private const string RawQuote = "\"\"\"";

    [Theory]
    [InlineData("client")]
    [InlineData("library")]
    [InlineData("shim")]
    [InlineData("daemon")]
    [InlineData("samples")]
    [InlineData("tests")]
    [InlineData("bench")]
    public void Lines_of_code_are_no_longer_than_140_columns(string folder)
    {
        string[] files =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
                .Where(static file => !file.Contains("/obj/") && !file.Contains("/bin/")),
        ];
        Assert.NotEmpty(files);
        Assert.Empty(files.SelectMany(LongLines));
    }

    [Fact]
    public void Editors_wrap_where_this_test_does() =>
        Assert.Contains($"max_line_length = {MaxColumns}", File.ReadAllText(Path.Combine(Repository.Root, ".editorconfig")));

    /// <summary>
    /// Lines of a raw string literal are quoted from elsewhere (a script, a manifest, JSON) and may be as long as they are there.
    /// </summary>
    private static IEnumerable<string> LongLines(string file)
    {
        bool isRaw = false;
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            int quotes = line.Split(RawQuote).Length - 1;
            if (line.Length > MaxColumns && !isRaw && quotes == 0)
                yield return $"{Path.GetRelativePath(Repository.Root, file)}:{number} has {line.Length} columns";
            isRaw ^= quotes % 2 == 1;
        }
    }
}
