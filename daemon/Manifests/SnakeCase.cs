using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// What sprig's <c>snakecase</c> makes of a text (xstrings' <c>ToSnakeCase</c>, the same in helm 3.17, 4.1 and 4.2): words by their
/// letters, joined by underscores; punctuation stays. The oracle is a chart that prints <c>{{ "X" | snakecase }}</c>.
/// </summary>
internal static class SnakeCase
{
    private const char Connector = '_';

    /// <summary>The text in snake case.</summary>
    public static string Of(string text)
    {
        List<Word> words = Words([.. text.EnumerateRunes()]);
        var made = new StringBuilder(text.Length + 8);
        for (int i = 0; i < words.Count; )
        {
            Word word = words[i++];
            Append(made, word);
            switch (word.Kind)
            {
                case Kind.Number:
                    AppendRun(made, words, ref i);
                    break;
                case Kind.Connector or Kind.Punctuation:
                    continue;
                default:
                    if (i < words.Count && words[i].Kind == Kind.Number)
                    {
                        if (i + 1 == words.Count)
                        {
                            Append(made, words[i++]);
                            continue;
                        }
                        // A number belongs to the word before it, unless small letters follow: then to those.
                        if (words[i + 1].Kind == Kind.Letters)
                        {
                            made.Append(Connector);
                            Append(made, words[i++]);
                            AppendRun(made, words, ref i);
                        }
                        else
                            Append(made, words[i++]);
                    }
                    break;
            }
            if (i < words.Count && words[i].Kind is not (Kind.Connector or Kind.Punctuation))
                made.Append(Connector);
        }
        return made.ToString();
    }

    /// <summary>Numbers and small letters that follow each other are one word.</summary>
    private static void AppendRun(StringBuilder made, List<Word> words, ref int i)
    {
        while (i < words.Count && words[i].Kind is Kind.Letters or Kind.Number)
            Append(made, words[i++]);
    }

    private static void Append(StringBuilder made, Word word)
    {
        foreach (Rune rune in word.Runes)
        {
            if (word.Kind == Kind.Connector)
                made.Append(Connector);
            else
                made.Append(word.Kind == Kind.Capitals && IsUpper(rune) ? Rune.ToLowerInvariant(rune) : rune);
        }
    }

    private static List<Word> Words(Rune[] runes)
    {
        var words = new List<Word>();
        for (int start = 0; start < runes.Length; )
        {
            int end = start + 1;
            Kind kind = KindOf(runes[start]);
            if (kind == Kind.Capitals && end < runes.Length && IsUpper(runes[end]))
            {
                while (end < runes.Length && IsUpper(runes[end]))
                    end++;
                // The last of several capitals begins the next word: HTTPStatus.
                if (end < runes.Length && IsLetter(runes[end]))
                    end--;
            }
            else if (kind is Kind.Capitals or Kind.Letters)
            {
                while (end < runes.Length && IsLetter(runes[end]) && !IsUpper(runes[end]))
                    end++;
            }
            else
            {
                // A hyphen is punctuation as well: behind some it is no connector.
                while (end < runes.Length && (kind == Kind.Punctuation ? Rune.IsPunctuation(runes[end]) : KindOf(runes[end]) == kind))
                    end++;
            }
            words.Add(new Word(kind, runes[start..end]));
            start = end;
        }
        return words;
    }

    private static Kind KindOf(Rune rune) =>
        rune.Value is '-' or '_' || Rune.IsWhiteSpace(rune) ? Kind.Connector
        : Rune.IsPunctuation(rune) ? Kind.Punctuation
        : IsUpper(rune) ? Kind.Capitals
        : IsLetter(rune) ? Kind.Letters
        : Rune.IsNumber(rune) ? Kind.Number
        : Kind.Other;

    private static bool IsUpper(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.UppercaseLetter;

    /// <summary>Letters of alphabets: not those of Chinese, Japanese and Korean.</summary>
    private static bool IsLetter(Rune rune) =>
        Rune.IsLetter(rune) && rune.Value is not ((>= 0x3400 and <= 0x4DB5) or (>= 0x4E00 and <= 0x9FCC) or (>= 0x20000 and <= 0x2B81D));

    private enum Kind : byte
    {
        Connector,
        Punctuation,
        Capitals,
        Letters,
        Number,
        Other,
    }

    private sealed class Word(Kind kind, Rune[] runes)
    {
        public Kind Kind { get; } = kind;

        public Rune[] Runes { get; } = runes;
    }
}
