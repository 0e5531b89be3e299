using CacheDaemon.Daemon.Screening;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>Decides from the screen whether a render's output may be kept (<c>docs/repeatability.md</c>).</summary>
internal static class Repeatability
{
    /// <summary>Null when the output may be kept at once; else what stands against it: function or doubt, file and line.</summary>
    public static string? Objection(Verdict verdict) => verdict switch
    {
        Verdict.Pure => null,
        Verdict.Mentions mention => $"{mention.Function} at {mention.File}:{mention.Line}",
        Verdict.Doubtful doubt => $"{doubt.Reason} at {doubt.File}:{doubt.Line}",
        _ => "unknown",
    };
}
