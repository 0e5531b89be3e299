using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace CacheDaemon.Client.Native;

/// <summary>A NULL-terminated array of NUL-terminated UTF-8 strings, as argv and envp are. Frees its memory on dispose.</summary>
public sealed unsafe class NativeStrings : IDisposable
{
    private readonly byte* _block;

    /// <param name="strings">The strings, in order.</param>
    public NativeStrings(IReadOnlyList<string> strings)
    {
        nuint table = (nuint)(strings.Count + 1) * (nuint)sizeof(byte*);
        nuint bytes = table;
        for (int i = 0; i < strings.Count; i++)
            bytes += (nuint)Encoding.UTF8.GetByteCount(strings[i]) + 1;
        _block = (byte*)NativeMemory.AllocZeroed(bytes);
        byte* next = _block + table;
        for (int i = 0; i < strings.Count; i++)
        {
            Pointer[i] = next;
            int room = Encoding.UTF8.GetByteCount(strings[i]);
            Encoding.UTF8.GetBytes(strings[i], new Span<byte>(next, room));
            next += room + 1;
        }
    }

    /// <summary>The array.</summary>
    public byte** Pointer => (byte**)_block;

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.Free(_block);
}
