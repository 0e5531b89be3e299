using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// Which helm a miss is rendered with: the armed copy, whose run is the proof; or the real one, where nothing needs a proof; or neither,
/// since what it prints could not be kept.
/// </summary>
/// <param name="State">How the caller's helm can be rendered with; null where that does not matter.</param>
/// <param name="Obstacle">Why it could not be kept; null where it can.</param>
/// <param name="Detail">What the obstacle is about.</param>
internal readonly record struct HelmChoice(ArmingState? State, BypassReason? Obstacle = null, string Detail = "")
{
    /// <summary>The copy to render with; null for the real helm.</summary>
    public ArmingState.Armed? Armed => State as ArmingState.Armed;
}
