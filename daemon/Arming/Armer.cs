using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;

namespace CacheDaemon.Daemon.Arming;

/// <summary>A change of a binary: bytes at an offset of its file.</summary>
internal readonly record struct Patch(int Offset, byte[] Bytes);

/// <summary>What turns a helm binary into its armed copy.</summary>
/// <param name="Patches">The changes; none overlaps another.</param>
/// <param name="Traps">What each exit code means, for people: the first is of <see cref="FirstExitCode"/>.</param>
internal sealed record ArmingPlan(IReadOnlyList<Patch> Patches, IReadOnlyList<string> Traps)
{
    /// <summary>
    /// Lowest exit code of a trap. helm itself ends a render with 0 or 1, and Go a crash with 2.
    /// </summary>
    public const int FirstExitCode = 64;

    /// <summary>Highest exit code that there is.</summary>
    public const int LastExitCode = 255;
}

/// <summary>
/// Finds the places in a helm binary that <see cref="ArmingRecipe"/> names and makes each a trap: the process ends at once, with an exit
/// code that tells which, before helm has written anything. Changes nothing itself.
/// </summary>
internal sealed class Armer
{
    private const byte Call = 0xe8,
        Jump = 0xe9;
    private const int BranchBytes = 5,
        LeaBytes = 7;

    private readonly GoProgram _program;
    private readonly Dictionary<ulong, string> _names;
    private readonly Dictionary<string, GoFunction> _functions = new(StringComparer.Ordinal);
    private readonly List<Patch> _patches = [];
    private readonly List<string> _traps = [];
    private readonly Dictionary<string, ulong> _stubs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _values = new(StringComparer.Ordinal);
    private readonly Queue<(ulong Address, int Length)> _room = new();
    private readonly HashSet<ulong> _dead = [];
    private readonly HashSet<ulong> _sites = [];

    private Armer(GoProgram program)
    {
        _program = program;
        _names = new Dictionary<ulong, string>(program.Functions.Count);
        foreach (GoFunction function in program.Functions)
        {
            _names[function.Address] = function.Name;
            _functions.TryAdd(function.Name, function);
        }
    }

    /// <summary>Plans the arming of a binary.</summary>
    /// <param name="image">The file.</param>
    /// <param name="network">Whether the copy is for calls that download their chart.</param>
    /// <exception cref="ArmingException">It is not one that can be armed; the message says why.</exception>
    public static ArmingPlan Plan(byte[] image, bool network = false) =>
        new Armer(GoProgram.Read(image)).Plan(network ? ArmingRecipe.EntriesForNetwork : ArmingRecipe.Entries);

    private ArmingPlan Plan(IReadOnlyList<EntryTrap> entries)
    {
        foreach (string name in ArmingRecipe.Required)
            if (!_functions.ContainsKey(name))
                throw new ArmingException($"it has no function {name}");
        TrapEntries(entries);
        foreach (CallTrap trap in ArmingRecipe.Calls)
            TrapCalls(trap);
        TrapNow();
        TrapPrintf();
        if (!_traps.Contains(ArmingRecipe.SchemaShown))
            throw new ArmingException("its loader of other schemas was not found");
        return new ArmingPlan(_patches, _traps);
    }

    /// <summary>Whole functions. What is left of their bodies is never run again, and has room for what the others need.</summary>
    private void TrapEntries(IReadOnlyList<EntryTrap> entries)
    {
        foreach (GoFunction function in _program.Functions)
        {
            if (entries.FirstOrDefault(trap => trap.Functions(function.Name)) is not { } trap)
                continue;
            byte[] exit = X64.Exit(ExitCode(trap.Shown.Length > 0 ? trap.Shown : Short(function.Name)));
            if (function.Size < exit.Length)
                throw new ArmingException($"its function {function.Name} is too small to hold a trap");
            Patch(function.Address, exit);
            _dead.Add(function.Address);
            ulong free = Align(function.Address + (ulong)exit.Length),
                end = function.Address + (ulong)function.Size;
            if (free + X64.ExitBytes <= end)
                _room.Enqueue((free, (int)(end - free)));
        }
        if (_room.Count == 0)
            throw new ArmingException("it has none of the functions that are to be trapped");
    }

    private void TrapCalls(CallTrap trap)
    {
        foreach (GoFunction caller in Living(trap.Callers))
        {
            string shown = trap.Shown.Length > 0 ? trap.Shown : Short(caller.Name);
            ReadOnlySpan<byte> code = _program.Code(caller);
            for (int at = 0; at + BranchBytes <= code.Length; at++)
            {
                if (code[at] is not (Call or Jump) || !Reaches(trap, Target(code, caller.Address, at, BranchBytes)))
                    continue;
                ulong site = caller.Address + (ulong)at;
                if (!_sites.Add(site))
                    continue; // An earlier row, which knows a better name.
                Patch(site, [code[at], .. X64.Displacement(Stub(shown), site + BranchBytes)]);
                at += BranchBytes - 1;
            }
            foreach ((int at, ulong target) in AddressesTaken(caller))
                if (Reaches(trap, _program.WordAt(target)) && _sites.Add(caller.Address + (ulong)at))
                    Aim(caller, at, Value(shown, () => Stub(shown)));
        }
    }

    private void TrapNow()
    {
        ulong now = _functions["time.Now"].Address;
        if (AimAll(ArmingRecipe.ClockTables, now, () => Value(ArmingRecipe.NowShown, () => Stub(ArmingRecipe.NowShown))) == 0)
            throw new ArmingException("its template function now was not found");
    }

