namespace CacheDaemon.Daemon.Screening;

/// <summary>Why a template function may give another answer on the next run.</summary>
internal enum FunctionClass
{
    /// <summary>Draws random numbers, keys or salts.</summary>
    Random,

    /// <summary>Reads the clock.</summary>
    Clock,

    /// <summary>Formats the time it is given, but reads the clock when that is not a time or an integer (a string, nil).</summary>
    ClockOfOddArgument,

    /// <summary>Walks a map in Go's random order: several answers are legal, so replaying one is (design 6.4).</summary>
    Order,

    /// <summary>Asks the cluster or DNS; constant in a plain <c>template</c> run, and other runs are bypassed.</summary>
    Network,

    /// <summary>A name that the measured helms do not define: a newer helm may, so it needs proof like a random one.</summary>
    Unknown,
}
