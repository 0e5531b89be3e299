using System;

namespace CacheDaemon.Daemon.Screening;

/// <summary>What a known function does to the text and the pointers that pass through it.</summary>
[Flags]
internal enum FunctionTraits
{
    /// <summary>Makes new text: what comes out need not occur in any input (<c>printf</c>, <c>b64dec</c>, <c>lower</c>).</summary>
    None = 0,

    /// <summary>Hands its argument on, whole; joined parts stay apart, so no new word can arise.</summary>
    Carries = 1,

    /// <summary>Answers a number, a truth value, or text in which no action can hide (digests, base64).</summary>
    Plain = 2,

    /// <summary>Writes its arguments as text: pointers among them become addresses.</summary>
    Prints = 4,

    /// <summary>Turns text into something in which an address can no longer be seen.</summary>
    Digests = 8,

    /// <summary>Depends on the time zone.</summary>
    TimeZone = 16,

    /// <summary>Only asks about text, so half an action in a literal (<c>contains "{{"</c>) is no building block.</summary>
    Tests = 32,

    /// <summary>Hands on what its argument holds, pointers included.</summary>
    Holds = 64,

    /// <summary>A word of the template language rather than a function.</summary>
    Keyword = 128,
}
