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
            output.WriteLine(
                string.Join("  ", row.Select((cell, i) => rightAligned.Contains(i) ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i])))
                    .TrimEnd()
            );
    }

    /// <summary>
    /// The same table with a frame, for <see cref="AnsiConsole"/>, within <paramref name="width"/> columns where that is possible: only a
    /// last column of text is wrapped, between words, and a long name in the first column is cut short. No cell is taken for markup.
    /// </summary>
    public static Table Draw(int width, string[] headings, IReadOnlyList<string[]> rows, params int[] rightAligned)
    {
        int last = headings.Length - 1;
        bool lastIsText = !rightAligned.Contains(last);
        int excess = NeededByFrame(headings, rows, rightAligned) - width;
        if (excess > 0 && last > 0)
            rows = Shortened(rows, 0, Longest(headings, rows, 0) - excess);
        var table = new Table { Border = TableBorder.Rounded };
        for (int i = 0; i <= last; i++)
        {
            var column = new TableColumn(Markup.Escape(headings[i])) { NoWrap = i < last || !lastIsText };
            table.AddColumn(rightAligned.Contains(i) ? column.RightAligned() : column);
        }
        foreach (string[] row in rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        return table;
    }

    /// <summary>Prints a table on standard output: drawn on a terminal, else as plain text.</summary>
    public static void Print(string[] headings, IReadOnlyList<string[]> rows, params int[] rightAligned)
    {
        if (Terminal.IsRich)
            Show(headings, rows, rightAligned);
        else
            Write(Console.Out, headings, rows, rightAligned);
    }

    /// <summary>
    /// Shows a table on a terminal: framed where it fits; on a narrower one as plain lines, the last column, a text, on lines of its own
    /// below each row. No word, time or number is broken, but names can be cut short.
    /// </summary>
    public static void Show(string[] headings, IReadOnlyList<string[]> rows, params int[] rightAligned)
    {
        int width = Terminal.Width;
        if (NeededByFrame(headings, rows, rightAligned) <= width)
            AnsiConsole.Write(Draw(width, headings, rows, rightAligned));
        else
            Stack(Console.Out, width, headings, rows, rightAligned);
    }

    /// <summary>Plain lines of at most <paramref name="width"/> columns, the last column below each row.</summary>
    internal static void Stack(TextWriter output, int width, string[] headings, IReadOnlyList<string[]> rows, params int[] rightAligned)
    {
        const string Indent = "    ";
        string[] names = headings[..^1];
        IReadOnlyList<string[]> cells = [.. rows.Select(static row => row[..^1])];
        // The longest names first, until the line fits.
        while (names.Select((_, i) => Longest(names, cells, i) + 2).Sum() - 2 > width)
        {
            int widest = Enumerable.Range(0, names.Length).Where(i => !rightAligned.Contains(i)).MaxBy(i => Longest(names, cells, i));
            int length = Longest(names, cells, widest);
            if (length <= MinName || length <= names[widest].Length)
                break;
            cells = Shortened(cells, widest, length - 1);
        }
        var lines = new StringWriter();
        Write(lines, names, cells, rightAligned);
        string[] drawn = lines.ToString().Split(Environment.NewLine);
        output.WriteLine(drawn[0]);
        output.WriteLine(Indent + headings[^1]);
        for (int i = 0; i < rows.Count; i++)
        {
            output.WriteLine(drawn[i + 1]);
            foreach (string line in Wrapped(rows[i][^1], width - Indent.Length))
                output.WriteLine(Indent + line);
        }
    }

    /// <summary>Shorter names say nothing.</summary>
    private const int MinName = 8;

    /// <summary>The narrowest terminal that shows the table in its frame with nothing broken.</summary>
    private static int NeededByFrame(string[] headings, IReadOnlyList<string[]> rows, int[] rightAligned)
    {
        const int PerColumn = 3,
            MinText = 24;
        int last = headings.Length - 1;
        int text = Longest(headings, rows, last);
        if (!rightAligned.Contains(last))
            text = Math.Max(
                Math.Min(text, MinText),
                rows.SelectMany(row => row[last].Split(' ')).Append(headings[last]).Max(static word => word.Length)
            );
        return Enumerable.Range(0, last).Sum(i => Longest(headings, rows, i)) + text + PerColumn * headings.Length + 1;
    }

    private static int Longest(string[] headings, IReadOnlyList<string[]> rows, int column) =>
        rows.Select(row => row[column].Length).Append(headings[column].Length).Max();

    private static IReadOnlyList<string[]> Shortened(IReadOnlyList<string[]> rows, int column, int length)
    {
        const string Cut = "...";
        length = Math.Max(length, MinName);
        return
        [
            .. rows.Select(row =>
                row[column].Length <= length ? row : [.. row.Select((cell, i) => i == column ? cell[..(length - Cut.Length)] + Cut : cell)]
            ),
        ];
    }

    /// <summary>Lines of whole words; a word that alone is longer is a line of its own, for the terminal to break.</summary>
    internal static IEnumerable<string> Wrapped(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }
            line += line.Length > 0 ? " " + word : word;
        }
        if (line.Length > 0)
            yield return line;
    }
}
