using System;
using System.Collections.Generic;

namespace CacheDaemon.Shim;

/// <summary>
/// What one of helm's streams gave so far, in pieces: growing copies nothing, so that an output is in memory once.
/// </summary>
internal sealed class Capture
{
    /// <summary>The first piece; most outputs fit.</summary>
    private const int FirstPieceBytes = 256 * 1024;

    /// <summary>A piece is as large as what is there already, up to this: the last one is empty at most so far.</summary>
    private const int LargestPieceBytes = 8 * 1024 * 1024;

    /// <summary>Less room than this is not worth a read.</summary>
    private const int LeastRoomBytes = 16 * 1024;

    private readonly List<ReadOnlyMemory<byte>> _full = [];
    private byte[] _last = GC.AllocateUninitializedArray<byte>(FirstPieceBytes);
    private int _used;
    private int _before;

    /// <summary>Bytes so far.</summary>
    public int Length => _before + _used;

    /// <summary>All of it, in order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Pieces => [.. _full, _last.AsMemory(0, _used)];

    /// <summary>All of it in one: without a copy when it fits into the first piece, as standard error does.</summary>
    public ReadOnlySpan<byte> Whole()
    {
        if (_full.Count == 0)
            return _last.AsSpan(0, _used);
        byte[] whole = GC.AllocateUninitializedArray<byte>(Length);
        int at = 0;
        foreach (ReadOnlyMemory<byte> piece in Pieces)
        {
            piece.Span.CopyTo(whole.AsSpan(at));
            at += piece.Length;
        }
        return whole;
    }

    /// <summary>Room for the next read, to be followed by <see cref="Add"/>.</summary>
    public Span<byte> Room()
    {
        if (_last.Length - _used < LeastRoomBytes)
        {
            _full.Add(_last.AsMemory(0, _used));
            _before += _used;
            _used = 0;
            _last = GC.AllocateUninitializedArray<byte>(Math.Clamp(_before, FirstPieceBytes, LargestPieceBytes));
        }
        return _last.AsSpan(_used);
    }

    /// <summary>So many bytes of the room were filled.</summary>
    public void Add(int count) => _used += count;

    /// <summary>Forgets what was captured.</summary>
    public void Clear()
    {
        _full.Clear();
        _before = _used = 0;
    }
}
