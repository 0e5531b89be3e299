using System;
using System.Collections.Generic;
using DiffPlex;
using DiffPlex.Model;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// The difference of two texts in the unified format of diff(1), without its heading. DiffPlex finds it; the format is written here.
/// </summary>
internal static class UnifiedText
{
    /// <summary>Equal lines that are shown before and after a change.</summary>
    private const int Context = 3;

    private static readonly Lines s_lines = new();

    /// <summary>Lines that begin with <c>@@</c>, a blank, <c>-</c> or <c>+</c>; none where the texts are equal.</summary>
    /// <param name="before">Text whose lines end with <c>\n</c>; empty for a file that is not there.</param>
    /// <param name="after">The same.</param>
    public static List<string> Of(string before, string after)
    {
        DiffResult diff = Differ.Instance.CreateDiffs(
            before.TrimEnd('\n'),
            after.TrimEnd('\n'),
            ignoreWhiteSpace: false,
            ignoreCase: false,
            s_lines
        );
        var lines = new List<string>();
        IList<DiffBlock> blocks = diff.DiffBlocks;
        for (int first = 0, next; first < blocks.Count; first = next)
        {
            next = first + 1;
            while (next < blocks.Count && blocks[next].DeleteStartA - EndOf(blocks[next - 1]) <= 2 * Context)
                next++;
            AddHunk(diff, first, next, lines);
        }
        return lines;
    }

    private static int EndOf(DiffBlock block) => block.DeleteStartA + block.DeleteCountA;

    /// <summary>Adds blocks that share their context.</summary>
    private static void AddHunk(DiffResult diff, int first, int next, List<string> lines)
    {
        IReadOnlyList<string> old = diff.PiecesOld,
            now = diff.PiecesNew;
        DiffBlock begin = diff.DiffBlocks[first],
            end = diff.DiffBlocks[next - 1];
        int lead = Math.Min(Context, begin.DeleteStartA),
            trail = Math.Min(Context, old.Count - EndOf(end));
        int startOld = begin.DeleteStartA - lead,
            startNew = begin.InsertStartB - lead;
        string oldRange = Range(startOld, EndOf(end) + trail - startOld);
        string newRange = Range(startNew, end.InsertStartB + end.InsertCountB + trail - startNew);
        lines.Add($"@@ -{oldRange} +{newRange} @@");
        int at = startOld;
        for (int i = first; i < next; i++)
        {
            DiffBlock block = diff.DiffBlocks[i];
            for (; at < block.DeleteStartA; at++)
                lines.Add(" " + old[at]);
            for (; at < EndOf(block); at++)
                lines.Add("-" + old[at]);
            for (int j = 0; j < block.InsertCountB; j++)
                lines.Add("+" + now[block.InsertStartB + j]);
        }
        for (int stop = at + trail; at < stop; at++)
            lines.Add(" " + old[at]);
    }

    /// <summary>First line, from 1 on, and number of lines; of an empty range the line before it.</summary>
    private static string Range(int start, int count) => count == 1 ? $"{start + 1}" : $"{(count == 0 ? start : start + 1)},{count}";

    /// <summary>Lines by <c>\n</c> alone; none in an empty text. DiffPlex's own would also split elsewhere.</summary>
    private sealed class Lines : IChunker
    {
        public IReadOnlyList<string> Chunk(string text) => text.Length == 0 ? [] : text.Split('\n');
    }
}
