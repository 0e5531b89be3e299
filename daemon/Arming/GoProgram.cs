using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using ELFSharp.ELF;
using ELFSharp.ELF.Sections;
using ELFSharp.ELF.Segments;

namespace CacheDaemon.Daemon.Arming;

/// <summary>One function of a Go program.</summary>
/// <param name="Name">Full name, such as <c>crypto/rand.Read</c>.</param>
/// <param name="Address">Where it starts in memory.</param>
/// <param name="Size">Bytes until the next function starts.</param>
internal readonly record struct GoFunction(string Name, ulong Address, int Size);

/// <summary>
/// A Go program as a file: its functions by the table that the Go runtime itself needs (<c>.gopclntab</c>), which survives
/// stripping, and the bytes of its code.
/// </summary>
/// <remarks>
/// Read are programs of Go 1.20 and later (table version 0xfffffff1, Go's <c>internal/abi</c> and <c>debug/gosym</c>), for 64-bit Linux on
/// x86, linked statically and for a fixed address.
/// </remarks>
internal sealed class GoProgram
{
    private const uint TableOfGo120 = 0xfffffff1;
    private const int TableHeaderBytes = 8 + 8 * 8;

    private readonly byte[] _image;
    private readonly List<(ulong Address, ulong Offset, ulong Size)> _loaded = [];

    private GoProgram(byte[] image) => _image = image;

    /// <summary>Every function, in order of addresses.</summary>
    public required IReadOnlyList<GoFunction> Functions { get; init; }

    /// <summary>Why a program for another processor cannot be armed.</summary>
    public const string OtherProcessor = "it is not for 64-bit x86, the one processor that traps can be made for";

    /// <summary>Zero bytes behind the code that are mapped as code, and belong to no function.</summary>
    public (ulong Address, ulong Offset, int Length) Slack { get; private init; }

    /// <summary>Reads a program.</summary>
    /// <exception cref="ArmingException">It is none that can be read; the message says why.</exception>
    public static GoProgram Read(byte[] image)
    {
        using IELF any = Load(image);
        try
        {
            if (any is not ELF<ulong> { Endianess: ELFSharp.Endianess.LittleEndian, Machine: Machine.AMD64 } elf)
                throw new ArmingException(OtherProcessor);
            if (elf.Type != FileType.Executable)
                throw new ArmingException("it is position-independent");
            if (elf.Segments.Any(static segment => segment.Type == SegmentType.Interpreter))
                throw new ArmingException("it is linked dynamically");
            ISection? table = elf.Sections.FirstOrDefault(static section => section.Name == ".gopclntab");
            ISection? text = elf.Sections.FirstOrDefault(static section => section.Name == ".text");
            if (table is not Section<ulong> pclntab || text is not Section<ulong> code)
                throw new ArmingException("it has no table of Go functions");
            List<GoFunction> functions = ReadTable(
                image.AsSpan(checked((int)pclntab.Offset), checked((int)pclntab.Size)),
                code.LoadAddress
            );
            var program = new GoProgram(image) { Functions = functions, Slack = FindSlack(image, elf, code) };
            foreach (
                Segment<ulong> segment in elf.Segments.OfType<Segment<ulong>>().Where(static segment => segment.Type == SegmentType.Load)
            )
                program._loaded.Add((segment.Address, (ulong)segment.Offset, (ulong)segment.FileSize));
            program._loaded.Add((program.Slack.Address, program.Slack.Offset, (ulong)program.Slack.Length));
            return program;
        }
        catch (Exception e) when (e is not ArmingException)
        {
            throw new ArmingException("its sections or its table of Go functions cannot be read", e);
        }
    }

    private static IELF Load(byte[] image)
    {
        try
        {
            if (ELFReader.TryLoad(new MemoryStream(image, writable: false), shouldOwnStream: true, out IELF? elf))
                return elf;
        }
#pragma warning disable CA1031 // The reader's own exceptions for a damaged file are of many kinds.
        catch (Exception e)
#pragma warning restore CA1031
        {
            throw new ArmingException("its ELF headers cannot be read", e);
        }
        throw new ArmingException("it is not an ELF binary");
    }

