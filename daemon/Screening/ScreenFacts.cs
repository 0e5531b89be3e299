using System;
using System.Collections.Generic;
using System.Linq;

namespace CacheDaemon.Daemon.Screening;

/// <summary>
/// What one file's text says about repeatability; a function of its bytes and role alone, so it can be kept by digest.
/// Immutable. Files that say nothing share <see cref="Empty"/>.
/// </summary>
internal sealed record ScreenFacts
{
    /// <summary>The facts of a file that mentions nothing.</summary>
    public static ScreenFacts Empty { get; } = new();

    /// <summary>The facts of an archive that could not be read.</summary>
    public static ScreenFacts Opaque { get; } = new() { Doubts = [new(DoubtReason.OpaqueArchive, 0)] };

    /// <summary>Impure names called in actions, outside comments and literals: one per name.</summary>
    public IReadOnlyList<Mention> Actions { get; init; } = [];

    /// <summary>Impure names inside <c>{{ }}</c> of text that only <c>tpl</c> could run: literals, values, other files.</summary>
    public IReadOnlyList<Mention> Texts { get; init; } = [];

    /// <summary>Doubts that stand whatever the other files say.</summary>
    public IReadOnlyList<Doubt> Doubts { get; init; } = [];

    /// <summary>Doubts that matter only when some template of the chart calls <c>tpl</c>.</summary>
    public IReadOnlyList<Doubt> DoubtsWithTpl { get; init; } = [];

    /// <summary>Named templates that get text made by the template, with the line; an empty name means any.</summary>
    public IReadOnlyList<(string Name, int Line)> MadeTextTo { get; init; } = [];

    /// <summary>Who includes whom, as far as the caller is a named template; an empty callee means any.</summary>
    public IReadOnlyList<(string Caller, string Callee)> Calls { get; init; } = [];

    /// <summary>Named templates that call <c>tpl</c> themselves.</summary>
    public IReadOnlyList<string> TplDefines { get; init; } = [];

    /// <summary>Some action calls <c>tpl</c>.</summary>
    public bool CallsTpl { get; init; }

    /// <summary>Some action calls <c>keys</c> or <c>values</c>.</summary>
    public bool UsesOrder { get; init; }

    /// <summary>Some action calls a function that answers by time zone.</summary>
    public bool UsesTimeZone { get; init; }

    /// <summary>A named template prints its dot as it is; harmless unless that is the root and the text is digested.</summary>
    public bool DefinePrintsDot { get; init; }

    /// <summary>Line of a digest of an <c>include</c> that got the root, or 0.</summary>
    public int DigestsIncludeOfRoot { get; init; }

    /// <summary>Facts of several texts that count as one file (an archive, all arguments of a command line).</summary>
    public static ScreenFacts Merge(IEnumerable<ScreenFacts> parts)
    {
        ScreenFacts sum = Empty;
        foreach (ScreenFacts part in parts)
        {
            if (ReferenceEquals(part, Empty))
                continue;
            sum = ReferenceEquals(sum, Empty) ? part : sum.With(part);
        }
        return sum;
    }

    private ScreenFacts With(ScreenFacts other) => new()
    {
        Actions = Union(Actions, other.Actions),
        Texts = Union(Texts, other.Texts),
        Doubts = Union(Doubts, other.Doubts),
        DoubtsWithTpl = Union(DoubtsWithTpl, other.DoubtsWithTpl),
        MadeTextTo = Union(MadeTextTo, other.MadeTextTo),
        Calls = Union(Calls, other.Calls),
        TplDefines = Union(TplDefines, other.TplDefines),
        CallsTpl = CallsTpl || other.CallsTpl,
        UsesOrder = UsesOrder || other.UsesOrder,
        UsesTimeZone = UsesTimeZone || other.UsesTimeZone,
        DefinePrintsDot = DefinePrintsDot || other.DefinePrintsDot,
        DigestsIncludeOfRoot = Math.Max(DigestsIncludeOfRoot, other.DigestsIncludeOfRoot),
    };

    private static IReadOnlyList<T> Union<T>(IReadOnlyList<T> left, IReadOnlyList<T> right) =>
        left.Count == 0 ? right : right.Count == 0 ? left : [.. left.Union(right)];
}
