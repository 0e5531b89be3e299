using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>A render that a caller does for us: what was asked, and the state of the world when it was.</summary>
/// <param name="Request">The call.</param>
/// <param name="Fingerprint">Taken before the render.</param>
/// <param name="Key">The key that the lease is for: the first one, or the one with paths.</param>
/// <param name="Armed">The copy to render with; null for real helm.</param>
/// <param name="Asked">When it was asked for.</param>
/// <param name="Id">The request, as its caller's trace names it.</param>
internal sealed record LeasedRender(
    Message.Render Request,
    Fingerprint Fingerprint,
    CacheKey Key,
    ArmingState.Armed? Armed,
    RemoteMoment Asked,
    RequestId Id
);