    private void TrapPrintf()
    {
        ulong sprintf = _functions["fmt.Sprintf"].Address;
        // Not in a dead function: this code may be interrupted, and the runtime then asks the table how its stack looks. It knows that
        // nothing of Go is behind the code, and waits.
        (ulong address, _, int length) = _program.Slack;
        ulong start = address + sizeof(ulong);
        byte[] stub = X64.RefuseVerb((byte)'p', ExitCode(ArmingRecipe.PrintfShown), sprintf, start);
        if (length < sizeof(ulong) + stub.Length)
            throw new ArmingException($"behind its code are {length} free bytes, and {sizeof(ulong) + stub.Length} are needed");
        byte[] value = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(value, start);
        Patch(address, [.. value, .. stub]);
        if (AimAll(ArmingRecipe.PrintfTables, sprintf, () => address) == 0)
            throw new ArmingException("its template function printf was not found");
    }

    /// <summary>Functions with such names that are not trapped as a whole.</summary>
    private IEnumerable<GoFunction> Living(Predicate<string> names) =>
        _program.Functions.Where(function => names(function.Name) && !_dead.Contains(function.Address));

    private bool Reaches(CallTrap trap, ulong address) => _names.TryGetValue(address, out string? name) && trap.Callees(name);

    /// <summary>
    /// In all these functions, where the address of the value of <paramref name="function"/> is taken, another is. Returns how often.
    /// </summary>
    private int AimAll(Predicate<string> functions, ulong function, Func<ulong> value)
    {
        int count = 0;
        foreach (GoFunction table in Living(functions))
        {
            foreach ((int at, ulong target) in AddressesTaken(table))
            {
                // A function as a value is the address of a word that holds its address.
                if (_program.WordAt(target) != function || !_sites.Add(table.Address + (ulong)at))
                    continue;
                Aim(table, at, value());
                count++;
            }
        }
        return count;
    }

    private void Aim(GoFunction function, int at, ulong value) =>
        Patch(function.Address + (ulong)at + 3, X64.Displacement(value, function.Address + (ulong)at + LeaBytes));

    /// <summary><c>lea register, [rip + displacement]</c>: where in the code, and which address.</summary>
    private List<(int At, ulong Target)> AddressesTaken(GoFunction function)
    {
        ReadOnlySpan<byte> code = _program.Code(function);
        var taken = new List<(int, ulong)>();
        for (int at = 0; at + LeaBytes <= code.Length; at++)
            if (code[at] is 0x48 or 0x4c && code[at + 1] == 0x8d && (code[at + 2] & 0xc7) == 0x05)
                taken.Add((at, Target(code, function.Address, at, LeaBytes)));
        return taken;
    }

    /// <summary>Where an instruction leads whose last four bytes are relative to its end.</summary>
    private static ulong Target(ReadOnlySpan<byte> code, ulong address, int at, int length) =>
        address + (ulong)(at + length) + (ulong)(long)BinaryPrimitives.ReadInt32LittleEndian(code[(at + length - sizeof(int))..]);

    /// <summary>Where there is code that ends the process and tells this.</summary>
    private ulong Stub(string shown)
    {
        if (!_stubs.TryGetValue(shown, out ulong stub))
        {
            stub = Place(X64.Exit(ExitCode(shown)));
            _stubs.Add(shown, stub);
        }
        return stub;
    }

    /// <summary>Where there is a function as a value that does so.</summary>
    private ulong Value(string shown, Func<ulong> function)
    {
        if (!_values.TryGetValue(shown, out ulong value))
        {
            byte[] word = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(word, function());
            value = Place(word);
            _values.Add(shown, value);
        }
        return value;
    }

    private ulong Place(byte[] bytes)
    {
        while (_room.TryDequeue(out (ulong Address, int Length) room))
        {
            if (room.Length < bytes.Length)
                continue;
            Patch(room.Address, bytes);
            ulong rest = Align(room.Address + (ulong)bytes.Length),
                end = room.Address + (ulong)room.Length;
            if (rest + X64.ExitBytes <= end)
                _room.Enqueue((rest, (int)(end - rest)));
            return room.Address;
        }
        throw new ArmingException("its trapped functions have no room for all traps");
    }

    private int ExitCode(string shown)
    {
        int index = _traps.IndexOf(shown);
        if (index < 0)
        {
            index = _traps.Count;
            _traps.Add(shown);
        }
        int code = ArmingPlan.FirstExitCode + index;
        return code <= ArmingPlan.LastExitCode
            ? code
            : throw new ArmingException($"it has more than {ArmingPlan.LastExitCode - ArmingPlan.FirstExitCode + 1} things to trap");
    }

    private void Patch(ulong address, byte[] bytes)
    {
        int offset = _program.OffsetOf(address);
        if (_patches.Any(patch => patch.Offset < offset + bytes.Length && offset < patch.Offset + patch.Bytes.Length))
            throw new ArmingException("two of its traps overlap");
        _patches.Add(new Patch(offset, bytes));
    }

    private static ulong Align(ulong address) => (address + 15) & ~15UL;

    /// <summary>Without the path of the package.</summary>
    private static string Short(string name) =>
        name.StartsWith("crypto/", StringComparison.Ordinal)
            ? name
            : name[(name.LastIndexOf('/') + 1)..].Replace("v3.", "", StringComparison.Ordinal);
}
