using System;
using System.Collections.Generic;
using CacheDaemon.Daemon.Blobs;

namespace CacheDaemon.Daemon.Storage;

/// <summary>What one render gave: exactly what real helm wrote, and how it ended.</summary>
/// <param name="ExitCode">helm's exit code; only 0 is ever stored.</param>
/// <param name="Stdout">Bytes of standard output, never decoded.</param>
/// <param name="Stderr">Bytes of standard error, never decoded.</param>
public sealed record RenderResult(int ExitCode, Blob Stdout, byte[] Stderr);

/// <summary>Something that was made of an output.</summary>
/// <param name="Name">See <see cref="Client.Protocol.ViewName"/>.</param>
/// <param name="Bytes">All of it.</param>
public sealed record View(string Name, Blob Bytes);

/// <summary>
/// What a key maps to: a result with its provenance; or, when <see cref="Result"/> is null, the note that the answer
/// shows paths and lives under a second key that contains them ("look again with paths").
/// </summary>
public sealed record Entry
{
    /// <summary>The result, or null for the "look again with paths" note.</summary>
    public required RenderResult? Result { get; init; }

    /// <summary>When the entry was stored.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>How long real helm took for it, in milliseconds.</summary>
    public required double RenderMilliseconds { get; init; }

    /// <summary>Chart name from Chart.yaml, for people; empty when unknown.</summary>
    public string ChartName { get; init; } = "";

    /// <summary>Chart version from Chart.yaml, for people; empty when unknown.</summary>
    public string ChartVersion { get; init; } = "";

    /// <summary>True when the output holds a Kubernetes Secret (decides where it may live).</summary>
    public bool HoldsSecret { get; init; }

    /// <summary>
    /// Id of the key that the team's entry was signed with, when it was made elsewhere; empty for what was rendered here.
    /// </summary>
    public string SignedBy { get; init; } = "";

    /// <summary>Labels and digests of the inputs, serialised by Fingerprints; never values. Opaque to the store.</summary>
    public byte[] Material { get; init; } = [];

    /// <summary>
    /// What was made of the output and was asked for lately, by name: in memory alone, where it goes with the entry. On disk it is beside
    /// the output.
    /// </summary>
    public IReadOnlyList<View> Views { get; init; } = [];

    /// <summary>Size for limits: bytes of both streams and of the material.</summary>
    public long Bytes => (Result is null ? 0 : Result.Stdout.Length + (long)Result.Stderr.Length) + Material.Length;
}
