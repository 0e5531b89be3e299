using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace CacheDaemon.Daemon.Cli;

/// <summary>A table as plain text: columns two blanks apart, nothing drawn, no line broken. What pipes, files and CI logs get.</summary>
internal static class TextTable
{
    /// <summary>Writes headings and rows.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="headings">One per column.</param>
    /// <param name="rows">As many cells each.</param>
    /// <param name="rightAligned">Columns that hold numbers.</param>
    public static void Write(TextWriter output, string[] headings, IReadOnlyList<string[]> rows, params int[] rightAligned)
    {
        int[] widths = [.. headings.Select((heading, i) => rows.Select(row => row[i].Length).Append(heading.Length).Max())];
        foreach (string[] row in rows.Prepend(headings))
            output.WriteLine(string.Join("  ", row.Select((cell, i) => rightAligned.Contains(i) ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
    }
}
