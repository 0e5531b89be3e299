using System;
using System.Collections.Generic;

namespace CacheDaemon.Daemon.Screening;

/// <summary>
/// Makes the private copy of a chart for the proof run (design 6.2): wherever an impure function would be called,
/// <c>fail</c> is called instead.
/// </summary>
/// <remarks>
/// Why exit 0 of such a run proves that nothing impure was called. Go's parser only asks that a function exists, and <c>fail</c> does; arguments are
/// checked when the call is reached. Reached with one string, <c>fail</c> returns an error; reached with anything
/// else, the call itself is an error. Either way execution stops: templates cannot catch, and <c>include</c>, <c>tpl</c>, <c>template</c> and
/// <c>required</c> hand errors on (helm <c>pkg/engine/engine.go</c>). What <c>and</c>, <c>or</c>, <c>if</c> and <c>else</c> skip is skipped in the real run too: up
/// to the first impure call both runs do the same, so if the copy never reaches one, neither does the original. The text
/// of a template cannot be seen by any template, so the change itself shows nowhere but in errors.
/// Text for <c>tpl</c> (literals, values, other files, arguments) can be seen, so there the output must be compared as well: text that is
/// printed rather than run then differs, and the render counts as varying, which is safe.
/// Guarded by <c>SubstitutionTests</c> and <c>RepeatabilityPropertyTests</c>.
/// </remarks>
internal static class Substitution
{
    private static ReadOnlySpan<byte> Fail => "fail"u8;

    /// <summary>A template with its calls of impure functions replaced; <paramref name="inLiteralsToo"/> as <see cref="Verdict.Mentions.InTextToo"/> says.</summary>
    public static byte[] Apply(ReadOnlySpan<byte> template, bool inLiteralsToo)
    {
        List<(int Start, int Length)> places = [];
        var lexer = new ActionLexer(template);
        while (lexer.NextAction())
        {
            Token token;
            while ((token = lexer.Next()).Kind != TokenKind.End)
            {
                if (token.Kind == TokenKind.Identifier && IsImpure(template.Slice(token.Start, token.Length), unknownToo: true))
                    places.Add((token.Start, token.Length));
                else if (token.Kind is TokenKind.QuotedString or TokenKind.RawString && inLiteralsToo)
                    AddWords(places, template, token.Start + 1, token.Length - 2);
                else if (token.Kind == TokenKind.Malformed)
                    break;
            }
            if (token.Kind == TokenKind.Malformed)
                break; // helm refuses the file, so there is nothing to prove.
        }
        return Replace(template, places);
    }

    /// <summary>Text that <c>tpl</c> may run, with the impure names inside its <c>{{ }}</c> replaced: values files, other files, arguments.</summary>
    public static byte[] ApplyToText(ReadOnlySpan<byte> text)
    {
        List<(int Start, int Length)> places = [];
        AddWords(places, text, 0, text.Length);
        return Replace(text, places);
    }

    /// <summary>The one or the other, by role; text stays as it is unless <paramref name="inTextToo"/>.</summary>
    public static byte[] Apply(ReadOnlySpan<byte> content, FileRole role, bool inTextToo)
    {
        if (role == FileRole.Template)
            return Apply(content, inTextToo);
        return inTextToo ? ApplyToText(content) : content.ToArray();
    }

    private static void AddWords(List<(int Start, int Length)> places, ReadOnlySpan<byte> text, int from, int length)
    {
        var words = new TextWords(text.Slice(from, length));
        while (words.MoveNext())
        {
            if (IsImpure(words.Word, unknownToo: false))
                places.Add((from + words.Start, words.Word.Length));
        }
    }

    // In text, a word that no helm defines is most likely not helm's at all (an alert's "humanize"), and never counted as a mention.
    private static bool IsImpure(ReadOnlySpan<byte> name, bool unknownToo) =>
        Vocabulary.Find(name) is { } word ? word.Class is { } kind && ImpureFunctions.NeedsProof(kind) : unknownToo;

    private static byte[] Replace(ReadOnlySpan<byte> text, List<(int Start, int Length)> places)
    {
        int size = text.Length;
        foreach ((_, int length) in places)
            size += Fail.Length - length;
        byte[] result = new byte[size];
        int from = 0;
        int to = 0;
        foreach ((int start, int length) in places)
        {
            text[from..start].CopyTo(result.AsSpan(to));
            to += start - from;
            Fail.CopyTo(result.AsSpan(to));
            to += Fail.Length;
            from = start + length;
        }
        text[from..].CopyTo(result.AsSpan(to));
        return result;
    }
}
