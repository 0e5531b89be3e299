using System;
using System.Collections.Generic;
using System.Text;

namespace CacheDaemon.Daemon.Screening;

/// <summary>Collects the facts of one file; gives <see cref="ScreenFacts.Empty"/> when nothing was collected.</summary>
internal ref struct FactsBuilder
{
    private readonly ReadOnlySpan<byte> _text;
    private List<Mention>? _actions;
    private List<Mention>? _texts;
    private List<Doubt>? _doubts;
    private List<Doubt>? _doubtsWithTpl;
    private List<(string, int)>? _madeTextTo;
    private List<(string, string)>? _calls;
    private List<string>? _tplDefines;
    private bool _callsTpl;
    private bool _usesOrder;
    private bool _usesTimeZone;
    private bool _definePrintsDot;
    private int _digestsIncludeOfRoot;
    private int _linePosition;
    private int _line;

    public FactsBuilder(ReadOnlySpan<byte> text)
    {
        _text = text;
        _line = 1;
    }

    /// <summary>A call in an action, as far as it matters.</summary>
    public void AddCall(string name, FunctionClass kind, int at)
    {
        if (kind == FunctionClass.Order)
            _usesOrder = true;
        if (ImpureFunctions.NeedsProof(kind))
            Add(ref _actions, name, kind, at);
    }

    /// <summary>The words of text that only <c>tpl</c> could run; says whether <c>tpl</c> is one of them.</summary>
    public void AddText(int from, int length)
    {
        var words = new TextWords(_text.Slice(from, length));
        while (words.MoveNext())
        {
            Word? word = Vocabulary.Find(words.Word);
            if (word is null)
                continue;
            if (word.Class is { } kind)
            {
                if (ImpureFunctions.NeedsProof(kind))
                    Add(ref _texts, word.Name, kind, from + words.Start);
                else if (kind == FunctionClass.Order)
                    _usesOrder = true;
            }
            if (word.Traits.HasFlag(FunctionTraits.TimeZone))
                _usesTimeZone = true;
            if (word.Name == "tpl")
                AddDoubtWithTpl(DoubtReason.TplInText, from + words.Start);
        }
    }

    public void AddDoubt(DoubtReason reason, int at) => Add(ref _doubts, reason, at);

    public void AddDoubtWithTpl(DoubtReason reason, int at) => Add(ref _doubtsWithTpl, reason, at);

    public void AddMadeTextTo(string name, int at)
    {
        foreach ((string known, _) in _madeTextTo ??= [])
        {
            if (known == name)
                return;
        }
        _madeTextTo.Add((name, LineOf(at)));
    }

    public void AddInclude(string? caller, string callee)
    {
        if (caller is not null && !(_calls ??= []).Contains((caller, callee)))
            _calls.Add((caller, callee));
    }

    public void AddTpl(string? caller)
    {
        _callsTpl = true;
        if (caller is not null && !(_tplDefines ??= []).Contains(caller))
            _tplDefines.Add(caller);
    }

    public void AddTimeZone() => _usesTimeZone = true;

    public void AddPrintOfDot() => _definePrintsDot = true;

    public void AddDigestOfInclude(int at)
    {
        if (_digestsIncludeOfRoot == 0)
            _digestsIncludeOfRoot = LineOf(at);
    }

    public string Text(int start, int length) => Encoding.UTF8.GetString(_text.Slice(start, length));

    public readonly ScreenFacts ToFacts()
    {
        if (_actions is null && _texts is null && _doubts is null && _doubtsWithTpl is null && _madeTextTo is null && _calls is null
            && !_callsTpl && !_usesOrder && !_usesTimeZone && !_definePrintsDot && _digestsIncludeOfRoot == 0)
            return ScreenFacts.Empty;
        return new ScreenFacts
        {
            Actions = _actions?.ToArray() ?? [],
            Texts = _texts?.ToArray() ?? [],
            Doubts = _doubts?.ToArray() ?? [],
            DoubtsWithTpl = _doubtsWithTpl?.ToArray() ?? [],
            MadeTextTo = _madeTextTo?.ToArray() ?? [],
            Calls = _calls?.ToArray() ?? [],
            TplDefines = _tplDefines?.ToArray() ?? [],
            CallsTpl = _callsTpl,
            UsesOrder = _usesOrder,
            UsesTimeZone = _usesTimeZone,
            DefinePrintsDot = _definePrintsDot,
            DigestsIncludeOfRoot = _digestsIncludeOfRoot,
        };
    }

    private void Add(ref List<Mention>? list, string name, FunctionClass kind, int at)
    {
        foreach (Mention known in list ??= [])
        {
            if (known.Function == name)
                return;
        }
        list.Add(new Mention(name, kind, LineOf(at)));
    }

    private void Add(ref List<Doubt>? list, DoubtReason reason, int at)
    {
        foreach (Doubt known in list ??= [])
        {
            if (known.Reason == reason)
                return;
        }
        list.Add(new Doubt(reason, LineOf(at)));
    }

    // Positions mostly rise; a step back counts from the top again.
    private int LineOf(int at)
    {
        if (at < _linePosition)
            (_linePosition, _line) = (0, 1);
        _line += _text[_linePosition..at].Count((byte)'\n');
        _linePosition = at;
        return _line;
    }
}
