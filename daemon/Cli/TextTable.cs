using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Spectre.Console;

namespace CacheDaemon.Daemon.Cli;

/// <summary>A table of words and numbers: as plain text for pipes, files and CI logs, or drawn for a terminal.</summary>
internal static class TextTable
{
    /// <summary>Writes headings and rows as plain text: columns two blanks apart, nothing drawn, no line broken.</summary>
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

    /// <summary>The same table with a frame, for <see cref="AnsiConsole"/>. No cell is taken for markup.</summary>
    public static Table Draw(string[] headings, IReadOnlyList<string[]> rows, params int[] rightAligned)
    {
        var table = new Table { Border = TableBorder.Rounded };
        for (int i = 0; i < headings.Length; i++)
        {
            var column = new TableColumn(Markup.Escape(headings[i]));
            table.AddColumn(rightAligned.Contains(i) ? column.RightAligned() : column);
        }
        foreach (string[] row in rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        return table;
    }
}
