using System;

namespace CacheDaemon.Client.Helm;

/// <summary>All flags that one command of helm accepts, the root flags first.</summary>
/// <param name="rows">Names and shorthands are unique.</param>
public sealed class FlagTable(params HelmFlag[] rows)
{
    /// <summary>All rows.</summary>
    public ReadOnlySpan<HelmFlag> Rows => rows;

    /// <summary>The row at an index that one of the two searches gave.</summary>
    public ref readonly HelmFlag this[int index] => ref rows[index];

    /// <summary>How many there are.</summary>
    public int Count => rows.Length;

    /// <summary>Index of the flag with this long name, or -1. helm knows no abbreviations.</summary>
    public int FindLong(ReadOnlySpan<char> name)
    {
        for (int i = 0; i < rows.Length; i++)
            if (rows[i].Name.Length == name.Length && name.SequenceEqual(rows[i].Name))
                return i;
        return -1;
    }

    /// <summary>Index of the flag with this shorthand letter, or -1.</summary>
    public int FindShort(char letter)
    {
        for (int i = 0; i < rows.Length; i++)
            if (rows[i].Shorthand == letter && letter != '\0')
                return i;
        return -1;
    }
}
