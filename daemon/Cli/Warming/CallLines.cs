using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace CacheDaemon.Daemon.Cli.Warming;

/// <summary>
/// A file with one call of helm a line, split into words as a POSIX shell splits them: at blanks, with single and double quotes and
/// backslashes. Nothing is expanded: no variable, pattern, tilde or command. Blank lines and what follows a <c>#</c> that begins a word are
/// passed over; a leading <c>helm</c> is taken off.
/// </summary>
internal static class CallLines
{
    /// <summary>The calls, each with its line, from 1 on.</summary>
    /// <exception cref="FormatException">A quote is not closed; the message names the line.</exception>
    public static List<(int Line, string[] Call)> Read(TextReader file)
    {
        var calls = new List<(int, string[])>();
        int number = 0;
        while (file.ReadLine() is { } line)
        {
            number++;
            string[] words = CallerContext.WithoutProgram(Words(line, number));
            if (words.Length > 0)
                calls.Add((number, words));
        }
        return calls;
    }

    private static string[] Words(string line, int number)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quote == '\'' || (quote == '"' && c is not ('"' or '\\')))
            {
                if (c == quote)
                    quote = '\0';
                else
                    word!.Append(c);
            }
            else if (c == '"' && quote == '"')
                quote = '\0';
            else if (c == '\\' && i + 1 < line.Length && (quote == '\0' || line[i + 1] is '"' or '\\' or '$' or '`'))
                (word ??= new()).Append(line[++i]);
            else if (quote == '"')
                word!.Append(c);
            else if (c is ' ' or '\t')
            {
                if (word is not null)
                    words.Add(word.ToString());
                word = null;
            }
            else if (c == '#' && word is null)
                break;
            else if (c is '\'' or '"')
                (word, quote) = (word ?? new(), c);
            else
                (word ??= new()).Append(c);
        }
        if (quote != '\0')
            throw new FormatException($"line {number}: a {(quote == '"' ? "double" : "single")} quote is not closed");
        if (word is not null)
            words.Add(word.ToString());
        return [.. words];
    }
}
