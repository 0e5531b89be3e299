using System;

namespace CacheDaemon.Daemon.Screening;

/// <summary>
/// The words inside <c>{{ }}</c> of text that is no template by itself but may be run by <c>tpl</c>. Whatever
/// quotes stand around a word, it counts, since YAML or JSON may have escaped them. Text outside braces cannot be executed unless it is joined
/// with other text first, which <see cref="TemplateReader"/> reports.
/// </summary>
internal ref struct TextWords
{
    private readonly ReadOnlySpan<byte> _text;
    private int _at;
    private bool _open;

    // Parities of the quotes in this action: all of them, those behind at most one backslash, those behind none; and of backticks. Only where
    // all are even, a "}}" surely stands outside a literal, however often the text was escaped; otherwise the action goes on.
    private int _quotes;
    private int _escapedOnce;
    private int _unescaped;
    private int _backticks;

    public TextWords(ReadOnlySpan<byte> text) => _text = text;

    /// <summary>First byte of the current word.</summary>
    public int Start { get; private set; }

    /// <summary>The current word.</summary>
    public readonly ReadOnlySpan<byte> Word => _text[Start.._at];

    /// <summary>Goes to the next word that is no field and no variable.</summary>
    public bool MoveNext()
    {
        while (_at < _text.Length)
        {
            if (!_open)
            {
                int brace = _text[_at..].IndexOf("{{"u8);
                if (brace < 0)
                    break;
                _at += brace + 2;
                _open = true;
                _quotes = _escapedOnce = _unescaped = _backticks = 0;
                continue;
            }
            byte c = _text[_at];
            if (ActionLexer.IsWord(c))
            {
                Start = _at;
                while (_at < _text.Length && ActionLexer.IsWord(_text[_at]))
                    _at++;
                if (Start == 0 || _text[Start - 1] is not ((byte)'.' or (byte)'$'))
                    return true;
                continue;
            }
            if (c == '}' && _text[_at..].StartsWith("}}"u8) && ((_quotes | _escapedOnce | _unescaped | _backticks) & 1) == 0)
            {
                _at += 2;
                _open = false;
                continue;
            }
            CountQuote(c);
            _at++;
        }
        _at = _text.Length;
        return false;
    }

    private void CountQuote(byte c)
    {
        if (c == '`')
            _backticks++;
        if (c != '"')
            return;
        int slashes = 0;
        while (slashes < _at && _text[_at - 1 - slashes] == '\\')
            slashes++;
        _quotes++;
        if (slashes <= 1)
            _escapedOnce++;
        if (slashes == 0)
            _unescaped++;
    }
}
