using System;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>A moment by two clocks.</summary>
/// <param name="Timestamp">Of the one that is never set.</param>
/// <param name="Wall">Of the one that goes on while the machine sleeps.</param>
internal readonly record struct RemoteMoment(long Timestamp, DateTimeOffset Wall);
