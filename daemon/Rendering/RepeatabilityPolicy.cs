using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// What decides whether output is kept: what a miss is rendered with, what is known to vary, and what a caller wants frozen.
/// </summary>
/// <param name="store">Remembers which keys vary.</param>
/// <param name="armory">The armed copies.</param>
internal sealed class RepeatabilityPolicy(EntryStore store, Armory armory)
{
    /// <summary>Whether the caller wants one result kept without a proof (<c>HELMCACHED_IMPURE=freeze</c>).</summary>
    public static bool IsFrozen(Message.Render request) => request.Flags.HasFlag(RenderFlags.Freeze);

    /// <summary>From now on this key is real helm's.</summary>
    public void Remember(CacheKey key, string detail) => store.MarkVarying(key, RefuseReason.NotRepeatable, detail);

    /// <summary>The key may be tried again.</summary>
    public void Forget(CacheKey key) => store.ForgetVarying(key);

    /// <summary>Chooses for a call that nothing is stored for.</summary>
    public HelmChoice Choose(Message.Render request, Fingerprint fingerprint)
    {
        // Frozen is what a template makes up. What a schema elsewhere says of the values is none of that, and is in no key.
        if (IsFrozen(request))
            return fingerprint.SchemaRefersOutside ? new(null, BypassReason.SchemaReference) : default;
        if (store.GetVarying(fingerprint.Key) is { } detail)
            return new(null, BypassReason.KnownToVary, detail);
        if (fingerprint.Freshness is not null)
            return ForNetwork(request, fingerprint);
        return armory.Find(fingerprint.Helm, request.HelmPath) switch
        {
            ArmingState.Armed armed => new(armed),
            ArmingState.Pending pending when fingerprint.SchemaRefersOutside || fingerprint.Obstacle.Length > 0 => new(
                pending,
                BypassReason.Arming,
                fingerprint.Obstacle
            ),
            { } unarmed when fingerprint.SchemaRefersOutside => new(unarmed, BypassReason.SchemaReference),
            { } unarmed when fingerprint.Obstacle.Length > 0 => new(unarmed, BypassReason.Unarmed, fingerprint.Obstacle),
            var plain => new(plain),
        };
    }

    /// <summary>A chart that is downloaded has not been read: only a proof says that what it renders does not vary.</summary>
    private HelmChoice ForNetwork(Message.Render request, Fingerprint fingerprint)
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
