using System;
using System.Collections.Generic;

namespace CacheDaemon.Daemon.Screening;

/// <summary>The expressions of an action: pipelines, commands, operands, after Go's <c>text/template/parse/parse.go</c>.</summary>
internal ref partial struct TemplateReader
{
    private const int DeepestNesting = 200;

    private Flow ReadPipeline()
    {
        Flow value = default;
        bool first = true;
        while (true)
        {
            value = ReadCommand(value, first);
            first = false;
            if (Peek().Kind != TokenKind.Pipe)
                return value;
            _next++;
        }
    }

    private Flow ReadCommand(Flow piped, bool first)
    {
        Token head = Peek();
        if (head.Kind == TokenKind.Identifier && !IsConstantWord(head) && !FollowedByField(_next))
        {
            _next++;
            return ReadCall(head, piped, first);
        }
        Flow value = first ? default : piped;
        bool any = false;
        while (TryReadOperand(out Flow operand))
        {
            // A method may hand out what it was given (".Files.Get $name"), so its arguments count as part of its value.
            value = any || !first ? value.Or(operand) : operand;
            any = true;
        }
        SkipStray();
        return value;
    }

    private Flow ReadCall(Token head, Flow piped, bool first)
    {
        Word word = Lookup(head);
        string? name = word.Name == "include" ? LiteralAtHand() : null;
        var arguments = new List<Flow>(4);
        bool outer = _inTest;
        _inTest = word.Traits.HasFlag(FunctionTraits.Tests);
        while (TryReadOperand(out Flow operand))
            arguments.Add(operand);
        _inTest = outer;
        SkipStray();
        if (!first)
            arguments.Add(piped);
        return Apply(word, name, arguments, head.Start);
    }

    private Word Lookup(Token token) => Vocabulary.Find(Bytes(token)) ?? new Word(Text(token), FunctionTraits.None, FunctionClass.Unknown);

    private Flow Apply(Word word, string? name, List<Flow> arguments, int at)
    {
        Flow all = default;
        foreach (Flow argument in arguments)
            all = all.Or(argument);
        if (word.Name == "tpl")
        {
            if (arguments.Count > 0 && arguments[0].Made)
                _facts.AddDoubt(DoubtReason.TplOfMadeText, at);
            return new Flow(true, Root.No, false, false);
        }
        if (word.Name == "include")
        {
            Flow data = default;
            for (int i = 1; i < arguments.Count; i++)
                data = data.Or(arguments[i]);
            Call(name ?? "", data, at);
            return new Flow(true, Root.No, false, name is not null && data.Root != Root.No);
        }
        if (word.Name == "set" && all.Made)
            _facts.AddDoubtWithTpl(DoubtReason.MadeTextStored, at);
        bool prints = word.Traits.HasFlag(FunctionTraits.Prints);
        if (prints && all.Root == Root.Yes)
            _facts.AddDoubt(DoubtReason.PrintsPointer, at);
        bool printed = all.Printed || (prints && all.Root == Root.Maybe);
        if (word.Traits.HasFlag(FunctionTraits.Digests))
        {
            if (printed)
                _facts.AddDoubt(DoubtReason.PrintsPointer, at);
            if (all.IncludedRoot && word.Traits.HasFlag(FunctionTraits.Plain))
                _facts.AddDigestOfInclude(at);
        }
        bool made = word.Traits.HasFlag(FunctionTraits.Plain) ? false : !word.Traits.HasFlag(FunctionTraits.Carries) || all.Made;
        return new Flow(made, word.Traits.HasFlag(FunctionTraits.Holds) ? all.Root : Root.No, printed, all.IncludedRoot);
    }

    private bool TryReadOperand(out Flow value)
    {
        value = default;
        Token token = Peek();
        switch (token.Kind)
        {
            case TokenKind.Dot:
                _next++;
                value = Dot;
                return true;
            case TokenKind.Field:
                value = ReadFields(Dot, behind: false);
                return true;
            case TokenKind.Variable:
                _next++;
                value = ReadFields(VariableValue(token), behind: true);
                return true;
            case TokenKind.LeftParen:
                value = ReadFields(ReadParenthesis(), behind: true);
                return true;
            case TokenKind.Identifier:
                _next++;
                if (IsConstantWord(token))
                    return true;
                // A function among the arguments of another is called without arguments of its own ("quote now").
                value = ReadFields(Apply(Lookup(token), null, [], token.Start), behind: true);
                return true;
            case TokenKind.QuotedString or TokenKind.RawString:
                _next++;
                if (!_inTest && HalfAction.In(Content(token)))
                    _facts.AddDoubtWithTpl(DoubtReason.HalfAction, token.Start);
                return true;
            case TokenKind.Constant:
                _next++;
                return true;
            default:
                return false;
        }
    }

    private Flow ReadParenthesis()
    {
        _next++;
        if (++_depth > DeepestNesting)
        {
            // Nobody writes this; reading on as one flat list still meets every function.
            _depth--;
            return new Flow(true, Dot.Root, true, true);
        }
        Flow value = ReadDeclarationOrPipeline();
        _depth--;
        if (Peek().Kind == TokenKind.RightParen)
            _next++;
        return value;
    }

    // Fields that touch: ".Chart.Maintainers" of the root holds pointers, ".Values.x" none.
    private Flow ReadFields(Flow of, bool behind)
    {
        int first = _next;
        while (Peek().Kind == TokenKind.Field && ((_next == first && !behind) || _tokens[_next - 1].Stop == Peek().Start))
            _next++;
        return _next == first ? of : of with { Root = BearsPointers(first, _next - 1) ? Root.Yes : Root.No };
    }

    private readonly bool BearsPointers(int first, int last)
    {
        ReadOnlySpan<byte> name = Bytes(_tokens[last]);
        if (name.SequenceEqual(".Chart"u8) || name.SequenceEqual(".Subcharts"u8))
            return true;
        if (last == first)
            return false;
        ReadOnlySpan<byte> parent = Bytes(_tokens[last - 1]);
        return parent.SequenceEqual(".Subcharts"u8)
            || (parent.SequenceEqual(".Chart"u8) && (name.SequenceEqual(".Maintainers"u8) || name.SequenceEqual(".Dependencies"u8)));
    }

    private Flow VariableValue(Token token)
    {
        if (token.Length == 1)
            return new Flow(false, Define is null ? Root.Yes : Root.Maybe, false, false);
        return _variables.TryGetValue((Define, Text(token)), out Flow value) ? value : default;
    }

    private readonly bool FollowedByField(int at) => _tokens[at + 1].Kind == TokenKind.Field && _tokens[at + 1].Start == _tokens[at].Stop;

    private readonly bool IsConstantWord(Token token) => Bytes(token) is var word && (word.SequenceEqual("nil"u8) || word.SequenceEqual("true"u8) || word.SequenceEqual("false"u8));

    private readonly ReadOnlySpan<byte> Content(Token literal) => _text.Slice(literal.Start + 1, literal.Length - 2);

    private string? LiteralAtHand()
    {
        int at = _next;
        string? name = ReadName();
        _next = at;
        return name;
    }

    // Go would refuse what stands here; its words still count as called.
    private void SkipStray()
    {
        while (Peek().Kind is TokenKind.Assign or TokenKind.Comma or TokenKind.Malformed || (Peek().Kind == TokenKind.RightParen && _depth == 0))
            _next++;
    }
}
