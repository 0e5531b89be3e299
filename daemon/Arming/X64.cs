using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace CacheDaemon.Daemon.Arming;

/// <summary>The few instructions that traps are made of, for 64-bit x86 on Linux.</summary>
internal static class X64
{
    /// <summary>Length of <see cref="Exit"/>.</summary>
    public const int ExitBytes = 12;

    /// <summary><c>exit_group(code)</c>: all threads end, nothing is flushed or printed, no signal is raised.</summary>
    /// <param name="code">0 to 255.</param>
    public static byte[] Exit(int code) =>
        [
            0xbf,
            (byte)code,
            0,
            0,
            0, // mov edi, code
            0xb8,
            231,
            0,
            0,
            0, //        mov eax, 231 (exit_group)
            0x0f,
            0x05, //                syscall
        ];

    /// <summary>The four bytes by which an instruction that ends at <paramref name="end"/> reaches <paramref name="target"/>.</summary>
    /// <exception cref="ArmingException">It is farther than two gigabytes.</exception>
    public static byte[] Displacement(ulong target, ulong end)
    {
        long distance = (long)(target - end);
        if (distance is < int.MinValue or > int.MaxValue)
            throw new ArmingException("its code is larger than two gigabytes");
        byte[] bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)distance);
        return bytes;
    }

    /// <summary>
    /// Stands before a <c>Sprintf</c>: ends the process when the format string, in rax (start) and rbx (length) by Go's calling convention,
    /// has this verb, and goes on to the function otherwise. Uses r12 and r13 only, which a Go function may use as it likes.
    /// </summary>
    /// <param name="verb">An ASCII letter.</param>
    /// <param name="exitCode">0 to 255.</param>
    /// <param name="next">Address of the function.</param>
    /// <param name="start">Address where this code is to lie.</param>
    /// <remarks>
    /// Between the percent sign and the verb may stand flags, widths, precisions and indexes in brackets (Go <c>fmt/print.go</c>,
    /// doPrintf): all below <c>@</c>, or brackets. Out of their order one of them is itself the verb, as in <c>%!%p</c> and <c>%5-%p</c>,
    /// and what is in brackets is passed over, as in <c>%[a]%%p</c>. So only <c>%%</c> and a letter outside of brackets surely end a
    /// directive; any other percent sign may begin one. A text that never prints an address may be refused for that, but none that does is
    /// let pass.
    /// </remarks>
    public static byte[] RefuseVerb(byte verb, int exitCode, ulong next, ulong start)
    {
        const byte Above = 0x77,
            AtLeast = 0x73,
            Equal = 0x74,
            NotEqual = 0x75,
            Always = 0xeb;
        var code = new List<byte>();
        var jumps = new List<(int At, string To)>();
        var labels = new Dictionary<string, int>(StringComparer.Ordinal);

        void Label(string name) => labels[name] = code.Count;
        void Jump(byte kind, string to)
        {
            code.AddRange([kind, 0]);
            jumps.Add((code.Count - 1, to));
        }
        void CompareWith(byte character) => code.AddRange([0x41, 0x80, 0xfd, character]); // cmp r13b, character
        void Next()
        {
            code.AddRange([0x49, 0x39, 0xdc]); //             cmp r12, rbx
            Jump(AtLeast, "end");
            code.AddRange([0x46, 0x0f, 0xb6, 0x2c, 0x20]); // movzx r13d, byte [rax + r12]
            code.AddRange([0x49, 0xff, 0xc4]); //             inc r12
        }

        code.AddRange([0x4d, 0x31, 0xe4]); // xor r12, r12
        Label("text");
        Next();
        CompareWith((byte)'%');
        Jump(NotEqual, "text");
        Next();
        CompareWith((byte)'%');
        Jump(Equal, "text"); // %%
        Jump(Always, "look");
        Label("directive");
        Next();
        Label("look");
        CompareWith(verb);
        Jump(Equal, "refuse");
        CompareWith((byte)'@');
        Jump(Above, "letter");
        Jump(Always, "directive");
        Label("letter");
        CompareWith((byte)'[');
        Jump(Equal, "bracket");
        CompareWith((byte)']');
        Jump(Equal, "directive");
        Jump(Always, "text");
        Label("bracket");
        Next();
        CompareWith(verb);
        Jump(Equal, "refuse");
        CompareWith((byte)']');
        Jump(Equal, "directive");
        Jump(Always, "bracket");
        Label("end");
        code.Add(0xe9); // jmp next
        code.AddRange(Displacement(next, start + (ulong)code.Count + sizeof(int)));
        Label("refuse");
        code.AddRange(Exit(exitCode));

        foreach ((int at, string to) in jumps)
            code[at] = (byte)checked((sbyte)(labels[to] - (at + 1)));
        return [.. code];
    }
}
