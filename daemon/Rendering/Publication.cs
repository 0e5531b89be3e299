using CacheDaemon.Daemon.Blobs;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>A leaseholder's result, however its output came.</summary>
/// <param name="LeaseId">The lease that it was rendered under.</param>
/// <param name="ExitCode">helm's exit code.</param>
/// <param name="RenderMicroseconds">From start to end of the helm process.</param>
/// <param name="Stderr">All of standard error.</param>
/// <param name="Stdout">All of standard output.</param>
internal sealed record Publication(long LeaseId, int ExitCode, long RenderMicroseconds, byte[] Stderr, Blob Stdout);
