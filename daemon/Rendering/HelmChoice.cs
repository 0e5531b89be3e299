using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// Which helm a miss is rendered with: the armed copy, whose run is the proof; or the real one, where nothing needs a proof; or neither, since what
/// it prints could not be kept.
/// </summary>
/// <param name="State">How the caller's helm can be rendered with; null where that does not matter.</param>
/// <param name="Obstacle">Why it could not be kept; else <see cref="BypassReason.None"/>.</param>
/// <param name="Detail">What the obstacle is about.</param>
internal readonly record struct HelmChoice(ArmingState? State, BypassReason Obstacle = BypassReason.None, string Detail = "")
{
    /// <summary>The copy to render with; null for the real helm.</summary>
    public ArmingState.Armed? Armed => State as ArmingState.Armed;

    /// <summary>Chooses for a call that nothing is stored for.</summary>
    public static HelmChoice For(Message.Render request, Fingerprint fingerprint, EntryStore store, Armory armory)
    {
        // Frozen is what a template makes up. What a schema elsewhere says of the values is none of that, and is in no key.
        if (request.Flags.HasFlag(RenderFlags.Freeze))
            return fingerprint.SchemaRefersOutside ? new(null, BypassReason.SchemaReference) : default;
        if (store.GetVarying(fingerprint.Key) is { } detail)
            return new(null, BypassReason.KnownToVary, detail);
        if (fingerprint.Freshness is not null)
            return ForNetwork(request, fingerprint, armory);
        return armory.Find(fingerprint.Helm, request.HelmPath) switch
        {
            ArmingState.Armed armed => new(armed),
            ArmingState.Pending pending when fingerprint.SchemaRefersOutside || fingerprint.Obstacle.Length > 0 => new(pending, BypassReason.Arming, fingerprint.Obstacle),
            { } unarmed when fingerprint.SchemaRefersOutside => new(unarmed, BypassReason.SchemaReference),
            { } unarmed when fingerprint.Obstacle.Length > 0 => new(unarmed, BypassReason.Unarmed, fingerprint.Obstacle),
            var plain => new(plain),
        };
    }

    /// <summary>A chart that is downloaded has not been read: only a proof says that what it renders does not vary.</summary>
    private static HelmChoice ForNetwork(Message.Render request, Fingerprint fingerprint, Armory armory)
    {
        if (!fingerprint.Command.Reads.HasFlag(CommandReads.Templates))
            return default;
        return armory.ForNetwork?.Find(fingerprint.Helm, request.HelmPath) switch
        {
            ArmingState.Armed armed => new(armed),
            ArmingState.Pending pending => new(pending, BypassReason.Arming, "for charts that are downloaded"),
            var unarmed => new(unarmed, BypassReason.Unarmed, "for charts that are downloaded"),
        };
    }
}
