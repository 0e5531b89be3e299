using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CacheDaemon.Daemon.Cli.Rendered;

/// <summary>How commands print what they found in a render.</summary>
internal static class RenderedOutput
{
    /// <summary>
    /// Prints an array, in one line, and hands it over for the next one who asks. Texts stay readable: nothing of it goes into a page of
    /// HTML unescaped.
    /// </summary>
    /// <param name="read">What it was made of.</param>
    /// <param name="view">Name of what is printed.</param>
    /// <param name="items">Writes the array's items.</param>
    public static void Json(ReadOutput read, string view, Action<Utf8JsonWriter> items)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            items(json);
            json.WriteEndArray();
        }
        text.Write("\n"u8);
        Print(read, view, text.WrittenMemory);
    }

    /// <summary>Prints text, and hands it over for the next one who asks.</summary>
    public static void Print(ReadOutput read, string view, ReadOnlyMemory<byte> text)
    {
        using (Stream output = Console.OpenStandardOutput())
            output.Write(text.Span);
        read.KeepPrinted(view, text);
    }

    /// <summary>A table of texts from charts; <paramref name="nothing"/> where there are no rows.</summary>
    public static void Table(string[] headings, List<string[]> rows, string nothing)
    {
        foreach (string[] row in rows)
            for (int i = 0; i < row.Length; i++)
                row[i] = row[i].Length == 0 ? "-" : Terminal.Harmless(row[i]);
        if (rows.Count == 0)
            Console.WriteLine(nothing);
        else
            TextTable.Print(headings, rows);
    }

    /// <summary>Says on standard error what of a render could not be read; the exit code that goes with it.</summary>
    public static int Tell(List<string> problems)
    {
        foreach (string problem in problems)
            Console.Error.WriteLine($"helmcached: {Terminal.Harmless(problem)}");
        return problems.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }
}
