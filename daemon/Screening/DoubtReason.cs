namespace CacheDaemon.Daemon.Screening;

/// <summary>Why reading the chart's text is not enough to know what it executes or prints. Persisted with facts: append only.</summary>
internal enum DoubtReason
{
    None = 0,

    /// <summary><c>tpl</c> runs text that the template makes (<c>printf</c>, <c>b64dec</c>, <c>include</c>…).</summary>
    TplOfMadeText = 1,

    /// <summary>Text that the template makes is handed to a named template that reaches <c>tpl</c>.</summary>
    MadeTextReachesTpl = 2,

    /// <summary>Text that the template makes is put into a map (<c>set</c>), and <c>tpl</c> is used somewhere.</summary>
    MadeTextStored = 3,

    /// <summary>A literal holds half an action, a piece to build template text from, and <c>tpl</c> is used somewhere.</summary>
    HalfAction = 4,

    /// <summary>An escape spells a letter or brace (<c>\x6e</c>, <c>!!binary</c>) in text that <c>tpl</c> may run.</summary>
    DisguisedText = 5,

    /// <summary>Addresses of the process may be printed.</summary>
    PrintsPointer = 6,

    /// <summary>Text outside the templates calls <c>tpl</c> itself.</summary>
    TplInText = 7,

    /// <summary>An archive could not be read.</summary>
    OpaqueArchive = 8,
}

/// <summary>A reason and the line that gave it; line 0 where no line can be named.</summary>
internal readonly record struct Doubt(DoubtReason Reason, int Line);
