using System;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Shim;

/// <summary>
/// <c>HELMCACHED_TRACE</c>: one line per call, appended to the named file for a path, that is a value with a slash, else on standard error:
/// <c>true</c> is no file in the chart at hand. Holds outcomes, keys and reasons; never values.
/// </summary>
internal sealed class Trace
{
    private readonly string? _target;
    private readonly long _started = Stopwatch.GetTimestamp();
    private bool _asked;

    private Trace(string? target) => _target = target;

    /// <summary>Whether anyone wants to read it.</summary>
    public bool IsOn => _target is not null;

    public static Trace Start() => new(Endpoint.Switch("HELMCACHED_TRACE"u8) ? Endpoint.Variable("HELMCACHED_TRACE"u8) : null);

    /// <summary>
    /// The daemon is asked on a new connection: from now on a line has the id of the request, by which the daemon's log names it as well.
    /// </summary>
    public void Asks() => _asked = true;

    public void Hit(string source, long microseconds, ReadOnlyMemory<byte> key)
    {
        if (_target is not null)
            Line($"{(source == "coalesced" ? "coalesced" : "hit " + source)} {Elapsed()} ms (daemon {Milliseconds(microseconds)} ms)", key);
    }

    public void Coordinated(long waitedMicroseconds)
    {
        if (_target is not null)
            Line($"coordinated {Elapsed()} ms (waited {Milliseconds(waitedMicroseconds)} ms)");
    }

    /// <param name="source"><c>joined</c>, and the age of a run within a window.</param>
    public void Joined(string source)
    {
        if (_target is not null)
            Line($"{source} {Elapsed()} ms");
    }

    public void Missed(Message.Lease lease, Message.Published? published)
    {
        if (_target is null)
            return;
        string fate = published switch
        {
            null => "not published",
            { Refused: RefuseReason.None } => "stored",
            { Refused: RefuseReason.NotRepeatable, Detail: { Length: > 0 } what } => "not kept: " + what,
            _ => "not kept: " + ReasonText.Of(published.Refused) + Detail(published.Detail),
        };
        Line($"miss {Elapsed()} ms ({lease.Why}; {fate})", lease.Key);
    }

    public void Bypassed(BypassReason reason, string detail)
    {
        if (_target is not null)
            Line($"bypass {ReasonText.Of(reason)}{Detail(detail)}");
    }

    public void NotServed(string why)
    {
        if (_target is not null)
            Line($"bypass {why}");
    }

    private static string Detail(string detail) => detail.Length == 0 ? "" : " " + detail;

    /// <summary>
    /// With one to three digits after the point. By integers: formatting a double needs libm, which each start of the shim would load.
    /// </summary>
    private static string Milliseconds(long microseconds)
    {
        string digits = (1000 + (microseconds % 1000)).ToString(CultureInfo.InvariantCulture)[1..].TrimEnd('0');
        return string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1000}.{(digits.Length == 0 ? "0" : digits)}");
    }

    private string Elapsed() => Milliseconds(Stopwatch.GetElapsedTime(_started).Ticks / TimeSpan.TicksPerMicrosecond);

    private void Line(string text, ReadOnlyMemory<byte> key = default)
    {
        // One question for each connection.
        string id = _asked ? " id=" + new RequestId(Environment.ProcessId, 1).ToString() : "";
        string found = key.IsEmpty ? "" : " key=" + Convert.ToHexStringLower(key.Span);
        byte[] line = Encoding.UTF8.GetBytes($"helmcached: {text.Replace('\n', ' ')}{id}{found}\n");
        if (!_target!.Contains('/'))
        {
            Libc.WriteAll(2, line);
            return;
        }
        if (Libc.OpenToAppend(Libc.PathBytes(_target), out int file) != 0)
            return; // A trace that cannot be written must not disturb the call that it is about.
        Libc.WriteAll(file, line);
        Libc.Close(file);
    }
}
