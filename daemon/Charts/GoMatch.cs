using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;

namespace CacheDaemon.Daemon.Charts;

/// <summary>
/// A pattern that matches names exactly as Go's <c>path/filepath.Match</c> does on Unix (its package documentation and
/// behaviour as measured through helm 3.17.3 and 4.1.4): <c>*</c> and <c>?</c> stop at a slash, a class does not, and a
/// star takes the shortest text after which the literal part up to the next star fits, without ever trying a longer one.
/// </summary>
internal sealed class GoMatch
{
    private const int InvalidRune = 0xFFFD;

    private readonly Piece[] _pieces;

    private GoMatch(Piece[] pieces) => _pieces = pieces;

    /// <summary>
    /// The compiled pattern, or null when Go calls it a "syntax error in pattern". Go may do so only for some names: its
    /// filepath.Match does not look at what stands behind a star whose text does not fit.
    /// </summary>
    public static GoMatch? Parse(ReadOnlySpan<byte> pattern)
    {
        var pieces = new List<Piece>();
        var terms = new List<Term>();
        bool star = false;
        while (!pattern.IsEmpty)
        {
            byte first = pattern[0];
            pattern = pattern[1..];
            switch (first)
            {
                case (byte)'*':
                    if (terms.Count > 0)
                        pieces.Add(new Piece(star, terms.ToArray()));
                    terms.Clear();
                    star = true;
                    break;
                case (byte)'?':
                    terms.Add(Term.AnyButSlash);
                    break;
                case (byte)'[':
                    if (!TryTakeClass(ref pattern, out Term set))
                        return null;
                    terms.Add(set);
                    break;
                case (byte)'\\':
                    if (pattern.IsEmpty)
                        return null;
                    terms.Add(Term.Byte(pattern[0]));
                    pattern = pattern[1..];
                    break;
                default:
                    terms.Add(Term.Byte(first));
                    break;
            }
        }
        if (terms.Count > 0 || star)
            pieces.Add(new Piece(star, terms.ToArray()));
        return new GoMatch(pieces.ToArray());
    }

    /// <summary>Whether the whole of <paramref name="name"/> matches.</summary>
    public bool IsMatch(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < _pieces.Length; i++)
        {
            Piece piece = _pieces[i];
            bool last = i == _pieces.Length - 1;
            if (piece.Terms.Length == 0)
                return !name.Contains((byte)'/');
            if (!TryAdvance(piece, last, ref name))
                return false;
        }
        return name.IsEmpty;
    }

    /// <summary>Moves past the first place where the piece fits; the last piece must also use up the name.</summary>
    private static bool TryAdvance(Piece piece, bool last, ref ReadOnlySpan<byte> name)
    {
        for (int skipped = 0; ; skipped++)
        {
            if (Fits(piece.Terms, name[skipped..], out ReadOnlySpan<byte> rest) && (rest.IsEmpty || !last))
            {
                name = rest;
                return true;
            }
            if (!piece.AfterStar || skipped == name.Length || name[skipped] == '/')
                return false;
        }
    }

    private static bool Fits(Term[] terms, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> rest)
    {
        foreach (Term term in terms)
        {
            int length = name.IsEmpty ? 0 : term.Match(name);
            if (length == 0)
            {
                rest = default;
                return false;
            }
            name = name[length..];
        }
        rest = name;
        return true;
    }

    private static bool TryTakeClass(ref ReadOnlySpan<byte> pattern, out Term set)
    {
        set = default;
        bool negated = !pattern.IsEmpty && pattern[0] == '^';
        if (negated)
            pattern = pattern[1..];
        var ranges = new List<(int Low, int High)>();
        while (pattern.IsEmpty || pattern[0] != ']' || ranges.Count == 0)
        {
            if (!TryTakeRune(ref pattern, out int low))
                return false;
            int high = low;
            if (pattern[0] == '-')
            {
                pattern = pattern[1..];
                if (!TryTakeRune(ref pattern, out high))
                    return false;
            }
            ranges.Add((low, high));
        }
        pattern = pattern[1..];
        set = Term.Class(negated, ranges.ToArray());
        return true;
    }

    /// <summary>Takes one possibly escaped character of a class; something must follow it.</summary>
    private static bool TryTakeRune(ref ReadOnlySpan<byte> pattern, out int rune)
    {
        rune = 0;
        if (pattern.IsEmpty || pattern[0] == '-' || pattern[0] == ']')
            return false;
        if (pattern[0] == '\\')
            pattern = pattern[1..];
        if (pattern.IsEmpty || !TryDecode(pattern, out rune, out int length))
            return false;
        pattern = pattern[length..];
        return !pattern.IsEmpty;
    }

    /// <summary>Go's view of text that is not UTF-8: one byte, read as U+FFFD; false says so.</summary>
    private static bool TryDecode(ReadOnlySpan<byte> text, out int rune, out int length)
    {
        if (Rune.DecodeFromUtf8(text, out Rune decoded, out length) == OperationStatus.Done)
        {
            rune = decoded.Value;
            return true;
        }
        rune = InvalidRune;
        length = 1;
        return false;
    }

    /// <summary>Terms that follow each other directly, and whether a star stands before them.</summary>
    private readonly record struct Piece(bool AfterStar, Term[] Terms);

    private enum TermKind : byte
    {
        Byte,
        AnyButSlash,
        Class,
    }

    private readonly record struct Term(TermKind Kind, byte Literal, bool Negated, (int Low, int High)[] Ranges)
    {
        public static Term AnyButSlash => new(TermKind.AnyButSlash, 0, false, []);

        public static Term Byte(byte literal) => new(TermKind.Byte, literal, false, []);

        public static Term Class(bool negated, (int Low, int High)[] ranges) => new(TermKind.Class, 0, negated, ranges);

        /// <summary>How many bytes of a non-empty name it matches; 0 for none.</summary>
        public int Match(ReadOnlySpan<byte> name)
        {
            if (Kind == TermKind.Byte)
                return name[0] == Literal ? 1 : 0;
            if (Kind == TermKind.AnyButSlash && name[0] == '/')
                return 0;
            TryDecode(name, out int rune, out int length);
            return Kind == TermKind.AnyButSlash || Contains(rune) != Negated ? length : 0;
        }

        private bool Contains(int rune)
        {
            foreach ((int low, int high) in Ranges)
            {
                if (low <= rune && rune <= high)
                    return true;
            }
            return false;
        }
    }
}
