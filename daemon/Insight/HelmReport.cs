namespace CacheDaemon.Daemon.Insight;

/// <summary>A helm binary that was met since the daemon started, for people.</summary>
/// <param name="Digest">SHA-256 of the binary, in hex.</param>
/// <param name="State"><c>armed</c>, <c>arming</c> or <c>unarmed</c>.</param>
/// <param name="Reason">Why it is not armed; empty otherwise.</param>
internal sealed record HelmReport(string Digest, string State, string Reason);
