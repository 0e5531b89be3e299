using System;
using System.Collections.Generic;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Insight;

/// <summary>One call as it happened. Holds no value, no path and no command line.</summary>
internal sealed class CallRecord
{
    /// <summary>When it was answered.</summary>
    public DateTimeOffset When { get; set; }

    /// <summary>The request, as its caller's trace names it.</summary>
    public RequestId Id { get; set; }

    public CallOutcome Outcome { get; set; }

    /// <summary>For a hit: the tier.</summary>
    public string Tier { get; set; } = "";

    /// <summary>Name of the chart; empty when it was not looked at.</summary>
    public string Chart { get; set; } = "";

    /// <summary>Name of the calling process; empty when it could not be told.</summary>
    public string Caller { get; set; } = "";

    /// <summary>What the daemon took to answer; for a miss that is done, what helm took.</summary>
    public long Microseconds { get; set; }

    /// <summary>Bytes of output, both streams; 0 until a miss is done.</summary>
    public long Bytes { get; set; }

    /// <summary>For a bypass: why. For a miss: why it was not kept; empty while it is under way and when it was.</summary>
    public string Reason { get; set; } = "";

    /// <summary>The flag, variable, pattern or function that a bypass is about; never a value.</summary>
    public string Detail { get; set; } = "";

    /// <summary>For a miss: the lease; 0 when it has ended.</summary>
    public long LeaseId { get; set; }

    /// <summary>For a miss: what differed from the nearest entry of the time; null until it was looked up.</summary>
    public IReadOnlyList<string>? Changed { get; set; }

    /// <summary>For a miss whose <see cref="Changed"/> is null: what to look up.</summary>
    public IReadOnlyList<MaterialItem>? Material { get; set; }
}
