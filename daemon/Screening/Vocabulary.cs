using System;
using System.Collections.Frozen;
using System.Collections.Generic;

namespace CacheDaemon.Daemon.Screening;

/// <summary>One word that may stand at the place of a function in an action.</summary>
internal sealed record Word(string Name, FunctionTraits Traits, FunctionClass? Class);

/// <summary>
/// All words that an action may call: Go's text/template, sprig 3.3 and helm's own, as helm 3.17.3 and 4.1.4 define them
/// (guarded by <c>Every_word_is_defined_by_a_helm</c>). A word outside is treated as impure, so that a helm that brings a new random function is never trusted by mistake.
/// </summary>
internal static class Vocabulary
{
    private const int LongestName = 32;

    private static readonly FrozenDictionary<string, Word> s_words = Build().ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Word>.AlternateLookup<ReadOnlySpan<char>> s_lookup =
        s_words.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Every word, for tests and documents.</summary>
    public static IEnumerable<Word> All => s_words.Values;

    /// <summary>The word spelled by <paramref name="name"/>, or null when no measured helm defines it.</summary>
    public static Word? Find(ReadOnlySpan<byte> name)
    {
        if (name.Length > LongestName)
            return null;
        Span<char> text = stackalloc char[LongestName];
        for (int i = 0; i < name.Length; i++)
            text[i] = (char)name[i];
        return s_lookup.TryGetValue(text[..name.Length], out Word? word) ? word : null;
    }

    private static Dictionary<string, Word> Build()
    {
        var words = new Dictionary<string, Word>(StringComparer.Ordinal);
        Add(FunctionTraits.Keyword, "if else end range with define block template break continue nil true false");
        Add(FunctionTraits.None,
            "abbrev abbrevboth trunc trim upper lower title untitle substr repeat trimall trimAll trimSuffix trimPrefix nospace initials swapcase snakecase camelcase kebabcase wrap wrapWith replace plural "
            + "split splitList splitn b64dec b32dec decryptAES regexFindAll mustRegexFindAll regexFind mustRegexFind regexReplaceAll mustRegexReplaceAll regexReplaceAllLiteral mustRegexReplaceAllLiteral "
            + "regexSplit mustRegexSplit regexQuoteMeta urlParse urlJoin base dir clean ext osBase osClean osDir osExt toToml fromToml fromYaml fromYamlArray fromJson fromJsonArray mustFromJson "
            + "include tpl call slice mustSlice chunk mustChunk reverse mustReverse derivePassword buildCustomCert fail lookup getHostByName hello");
        Add(FunctionTraits.Carries,
            "toYaml mustToYaml toYamlPretty toJson mustToJson toPrettyJson mustToPrettyJson toRawJson mustToRawJson indent nindent");
        Add(FunctionTraits.Carries | FunctionTraits.Prints, "toString quote squote cat toStrings");
        Add(FunctionTraits.Carries | FunctionTraits.Holds,
            "default coalesce ternary required and or index get dig first mustFirst last mustLast rest mustRest initial mustInitial pick omit pluck dict list tuple set unset "
            + "merge mergeOverwrite mustMerge mustMergeOverwrite deepCopy mustDeepCopy append push mustAppend mustPush prepend mustPrepend concat uniq mustUniq without mustWithout compact mustCompact keys values sortAlpha");
        Add(FunctionTraits.Prints, "print printf println join html js");
        Add(FunctionTraits.Prints | FunctionTraits.Digests, "urlquery");
        Add(FunctionTraits.Plain | FunctionTraits.Digests, "sha1sum sha256sum sha512sum adler32sum b64enc b32enc len");
        Add(FunctionTraits.Plain | FunctionTraits.Tests, "contains hasPrefix hasSuffix regexMatch mustRegexMatch eq ne");
        Add(FunctionTraits.Plain,
            "not lt le gt ge empty all any hasKey has mustHas typeOf typeIs typeIsLike kindOf kindIs deepEqual isAbs osIsAbs semver semverCompare atoi int int64 float64 toDecimal seq until untilStep "
            + "add1 add sub div mod mul add1f addf subf divf mulf biggest max min maxf minf ceil floor round duration unixEpoch");
        Add(FunctionTraits.Plain | FunctionTraits.TimeZone, "toDate mustToDate date_modify dateModify must_date_modify mustDateModify");
        foreach (string name in (string[])["trunc", "substr", "abbrev", "abbrevboth", "derivePassword"])
            words[name] = words[name] with { Traits = words[name].Traits | FunctionTraits.Digests };
        foreach (ImpureFunction function in ImpureFunctions.All)
        {
            FunctionTraits traits = words.TryGetValue(function.Name, out Word? known) ? known.Traits : FunctionTraits.Plain;
            if (function.Class == FunctionClass.ClockOfOddArgument)
                traits |= FunctionTraits.TimeZone;
            words[function.Name] = new Word(function.Name, traits, function.Class);
        }
        return words;

        void Add(FunctionTraits traits, string names)
        {
            foreach (string name in names.Split(' '))
                words.Add(name, new Word(name, traits, null));
        }
    }
}