    /// <summary>The bytes of a function.</summary>
    public ReadOnlySpan<byte> Code(GoFunction function) => _image.AsSpan(OffsetOf(function.Address), function.Size);

    /// <summary>The eight bytes at an address, as a number; 0 where the file holds none.</summary>
    public ulong WordAt(ulong address) =>
        TryOffsetOf(address, sizeof(ulong), out int offset) ? BinaryPrimitives.ReadUInt64LittleEndian(_image.AsSpan(offset)) : 0;

    /// <summary>Where in the file an address of memory is.</summary>
    /// <exception cref="ArmingException">The file has nothing for it.</exception>
    public int OffsetOf(ulong address) =>
        TryOffsetOf(address, 1, out int offset) ? offset : throw new ArmingException($"its file holds nothing for the address {address:x}");

    private bool TryOffsetOf(ulong address, ulong length, out int offset)
    {
        foreach ((ulong start, ulong at, ulong size) in _loaded)
        {
            if (address >= start && address - start + length <= size)
            {
                offset = checked((int)(at + (address - start)));
                return true;
            }
        }
        offset = 0;
        return false;
    }

    /// <summary>
    /// The header, in words: functions, files, start of the code, then the offsets of names, units, files, lines and functions.
    /// </summary>
    private static List<GoFunction> ReadTable(ReadOnlySpan<byte> table, ulong text)
    {
        if (table.Length < TableHeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(table) != TableOfGo120 || table[7] != sizeof(ulong))
            throw new ArmingException("its table of Go functions is of a version that is not known");
        int count = Word(table, 0);
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(table[(8 + 2 * 8)..]);
        ReadOnlySpan<byte> names = table[Word(table, 3)..];
        ReadOnlySpan<byte> functions = table[Word(table, 7)..];
        if (start == 0) // Go 1.26 leaves it to .text.
            start = text;
        var all = new List<GoFunction>(count);
        for (int i = 0; i < count; i++)
        {
            int entry = Half(functions, 8 * i),
                description = Half(functions, 8 * i + 4),
                next = Half(functions, 8 * (i + 1));
            ReadOnlySpan<byte> name = names[Half(functions, description + 4)..];
            all.Add(new GoFunction(Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]), start + (ulong)entry, next - entry));
        }
        return all;
    }

    private static int Word(ReadOnlySpan<byte> table, int index) =>
        checked((int)BinaryPrimitives.ReadUInt64LittleEndian(table[(8 + 8 * index)..]));

    private static int Half(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);

    /// <summary>
    /// Code is mapped in whole pages, and the file is laid out in whole pages, too: what is left of the last one is zeros.
    /// </summary>
    private static (ulong Address, ulong Offset, int Length) FindSlack(byte[] image, ELF<ulong> elf, Section<ulong> text)
    {
        const ulong Page = 4096;
        Segment<ulong>? code = elf
            .Segments.OfType<Segment<ulong>>()
            .FirstOrDefault(segment =>
                segment.Type == SegmentType.Load && segment.Address <= text.LoadAddress && text.LoadAddress < segment.Address + segment.Size
            );
        if (code is null || (ulong)code.FileSize != code.Size)
            return default;
        ulong end = code.Address + code.Size,
            start = (end + 15) & ~15UL,
            stop = (end + Page - 1) & ~(Page - 1);
        if (
            stop <= start
            || elf.Segments.OfType<Segment<ulong>>()
                .Any(other => other.Type == SegmentType.Load && other.Address >= end && other.Address < stop)
        )
            return default;
        ulong offset = (ulong)code.Offset + (start - code.Address);
        ReadOnlySpan<byte> slack = image.AsSpan(checked((int)offset), (int)(stop - start));
        int used = slack.IndexOfAnyExcept((byte)0);
        return (start, offset, used < 0 ? slack.Length : used);
    }
}
