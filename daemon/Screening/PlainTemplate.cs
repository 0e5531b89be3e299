using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Text;

namespace CacheDaemon.Daemon.Screening;

/// <summary>What keeps a template from being a plain one.</summary>
/// <param name="What">The word that it is about.</param>
/// <param name="Line">Its line, from 1.</param>
internal sealed record Obstacle(string What, int Line);

/// <summary>
/// Says of a template that nothing in it can vary, whatever the values are: it calls only functions that depend on their arguments alone
/// and do not execute text, and no address of the process can reach its output. What is not surely so is an obstacle. For helms without an
/// armed copy; the others need no reading (<c>docs/repeatability.md</c>).
/// </summary>
/// <remarks>
/// Addresses are printed for pointers inside of what is printed, and pointers are found in <c>.Chart</c>, <c>.Capabilities</c> and
/// <c>.Subcharts</c> alone (helm <c>pkg/chartutil/values.go</c>, ToRenderValues), so those may be used by their plain fields only, and what
/// holds them, the dot of a whole template and <c>$</c>, may only be handed on to another template.
/// </remarks>
internal ref struct PlainTemplate
{
    private static readonly FrozenSet<string> s_keywords = Words(
        "if else end range with define block template break continue nil true false"
    );

    /// <summary>Functions that depend on their arguments alone; of Go's text/template, sprig 3 and helm.</summary>
    private static readonly FrozenSet<string> s_pure = Words(
        "abbrev abbrevboth trunc trim upper lower title untitle substr repeat trimall trimAll trimSuffix trimPrefix nospace "
            + "initials swapcase snakecase camelcase kebabcase wrap wrapWith replace plural "
            + "split splitList splitn b64enc b64dec b32enc b32dec regexFindAll mustRegexFindAll regexFind mustRegexFind "
            + "regexReplaceAll mustRegexReplaceAll regexReplaceAllLiteral mustRegexReplaceAllLiteral regexMatch mustRegexMatch "
            + "regexSplit mustRegexSplit regexQuoteMeta urlParse urlJoin urlquery base dir clean ext isAbs osBase osClean osDir "
            + "osExt osIsAbs toToml fromYaml fromYamlArray fromJson fromJsonArray mustFromJson "
            + "slice mustSlice chunk mustChunk reverse mustReverse derivePassword fail lookup getHostByName "
            + "toYaml mustToYaml toYamlPretty toJson mustToJson toPrettyJson mustToPrettyJson toRawJson mustToRawJson indent nindent "
            + "toString quote squote cat toStrings join print println html js "
            + "default coalesce ternary required and or not index get dig first mustFirst last mustLast rest mustRest initial "
            + "mustInitial pick omit pluck dict list tuple set unset "
            + "merge mergeOverwrite mustMerge mustMergeOverwrite deepCopy mustDeepCopy append push mustAppend mustPush prepend "
            + "mustPrepend concat uniq mustUniq without mustWithout compact mustCompact keys values sortAlpha "
            + "sha1sum sha256sum sha512sum adler32sum len contains hasPrefix hasSuffix eq ne lt le gt ge empty all any hasKey has "
            + "mustHas typeOf typeIs typeIsLike kindOf kindIs deepEqual semver semverCompare "
            + "atoi int int64 float64 toDecimal seq until untilStep add1 add sub div mod mul add1f addf subf divf mulf biggest max "
            + "min maxf minf ceil floor round duration"
    );

    /// <summary>Plain fields of what else holds pointers.</summary>
    private static readonly FrozenDictionary<string, FrozenSet<string>> s_fields = new Dictionary<string, FrozenSet<string>>(
        StringComparer.Ordinal
    )
    {
        [".Chart"] = Words(
            ".Name .Version .AppVersion .Description .Type .Home .Icon .APIVersion .KubeVersion .Deprecated .Condition .Tags "
                + ".IsRoot .Keywords .Sources .Annotations"
        ),
        [".Capabilities"] = Words(".KubeVersion .APIVersions .HelmVersion"),
        [".Subcharts"] = Words(""),
        [".Files"] = Words(".Get .Glob .Lines .GetBytes .AsConfig .AsSecrets"),
        [".Template"] = Words(".Name .BasePath"),
        [".Release"] = Words(".Name .Namespace .Service .IsInstall .IsUpgrade .Revision"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly ReadOnlySpan<byte> _text;
    private ActionLexer _lexer;

    /// <summary>For each open block, whether the dot there is surely no pointer and holds none.</summary>
    private readonly Stack<bool> _blocks = new();

    private PlainTemplate(ReadOnlySpan<byte> text)
    {
        _text = text;
        _lexer = new ActionLexer(text);
    }

    /// <summary>What stands in the way; null for a plain template. Never throws, whatever the bytes are.</summary>
    public static Obstacle? FindObstacle(ReadOnlySpan<byte> text) => text.IndexOf("{{"u8) < 0 ? null : new PlainTemplate(text).Find();

    private Obstacle? Find()
    {
        var tokens = new List<Token>();
        while (_lexer.NextAction())
        {
            tokens.Clear();
            Token token;
            do
            {
                token = _lexer.Next();
                if (token.Kind == TokenKind.Malformed)
                    return new Obstacle("a form that is not understood", Line(token));
                tokens.Add(token);
            } while (token.Kind != TokenKind.End);
            if (Judge(tokens) is { } obstacle)
                return obstacle;
        }
        return null;
    }

    private Obstacle? Judge(List<Token> tokens)
    {
        bool holdsRoot = false;
        for (int i = 0; i < tokens.Count; i++)
        {
            Token token = tokens[i];
            string word = Text(token);
            switch (token.Kind)
            {
                case TokenKind.Identifier when word == "printf":
                    if (tokens[i + 1].Kind is not (TokenKind.QuotedString or TokenKind.RawString) || HasVerb(Text(tokens[i + 1])))
                        return new Obstacle("printf", Line(token));
                    break;
                case TokenKind.Identifier when word != "include" && !s_keywords.Contains(word) && !s_pure.Contains(word):
                    return new Obstacle(word, Line(token));
                case TokenKind.Field when s_fields.TryGetValue(word, out FrozenSet<string>? fields):
                    if (tokens[i + 1] is not { Kind: TokenKind.Field } next || next.Start != token.Stop || !fields.Contains(Text(next)))
                        return new Obstacle(word, Line(token));
                    break;
                case TokenKind.Dot or TokenKind.Variable when IsWhole(tokens, i, word):
                    holdsRoot |= word == "$" || !DotIsPlain;
                    if (!IsHandedOn(tokens, i) && (word == "$" || !DotIsPlain))
                        return new Obstacle(word, Line(token));
                    break;
            }
        }
        return Nest(tokens, holdsRoot) ? null : new Obstacle("a block that is not understood", Line(tokens[0]));
    }

    /// <summary>The dot or <c>$</c> as it is, without a field behind it.</summary>
    private static bool IsWhole(List<Token> tokens, int i, string word) =>
        word is "." or "$" && !(tokens[i + 1].Kind is TokenKind.Field or TokenKind.Dot && tokens[i + 1].Start == tokens[i].Stop);

    /// <summary>
    /// Given to another template, which is judged by itself, or to a function that follows pointers instead of printing them.
    /// </summary>
    private readonly bool IsHandedOn(List<Token> tokens, int i)
    {
        if (i >= 1 && Text(tokens[i - 1]) is "toYaml" or "toJson" or "toPrettyJson" or "toRawJson")
            return true;
        return i >= 2
            && tokens[i - 1].Kind is TokenKind.QuotedString or TokenKind.RawString
            && Text(tokens[i - 2]) is "include" or "template" or "block";
    }

    private readonly bool DotIsPlain => _blocks.TryPeek(out bool plain) && plain;

    /// <summary>Follows what the dot is; false for an end too many.</summary>
    private readonly bool Nest(List<Token> tokens, bool holdsRoot)
    {
        switch (tokens[0].Kind == TokenKind.Identifier ? Text(tokens[0]) : "")
        {
            case "range" or "with":
                _blocks.Push(!holdsRoot);
                break;
            case "if":
                _blocks.Push(DotIsPlain);
                break;
            case "define" or "block":
                _blocks.Push(false);
                break;
            case "else" when _blocks.TryPop(out _):
                // The dot is that outside again; `else with` of something else is not followed.
                _blocks.Push(DotIsPlain);
                break;
            case "else":
                return false;
            case "end":
                return _blocks.TryPop(out _);
        }
        return true;
    }

    /// <summary>
    /// Whether a format may print an address: it has an escape, which may stand for anything, or the verb <c>p</c> with nothing but flags,
    /// widths, brackets and percent signs, in whatever order, since a percent sign (<c>Arming/X64.RefuseVerb</c> says why).
    /// </summary>
    private static bool HasVerb(string format)
    {
        bool directive = false,
            bracket = false;
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            if (c == '\\' || (directive && c == 'p'))
                return true;
            if (!directive && format.AsSpan(i).StartsWith("%%"))
                i++;
            else if (!directive)
                directive = c == '%';
            else if (c is '[' or ']')
                bracket = c == '[';
            else if (c > '@' && !bracket)
                directive = false;
        }
        return false;
    }

    private readonly string Text(Token token) => Encoding.UTF8.GetString(_text.Slice(token.Start, token.Length));

    private readonly int Line(Token token) => 1 + _text[..Math.Min(token.Start, _text.Length)].Count((byte)'\n');

    private static FrozenSet<string> Words(string words) =>
        words.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
