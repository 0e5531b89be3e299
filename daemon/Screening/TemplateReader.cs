using System;
using System.Collections.Generic;

namespace CacheDaemon.Daemon.Screening;

/// <summary>
/// Reads a template: every action, its blocks and variables. What it hands to <see cref="FactsBuilder"/> errs on the side of more mentions
/// and more doubt; in particular it does not care whether a branch can be taken.
/// </summary>
internal ref partial struct TemplateReader
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly List<Token> _tokens = [];
    private readonly Stack<Block> _blocks = new();
    private readonly Dictionary<(string? Define, string Name), Flow> _variables = [];
    private ActionLexer _lexer;
    private FactsBuilder _facts;
    private int _next;
    private int _depth;
    private bool _inTest;

    public TemplateReader(ReadOnlySpan<byte> text)
    {
        _text = text;
        _lexer = new ActionLexer(text);
        _facts = new FactsBuilder(text);
    }

    /// <summary>What a block of the template sets until its <c>end</c>.</summary>
    /// <param name="Define">Name of the named template around, or null at top level.</param>
    /// <param name="Dot">What the dot holds.</param>
    /// <param name="OuterDot">What the dot holds in an <c>else</c>.</param>
    private readonly record struct Block(string? Define, Flow Dot, Flow OuterDot);

    private readonly string? Define => _blocks.TryPeek(out Block block) ? block.Define : null;

    private readonly Flow Dot => _blocks.TryPeek(out Block block) ? block.Dot : new Flow(false, Root.Yes, false, false);

    /// <summary>Reads all actions.</summary>
    public ScreenFacts Read()
    {
        while (_lexer.NextAction())
        {
            if (!ReadTokens())
                return MalformedFrom();
            ReadAction();
            if (Peek().Kind != TokenKind.End)
                _facts.AddDoubtWithTpl(DoubtReason.TplOfMadeText, Peek().Start); // Go would refuse it.
        }
        return _facts.ToFacts();
    }

    private bool ReadTokens()
    {
        _tokens.Clear();
        _next = 0;
        while (true)
        {
            Token token = _lexer.Next();
            if (token.Kind == TokenKind.Malformed)
                return false;
            _tokens.Add(token);
            if (token.Kind == TokenKind.End)
                return true;
            if (token.Kind is TokenKind.QuotedString or TokenKind.RawString)
                ReadLiteral(token);
            else if (token.Kind == TokenKind.Identifier)
                ReadWord(token);
        }
    }

    // Calls are counted here, word by word, so that no mistake in following expressions can lose one.
    private void ReadWord(Token token)
    {
        Word? word = Vocabulary.Find(Bytes(token));
        if (word is null)
            _facts.AddCall(Text(token), FunctionClass.Unknown, token.Start);
        else if (word.Class is { } kind)
            _facts.AddCall(word.Name, kind, token.Start);
        else if (word.Name == "tpl")
            _facts.AddTpl(Define);
        if (word?.Traits.HasFlag(FunctionTraits.TimeZone) == true)
            _facts.AddTimeZone();
    }

    // Go refuses the file, and helm with it, unless its chart is switched off; so every word from here on counts as called.
    private ScreenFacts MalformedFrom()
    {
        int at = _tokens.Count > 0 ? _tokens[0].Start : _lexer.Position;
        while (at < _text.Length)
        {
            if (!ActionLexer.IsWord(_text[at]))
            {
                at++;
                continue;
            }
            int start = at;
            while (at < _text.Length && ActionLexer.IsWord(_text[at]))
                at++;
            Word? word = Vocabulary.Find(_text[start..at]);
            if (word?.Class is { } kind)
                _facts.AddCall(word.Name, kind, start);
            if (word?.Name == "tpl")
            {
                _facts.AddTpl(Define);
                _facts.AddDoubt(DoubtReason.TplOfMadeText, start);
            }
        }
        return _facts.ToFacts();
    }

    private void ReadLiteral(Token token)
    {
        _facts.AddText(token.Start + 1, token.Length - 2);
        ReadOnlySpan<byte> literal = _text.Slice(token.Start + 1, token.Length - 2);
        if (token.Kind == TokenKind.QuotedString && Disguise.IndexIn(literal, argument: false) >= 0)
            _facts.AddDoubtWithTpl(DoubtReason.DisguisedText, token.Start);
        if (PointerVerb.In(literal))
            _facts.AddDoubt(DoubtReason.PrintsPointer, token.Start);
    }

    private void ReadAction()
    {
        if (Peek().Kind != TokenKind.Identifier)
        {
            ReadStatement();
            return;
        }
        ReadOnlySpan<byte> word = Bytes(Peek());
        if (word.SequenceEqual("end"u8))
        {
            _next++;
            _blocks.TryPop(out _);
        }
        else if (word.SequenceEqual("else"u8))
            ReadElse();
        else if (word.SequenceEqual("if"u8))
            OpenIf();
        else if (word.SequenceEqual("with"u8) || word.SequenceEqual("range"u8))
            OpenDot(Dot);
        else if (word.SequenceEqual("define"u8) || word.SequenceEqual("block"u8))
            OpenDefine();
        else if (word.SequenceEqual("template"u8))
            ReadTemplateCall();
        else if (word.SequenceEqual("break"u8) || word.SequenceEqual("continue"u8))
            _next++;
        else
            ReadStatement();
    }

    private void ReadElse()
    {
        _next++;
        if (!_blocks.TryPop(out Block block))
            block = new Block(null, Dot, Dot);
        bool with = Peek().Kind == TokenKind.Identifier && Bytes(Peek()).SequenceEqual("with"u8);
        Flow outer = block.OuterDot;
        _blocks.Push(block with { Dot = outer });
        if (with)
        {
            _next++;
            Flow value = ReadDeclarationOrPipeline();
            _blocks.Pop();
            _blocks.Push(block with { Dot = value });
        }
        else if (Peek().Kind == TokenKind.Identifier)
        {
            _next++; // if
            ReadDeclarationOrPipeline();
        }
    }

    private void OpenIf()
    {
        _next++;
        ReadDeclarationOrPipeline();
        _blocks.Push(new Block(Define, Dot, Dot));
    }

    private void OpenDot(Flow outer)
    {
        _next++;
        Flow value = ReadDeclarationOrPipeline();
        _blocks.Push(new Block(Define, value, outer));
    }

    private void OpenDefine()
    {
        bool block = Bytes(Peek()).SequenceEqual("block"u8);
        _next++;
        string name = ReadName() ?? "";
        if (block)
            Call(name, ReadPipeline(), Peek().Start);
        var dot = new Flow(false, Root.Maybe, false, false);
        _blocks.Push(new Block(name, dot, dot));
    }

    private void ReadTemplateCall()
    {
        int at = Peek().Start;
        _next++;
        string name = ReadName() ?? "";
        Call(name, ReadPipeline(), at);
    }

    // Prints the value, unless it is assigned.
    private void ReadStatement()
    {
        int at = Peek().Start;
        if (_tokens.Count == 2 && at == _tokens[0].Start && _tokens[0].Kind is TokenKind.QuotedString or TokenKind.RawString)
        {
            _next++; // {{ "{{" }} alone is the usual way to print a brace, and what includes print is made text anyway.
            return;
        }
        bool assigns = _tokens.Count > 1 && _tokens[0].Kind == TokenKind.Variable && _tokens[1].Kind == TokenKind.Assign;
        Flow value = ReadDeclarationOrPipeline();
        if (assigns)
            return;
        if (value.Root == Root.Yes)
            _facts.AddDoubt(DoubtReason.PrintsPointer, at);
        else if (value.Printed || value.Root == Root.Maybe)
            _facts.AddPrintOfDot();
    }

    // "$x := pipeline", "$k, $v := pipeline" or "pipeline".
    private Flow ReadDeclarationOrPipeline()
    {
        int start = _next;
        int assign = start;
        while (_tokens[assign].Kind is TokenKind.Variable or TokenKind.Comma)
            assign++;
        if (_tokens[assign].Kind != TokenKind.Assign)
            return ReadPipeline();
        _next = assign + 1;
        Flow value = ReadPipeline();
        for (int i = start; i < assign; i++)
        {
            if (_tokens[i].Kind != TokenKind.Variable)
                continue;
            (string?, string) name = (Define, Text(_tokens[i]));
            // Blocks are not told apart: what a name may hold anywhere in the named template, it may hold everywhere.
            _variables[name] = _variables.TryGetValue(name, out Flow known) ? known.Or(value) : value;
        }
        return value;
    }

    private readonly Token Peek() => _tokens[_next];

    private readonly ReadOnlySpan<byte> Bytes(Token token) => _text.Slice(token.Start, token.Length);

    private string Text(Token token) => _facts.Text(token.Start, token.Length);

    // A literal name, or null when the name is computed.
    private string? ReadName()
    {
        Token token = Peek();
        if (token.Kind is not (TokenKind.QuotedString or TokenKind.RawString))
            return null;
        _next++;
        return _facts.Text(token.Start + 1, token.Length - 2);
    }

    private void Call(string name, Flow data, int at)
    {
        if (name.Contains('/'))
            name = ""; // A whole file, whose tpl calls belong to no named template.
        _facts.AddInclude(Define, name);
        if (data.Made)
            _facts.AddMadeTextTo(name, at);
    }
}
