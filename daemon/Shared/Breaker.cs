using System;
using System.Threading;

namespace CacheDaemon.Daemon.Shared;

/// <summary>
/// Keeps callers from a server that fails: after <see cref="MaxFailures"/> in a row nobody asks for <see cref="Rest"/>, then one does.
/// Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class Breaker(TimeProvider time)
{
    /// <summary>One failure may be a lost packet, and two a restart.</summary>
    public const int MaxFailures = 3;

    /// <summary>A hung server costs one caller its deadline each time this has passed.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private int _failures;
    private long _restsSince;
    private bool _isTrying;

    /// <summary>Whether the server is left alone for now.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_lock)
                return _failures >= MaxFailures;
        }
    }

    /// <summary>Whether the server may be asked. Who is told so answers with <see cref="Succeeded"/> or <see cref="Failed"/>.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_failures < MaxFailures)
                return true;
            if (_isTrying || time.GetElapsedTime(_restsSince) < Rest)
                return false;
            return _isTrying = true;
        }
    }

    /// <summary>The server answered, whatever it said. True when it had been left alone before.</summary>
    public bool Succeeded()
    {
        lock (_lock)
        {
            bool wasOpen = _failures >= MaxFailures;
            _failures = 0;
            _isTrying = false;
            return wasOpen;
        }
    }

    /// <summary>The server did not answer. True when it is left alone from now on, and was not before.</summary>
    public bool Failed()
    {
        lock (_lock)
        {
            _isTrying = false;
            _restsSince = time.GetTimestamp();
            return ++_failures == MaxFailures;
        }
    }
}
