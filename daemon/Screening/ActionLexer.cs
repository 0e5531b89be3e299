using System;

namespace CacheDaemon.Daemon.Screening;

/// <summary>Kinds of token inside an action.</summary>
internal enum TokenKind
{
    End,
    Malformed,
    Identifier,
    Field,
    Variable,
    Dot,
    QuotedString,
    RawString,
    Constant,
    LeftParen,
    RightParen,
    Pipe,
    Assign,
    Comma,
}

/// <summary>A token by its place in the file.</summary>
internal readonly record struct Token(TokenKind Kind, int Start, int Length)
{
    /// <summary>First byte behind the token.</summary>
    public int Stop => Start + Length;
}

/// <summary>
/// Splits the actions of a Go template into tokens by the rules of Go's <c>text/template/parse/lex.go</c> (default delimiters:
/// helm knows no others). It never throws: what Go would refuse to lex becomes one <see cref="TokenKind.Malformed"/> token.
/// </summary>
internal ref struct ActionLexer
{
    private readonly ReadOnlySpan<byte> _text;
    private int _at;

    /// <summary>Starts before the first action of <paramref name="text"/>.</summary>
    public ActionLexer(ReadOnlySpan<byte> text)
    {
        _text = text;
        _at = 0;
    }

    /// <summary>Moves behind the next <c>{{</c> that opens an action rather than a comment; false when there is none.</summary>
    public bool NextAction()
    {
        while (true)
        {
            int open = _text[_at..].IndexOf("{{"u8);
            if (open < 0)
            {
                _at = _text.Length;
                return false;
            }
            _at += open + 2;
            ReadOnlySpan<byte> rest = _text[_at..];
            int marker = rest.Length > 1 && rest[0] == '-' && IsSpace(rest[1]) ? 2 : 0;
            if (!rest[marker..].StartsWith("/*"u8))
            {
                _at += marker;
                return true;
            }
            int close = rest[(marker + 2)..].IndexOf("*/"u8);
            if (close < 0)
                return true; // Go refuses the file; the tokens that follow are reported rather than skipped.
            int behind = marker + 2 + close + 2;
            int delimiter = RightDelimiter(rest[behind..]);
            if (delimiter == 0)
                return true;
            _at += behind + delimiter;
        }
    }

    /// <summary>The next token of the action; <see cref="TokenKind.End"/> at its right delimiter.</summary>
    public Token Next()
    {
        while (_at < _text.Length)
        {
            int delimiter = RightDelimiter(_text[_at..]);
            if (delimiter > 0)
                return Take(TokenKind.End, delimiter);
            byte c = _text[_at];
            if (IsSpace(c))
            {
                _at++;
                continue;
            }
            switch (c)
            {
                case (byte)'"':
                    return TakeQuoted((byte)'"', TokenKind.QuotedString);
                case (byte)'\'':
                    return TakeQuoted((byte)'\'', TokenKind.Constant);
                case (byte)'`':
                    return TakeRaw();
                case (byte)'(':
                    return Take(TokenKind.LeftParen, 1);
                case (byte)')':
                    return Take(TokenKind.RightParen, 1);
                case (byte)'|':
                    return Take(TokenKind.Pipe, 1);
                case (byte)',':
                    return Take(TokenKind.Comma, 1);
                case (byte)'=':
                    return Take(TokenKind.Assign, 1);
                case (byte)':' when _at + 1 < _text.Length && _text[_at + 1] == '=':
                    return Take(TokenKind.Assign, 2);
                case (byte)'$':
                    return Take(TokenKind.Variable, 1 + WordLength(_at + 1));
                case (byte)'.':
                    return TakeDotOrField();
                case (byte)'+' or (byte)'-':
                    return Take(TokenKind.Constant, 1 + NumberLength(_at + 1));
            }
            if (char.IsAsciiDigit((char)c))
                return Take(TokenKind.Constant, NumberLength(_at));
            if (IsWord(c))
                return Take(TokenKind.Identifier, WordLength(_at));
            return Take(TokenKind.Malformed, 1);
        }
        return Take(TokenKind.Malformed, 0); // The action never ends.
    }

    /// <summary>True for bytes of identifiers; all of UTF-8 beyond ASCII counts, since no function name contains any.</summary>
    public static bool IsWord(byte c) =>
        c is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9') or (byte)'_' or >= 0x80;

    private static bool IsSpace(byte c) => c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    private static int RightDelimiter(ReadOnlySpan<byte> rest)
    {
        if (rest.StartsWith("}}"u8))
            return 2;
        return rest.Length >= 4 && IsSpace(rest[0]) && rest[1..].StartsWith("-}}"u8) ? 4 : 0;
    }

    private Token Take(TokenKind kind, int length)
    {
        var token = new Token(kind, _at, length);
        _at += length;
        return token;
    }

    private Token TakeQuoted(byte quote, TokenKind kind)
    {
        for (int i = _at + 1; i < _text.Length && _text[i] != '\n'; i++)
        {
            if (_text[i] == quote)
                return Take(kind, i + 1 - _at);
            if (_text[i] == '\\')
            {
                i++;
                if (i < _text.Length && _text[i] == '\n')
                    break;
            }
        }
        return Take(TokenKind.Malformed, 1);
    }

    private Token TakeRaw()
    {
        int close = _text[(_at + 1)..].IndexOf((byte)'`');
        return close < 0 ? Take(TokenKind.Malformed, 1) : Take(TokenKind.RawString, close + 2);
    }

    private Token TakeDotOrField()
    {
        int word = WordLength(_at + 1);
        if (word == 0)
            return Take(TokenKind.Dot, 1);
        return char.IsAsciiDigit((char)_text[_at + 1])
            ? Take(TokenKind.Constant, 1 + NumberLength(_at + 1))
            : Take(TokenKind.Field, 1 + word);
    }

    private readonly int WordLength(int from)
    {
        int i = from;
        while (i < _text.Length && IsWord(_text[i]))
            i++;
        return i - from;
    }

    // Digits, hexadecimal, exponents and fractions; a doubtful form is refused by Go itself.
    private readonly int NumberLength(int from)
    {
        int i = from;
        while (
            i < _text.Length
            && (IsWord(_text[i]) || _text[i] == '.' || (_text[i] is (byte)'+' or (byte)'-' && _text[i - 1] is (byte)'e' or (byte)'E'))
        )
            i++;
        return i - from;
    }
}
