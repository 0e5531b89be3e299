using System;
using System.Collections.Generic;
using System.Text;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// What helm printed, as resources: split at lines that are <c>---</c> and nothing else, as Kubernetes tools do it (<c>YAMLReader</c> of
/// k8s.io/apimachinery), each part read by itself, so that one that cannot be read takes no other along.
/// </summary>
internal static class ManifestReader
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads all of it.</summary>
    /// <param name="output">Standard output of <c>helm template</c>.</param>
    /// <param name="problems">Receives one line for each document that is no resource: which, where it came from, and why.</param>
    public static List<Manifest> Read(ReadOnlySpan<byte> output, List<string> problems)
    {
        var found = new List<Manifest>();
        string source = "";
        int line = 1,
            document = 0;
        while (!output.IsEmpty)
        {
            ReadOnlySpan<byte> part = NextPart(ref output, out int lines);
            string? own = SourceOf(part);
            // A file of CRDs is printed as it is: its first document may be empty, and the others name no source.
            source = own ?? source;
            if (!IsRemark(part, line))
                ReadPart(part, source, line, ref document, found, problems);
            line += lines;
        }
        return found;
    }

    private static void ReadPart(
        ReadOnlySpan<byte> part,
        string source,
        int firstLine,
        ref int document,
        List<Manifest> found,
        List<string> problems
    )
    {
        bool counted = false;
        try
        {
            foreach (YamlDocument read in YamlReader.Read(Text(part)))
            {
                if (read.Value is null)
                    continue;
                document++;
                counted = true;
                if (read.Value is not Dictionary<string, object?> members)
                    throw new ManifestException(read.Line, "it is not an object");
                if (Manifest.Text(members, "kind").Length == 0)
                    throw new ManifestException(read.Line, "it has no kind");
                found.Add(new Manifest(source, document, firstLine + read.Line - 1, members));
                counted = false;
            }
        }
        catch (ManifestException e)
        {
            if (!counted)
                document++;
            problems.Add(
                $"document {document}{(source.Length > 0 ? $" ({source})" : "")}, line {firstLine + Math.Max(1, e.Line) - 1}: {e.Message}"
            );
        }
    }

    /// <summary>The part up to the next line that separates, which is taken as well.</summary>
    public static ReadOnlySpan<byte> NextPart(ref ReadOnlySpan<byte> output, out int lines)
    {
        lines = 0;
        for (int at = 0; at < output.Length; )
        {
            int end = output[at..].IndexOf((byte)'\n') is var length and >= 0 ? at + length + 1 : output.Length;
            lines++;
            if (IsSeparator(output[at..end]))
            {
                ReadOnlySpan<byte> part = output[..at];
                output = output[end..];
                return part;
            }
            at = end;
        }
        ReadOnlySpan<byte> last = output;
        output = [];
        return last;
    }

    private static bool IsSeparator(ReadOnlySpan<byte> line) => line.StartsWith("---"u8) && line[3..].Trim(" \t\r\n\v\f"u8).IsEmpty;

    /// <summary>What a part says of where it came from; null when it does not.</summary>
    public static string? SourceOf(ReadOnlySpan<byte> part)
    {
        ReadOnlySpan<byte> mark = "# Source: "u8;
        if (!part.StartsWith(mark))
            return null;
        part = part[mark.Length..];
        int end = part.IndexOf((byte)'\n');
        return Encoding.UTF8.GetString(end < 0 ? part : part[..end]).TrimEnd();
    }

    /// <summary>What helm 4.2 prints before the manifests of a chart that it pulled.</summary>
    private static bool IsRemark(ReadOnlySpan<byte> part, int line) => line == 1 && part.StartsWith("Pulled: "u8);

    /// <summary>A part as text.</summary>
    /// <exception cref="ManifestException">It is none that YAML allows.</exception>
    public static string Text(ReadOnlySpan<byte> part)
    {
        string text;
        try
        {
            text = s_strict.GetString(part);
        }
        catch (DecoderFallbackException)
        {
            throw new ManifestException(1, "it is not UTF-8");
        }
        text = text.TrimStart('\uFEFF');
        for (int i = 0, line = 1; i < text.Length; i++)
        {
            if (text[i] == '\n')
                line++;
            else if (text[i] != '\t' && text[i] != '\r' && char.IsControl(text[i]) && text[i] != '\u0085')
                throw new ManifestException(line, "a control character");
        }
        return text;
    }
}
