using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace CacheDaemon.Daemon.Shared.Servers;

/// <summary>
/// Passes on what a Redis server says for as long as it is well-formed RESP2 of lengths that an answer to us can have. The client behind it
/// trusts lengths: StackExchange.Redis 3.4.35 reads beyond its memory, which ends the process, when a server announces 2,147,483,647 bytes.
/// </summary>
/// <param name="inner">The connection. Disposed with this.</param>
/// <param name="maxBytes">Longest string that the server may send.</param>
internal sealed class RespGuard(Stream inner, int maxBytes) : Stream
{
    /// <summary>Redis' own answers are shorter; the texts of errors may name what was asked.</summary>
    private const int MaxLineBytes = 64 * 1024;

    /// <summary>
    /// Elements of one answer, those of arrays in arrays included: the longest is that to HELLO, which lists the server's modules.
    /// </summary>
    private const int MaxElements = 4096;

    private State _state;
    private byte _type;
    private bool _isNegative;
    private int _length,
        _elements,
        _pending;
    private long _number;

    private enum State : byte
    {
        /// <summary>The next byte begins an answer, or an element of one.</summary>
        Type,

        /// <summary>In a line of text.</summary>
        Line,

        /// <summary>In the line that announces a length.</summary>
        Number,

        /// <summary>The line feed that ends a line.</summary>
        LineEnd,

        /// <summary>In a string, of which <see cref="_number"/> bytes are left.</summary>
        String,

        /// <summary>The two bytes that end a string.</summary>
        StringReturn,
        StringEnd,
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="IOException">The server said what no answer of Redis is.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Check(buffer.Span[..count]);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <exception cref="IOException">The server said what no answer of Redis is.</exception>
    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        Check(buffer[..count]);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => inner.Write(buffer);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private void Check(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_state == State.String)
            {
                int skipped = (int)Math.Min(_number, bytes.Length);
                bytes = bytes[skipped..];
                if ((_number -= skipped) == 0)
                    _state = State.StringReturn;
                continue;
            }
            Next(bytes[0]);
            bytes = bytes[1..];
        }
    }

    private void Next(byte b)
    {
        switch (_state)
        {
            case State.Type:
                Require(b is (byte)'+' or (byte)'-' or (byte)':' or (byte)'$' or (byte)'*' && ++_elements <= MaxElements);
                (_type, _length, _number, _isNegative) = (b, 0, 0, false);
                _state = b is (byte)'$' or (byte)'*' ? State.Number : State.Line;
                break;
            case State.Line when b == '\r':
            case State.Number when b == '\r':
                Require(_state == State.Line || _length > 0);
                _state = State.LineEnd;
                break;
            case State.Line:
                Require(b != '\n' && ++_length <= MaxLineBytes);
                break;
            case State.Number when b == '-' && _length == 0 && !_isNegative:
                _isNegative = true;
                break;
            case State.Number:
                Require(char.IsAsciiDigit((char)b));
                _length++;
                _number = _number * 10 + (b - '0');
                Require(
                    _number
                        <= (
                            _isNegative ? 1
                            : _type == '$' ? maxBytes
                            : MaxElements
                        )
                );
                break;
            case State.LineEnd:
                Require(b == '\n');
                if (_type == '$' && !_isNegative)
                    _state = _number > 0 ? State.String : State.StringReturn;
                else
                    Ended();
                break;
            case State.StringReturn:
                Require(b == '\r');
                _state = State.StringEnd;
                break;
            case State.StringEnd:
                Require(b == '\n');
                Ended();
                break;
        }
    }

    /// <summary>An answer, or an element of one, is complete.</summary>
    private void Ended()
    {
        _state = State.Type;
        if (_pending > 0)
            _pending--;
        if (_type == '*' && !_isNegative)
            _pending += (int)_number;
        Require(_pending <= MaxElements);
        if (_pending == 0)
            _elements = 0;
    }

    private static void Require(bool condition)
    {
        if (!condition)
            throw new IOException("no answer of Redis");
    }
}
