using System;
using System.IO;
using System.Text;

namespace CacheDaemon.Tests.Support;

/// <summary>
/// Takes what a program prints and compares it, as it comes, with what it should print: keeps nothing of it but its beginning, so that many
/// large outputs can be looked at together.
/// </summary>
internal sealed class ComparedStream(ReadOnlyMemory<byte> expected) : Stream
{
    private const int Shown = 80;

    private readonly byte[] _beginning = new byte[Shown];
    private long _firstDifference = -1;
    private long _length;

    /// <summary>True when all that came is all that was expected.</summary>
    public bool IsEqual => _firstDifference < 0 && _length == expected.Length;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_length < Shown)
            buffer[..(int)Math.Min(buffer.Length, Shown - _length)].CopyTo(_beginning.AsSpan((int)_length));
        if (_firstDifference < 0)
        {
            ReadOnlySpan<byte> rest = expected.Span[(int)Math.Min(_length, expected.Length)..];
            int same = buffer.CommonPrefixLength(rest);
            if (same < buffer.Length)
                _firstDifference = _length + same;
        }
        _length += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override string ToString()
    {
        string difference = _firstDifference < 0 ? "" : $", other from byte {_firstDifference}";
        return $"{_length} bytes of {expected.Length}{difference}: {Text(_beginning.AsSpan(0, (int)Math.Min(Shown, _length)))}; expected "
            + $"{Text(expected.Span[..Math.Min(Shown, expected.Length)])}";
    }

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes).TrimEnd();
}
