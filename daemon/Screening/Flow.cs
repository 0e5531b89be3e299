namespace CacheDaemon.Daemon.Screening;

/// <summary>How sure it is that a value holds the root of the render (with its pointers).</summary>
internal enum Root
{
    No,

    /// <summary>The dot of a named template: whatever its caller handed over.</summary>
    Maybe,
    Yes,
}

/// <summary>What is known of the value that an expression gives.</summary>
/// <param name="Made">Text that need not occur in any input: its words were not screened.</param>
/// <param name="Root">May hold the root, <c>.Chart</c> or another bearer of pointers.</param>
/// <param name="Printed">Text in which a value that may be the root was printed.</param>
/// <param name="IncludedRoot">Text of a named template that got the root.</param>
internal readonly record struct Flow(bool Made, Root Root, bool Printed, bool IncludedRoot)
{
    /// <summary>Both may have happened.</summary>
    public Flow Or(Flow other) => new(Made || other.Made, Root > other.Root ? Root : other.Root, Printed || other.Printed, IncludedRoot || other.IncludedRoot);
}
