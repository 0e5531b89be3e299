using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using CacheDaemon.Tests.Support;

namespace CacheDaemon.Tests.Conventions;

/// <summary>One source file of the product, as the conventions look at it: text without comments and literals.</summary>
internal sealed partial class SourceFile
{
    private SourceFile(string path)
    {
        Path = path;
        Text = File.ReadAllText(System.IO.Path.Combine(Repository.Root, path));
        Code = CommentOrLiteral().Replace(Text, match => match.Value[0] == '/' ? "" : "\"\"");
    }

    /// <summary>Relative to the repository, with slashes.</summary>
    public string Path { get; }

    public string Text { get; }

    /// <summary>The text without comments, and with empty literals.</summary>
    public string Code { get; }

    /// <summary><c>daemon/Storage</c>, <c>shim</c>.</summary>
    public string Folder => Path[..Path.LastIndexOf('/')];

    /// <summary>The project's folder and the one below it: a layer may have sub-folders.</summary>
    public string Layer => string.Join('/', Folder.Split('/').Take(2));

    /// <summary>The file's name up to its first dot: <c>LiteDbTier</c> of <c>LiteDbTier.Notes.cs</c>.</summary>
    public string Stem => System.IO.Path.GetFileName(Path).Split('.')[0];

    /// <summary>The namespace that the folder asks for.</summary>
    public string ExpectedNamespace =>
        "CacheDaemon." + string.Join('.', Folder.Split('/').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));

    /// <summary>What the file may name without qualifying it: its <c>using</c> directives.</summary>
    public IEnumerable<string> Usings => Using().Matches(Code).Select(match => match.Groups[1].Value);

    /// <summary>All <c>.cs</c> files below these folders of the repository, without what builds leave there.</summary>
    public static IReadOnlyList<SourceFile> In(params IReadOnlyList<string> folders) =>
        [
            .. from folder in folders
            from path in Directory.EnumerateFiles(System.IO.Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
            let relative = System.IO.Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')
            where !relative.Contains("/obj/", StringComparison.Ordinal) && !relative.Contains("/bin/", StringComparison.Ordinal)
            orderby relative
            select new SourceFile(relative),
        ];

    // Comments of both kinds, raw, verbatim and interpolated strings of one line or more, characters. Holes of an
    // interpolated string go with it, but for the nested literals that would end it.
    [GeneratedRegex(
        """
            //[^\n]* | /\*.*?\*/ | \"\"\".*?\"\"\" | @"(?:[^"]|"")*" | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)+'
            """,
        RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex CommentOrLiteral();

    [GeneratedRegex(@"^using (?:static )?([\w.]+)(?:<.*>)?;", RegexOptions.Multiline)]
    private static partial Regex Using();
}
