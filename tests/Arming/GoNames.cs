using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.RegularExpressions;
using CacheDaemon.Daemon.Arming;

namespace CacheDaemon.Tests.Arming;

/// <summary>
/// Every name that a helm binary could give to a function of templates. Go fills such a table by code that takes the address of a name and
/// states its length beside it; the names themselves lie without an end in one long text.
/// </summary>
internal static partial class GoNames
{
    private const int LeaBytes = 7,
        ImmediateBytes = 5;

    /// <summary>How far from the address the length is looked for: a dozen instructions. Too far only finds more names.</summary>
    private const int Near = 32;

    private const int LongestName = 40;

    /// <summary>Reads them.</summary>
    /// <param name="helm">Path of the binary.</param>
    public static SortedSet<string> In(string helm)
    {
        byte[] image = File.ReadAllBytes(helm);
        GoProgram program = GoProgram.Read(image);
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (GoFunction function in program.Functions)
        {
            if (!MakesTables().IsMatch(function.Name))
                continue;
            ReadOnlySpan<byte> code = program.Code(function);
            for (int at = 0; at + LeaBytes <= code.Length; at++)
            {
                // lea register, [rip + displacement]
                if (code[at] is not (0x48 or 0x4c) || code[at + 1] != 0x8d || (code[at + 2] & 0xc7) != 0x05)
                    continue;
                ulong text =
                    function.Address + (ulong)(at + LeaBytes) + (ulong)(long)BinaryPrimitives.ReadInt32LittleEndian(code[(at + 3)..]);
                for (int beside = Math.Max(0, at - Near); beside < Math.Min(code.Length - ImmediateBytes, at + LeaBytes + Near); beside++)
                {
                    // mov register, immediate
                    if (
                        code[beside] is >= 0xb8 and <= 0xbf
                        && BinaryPrimitives.ReadInt32LittleEndian(code[(beside + 1)..]) is var length and > 0 and <= LongestName
                        && Text(program, image, text, length) is { } name
                        && Name().IsMatch(name)
                    )
                        names.Add(name);
                }
            }
        }
        return names;
    }

    private static string? Text(GoProgram program, byte[] image, ulong address, int length)
    {
        try
        {
            return Encoding.Latin1.GetString(image, program.OffsetOf(address), length);
        }
        catch (ArmingException)
        {
            return null; // An address of what is not in the file.
        }
    }

    [GeneratedRegex(
        @"^(github\.com/Masterminds/sprig/v3\.|helm\.sh/helm/v\d+/(pkg|internal)/engine\.|text/template\.)",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex MakesTables();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
