using System.Globalization;

namespace CacheDaemon.Client.Protocol;

/// <summary>
/// Names one request in the traces of callers and in the daemon's log: the process that asks, and which message it is on its connection.
/// Both sides know these, so it does not travel: a request is recognised by its bytes, and equal ones must stay equal. A process that opens
/// several connections has several requests of one name.
/// </summary>
public readonly struct RequestId
{
    private readonly int _process;
    private readonly int _message;

    /// <param name="process">The process that asks; 0 where its number is not known.</param>
    /// <param name="message">Which message on its connection it is, from 1.</param>
    public RequestId(int process, int message) => (_process, _message) = (process, message);

    /// <summary>Whether this names no request.</summary>
    public bool IsNone => _message == 0;

    /// <summary><c>4711.1</c>; empty when it names no request.</summary>
    public override string ToString() => IsNone ? "" : string.Create(CultureInfo.InvariantCulture, $"{_process}.{_message}");
}
