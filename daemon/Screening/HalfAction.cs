using System;

namespace CacheDaemon.Daemon.Screening;

/// <summary>Tells whether a literal is a piece of an action.</summary>
internal static class HalfAction
{
    /// <summary>True when some <c>{{</c> is never closed, or a <c>}}</c> closes nothing: a piece to build an action from.</summary>
    public static bool In(ReadOnlySpan<byte> literal)
    {
        while (true)
        {
            int open = literal.IndexOf("{{"u8);
            int close = literal.IndexOf("}}"u8);
            if (open < 0 && close < 0)
                return false;
            if (open < 0 || close < open)
                return true;
            literal = literal[(close + 2)..];
        }
    }
}
