using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Shim;

/// <summary>
/// What we have read of the caller's descriptors: standard input for <c>-</c>, pipes that the command line names (<c>&lt;(…)</c>). The
/// daemon is sent their bytes; helm finds a file in memory with the same bytes in their place.
/// </summary>
internal sealed class TakenInputs
{
    /// <summary>
    /// Most bytes that are sent to the daemon. Values on standard input are kilobytes; beyond this the render itself dwarfs what a cache
    /// could save.
    /// </summary>
    private const int MaxBytes = 32 * 1024 * 1024;

    private readonly List<(int Copy, int Number)> _copies = [];
    private readonly List<DescriptorContent> _descriptors = [];
    private int _total;

    /// <summary>All of standard input, when <c>-</c> asked for it.</summary>
    public ReadOnlyMemory<byte>? Stdin { get; private set; }

    /// <summary>What was read by the name of a descriptor.</summary>
    public IReadOnlyList<DescriptorContent> Descriptors => _descriptors;

    /// <summary>Files in memory, positioned at their start, and the descriptors that they are to stand for.</summary>
    public ReadOnlySpan<(int Copy, int Number)> Copies => CollectionsMarshal.AsSpan(_copies);

    /// <summary>
    /// Why a part of what we have taken cannot be given to helm any more; null as long as it can. Helm must not run then: it would render
    /// other values.
    /// </summary>
    public string? Lost { get; private set; }

    /// <summary>Whether what is left in some descriptor is less than helm is to read.</summary>
    public bool Any => _copies.Count > 0 || Lost is not null;

    /// <summary>Reads standard input to its end, as <c>-</c> does. False when that is not possible or when it is too much.</summary>
    public bool TakeStdin()
    {
        Stdin = Read(0, "/dev/stdin");
        return Stdin is not null;
    }

    /// <summary>Reads a pipe to its end, as opening it by its name does.</summary>
    public bool TakePipe(int number, string name)
    {
        if (Read(number, name) is not { } content)
            return false;
        _descriptors.Add(new DescriptorContent(number, content));
        return true;
    }

    /// <summary>Reads a file that is open, from its start; its own position, and so what others read, stays as it is.</summary>
    public bool TakeFile(int number, string name, FileStamp stamp)
    {
        if (stamp.Size > MaxBytes - _total)
            return false;
        byte[] content = new byte[stamp.Size + 1]; // One more, to notice growth.
        int copy = Copy();
        if (
            copy < 0
            || Libc.ReadFile(Libc.PathBytes(name), stamp, content) != 0
            || Libc.WriteAll(copy, content.AsSpan(0, (int)stamp.Size)) != 0
            || Libc.Rewind(copy) != 0
        )
            return false;
        _copies.Add((copy, number));
        _total += (int)stamp.Size;
        _descriptors.Add(new DescriptorContent(number, content.AsMemory(0, (int)stamp.Size)));
        return true;
    }

    /// <summary>Puts the copies in the place of what was read, for what this process becomes. Null, or why that is not possible.</summary>
    public string? GiveBack()
    {
        foreach ((int copy, int number) in _copies)
            if ((Libc.Rewind(copy) is var stuck and not 0 ? stuck : Libc.Duplicate(copy, number)) is var error and not 0)
                return $"helm: {(number == 0 ? "standard input" : $"/dev/fd/{number}")} cannot be passed on to helm: "
                    + $"{Marshal.GetPInvokeErrorMessage(error)}; put the values in a file";
        return null;
    }

    // A file in memory is a file: beyond a limit on their size, writing it would end us.
    private static int Copy() => Libc.LimitsFileSize ? -1 : Libc.MemoryFile();

    /// <summary>
    /// All of a descriptor; null when that is not possible or when it is too much. What was consumed is kept for helm in any case, or else
    /// <see cref="Lost"/> says why not.
    /// </summary>
    private ReadOnlyMemory<byte>? Read(int number, string name)
    {
        int copy = Copy();
        // Not where there is no way back to its start: helm is to read it.
        if (copy < 0 || Libc.Rewind(copy) != 0)
            return null;
        byte[] buffer = new byte[64 * 1024];
        byte[]? all = [];
        int length = 0;
        bool taken = false;
        while (true)
        {
            int count = Libc.Read(number, buffer);
            if (count == -Libc.EAGAIN)
            {
                Libc.Poll(number, Libc.POLLIN, -1);
                continue;
            }
            if (count < 0)
            {
                // Nothing was taken: helm will meet the same fault, and says it in its own words.
                if (taken)
                    Lost = $"helm: read {name}: {Marshal.GetPInvokeErrorMessage(-count)}";
                return null;
            }
            if (!taken)
                _copies.Add((copy, number));
            taken = true;
            if (count == 0)
                break;
            int error = Libc.WriteAll(copy, buffer.AsSpan(0, count));
            if (error != 0)
            {
                Lost = NotKept(name, error);
                return null;
            }
            all = Append(all, length, buffer.AsSpan(0, count));
            length += all is null ? 0 : count;
        }
        if (Libc.Rewind(copy) is var lost and not 0)
        {
            Lost = NotKept(name, lost);
            return null;
        }
        _total += length;
        // Not by a conditional expression: in one, null would become memory without bytes.
        if (all is null)
            return null;
        return all.AsMemory(0, length);
    }

    private static string NotKept(string name, int error) =>
        $"helm: {(name == "/dev/stdin" ? "standard input" : name)} cannot be kept in memory: "
        + $"{Marshal.GetPInvokeErrorMessage(error)}; put the values in a file";

    /// <summary><paramref name="all"/>, or a larger array, with more in it; null when that is too much, and from then on.</summary>
    private byte[]? Append(byte[]? all, int length, ReadOnlySpan<byte> more)
    {
        if (all is null || length + more.Length > MaxBytes - _total)
            return null;
        try
        {
            if (length + more.Length > all.Length)
                Array.Resize(ref all, 2 * (length + more.Length));
            more.CopyTo(all.AsSpan(length));
            return all;
        }
        catch (OutOfMemoryException)
        {
            return null; // Under a limit of the caller's. What was consumed is still whole in the copy.
        }
    }
}
