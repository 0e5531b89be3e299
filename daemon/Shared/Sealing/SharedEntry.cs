using System;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Shared.Sealing;

/// <summary>What machines of a team tell one another about one key.</summary>
/// <param name="Result">What helm gave.</param>
/// <param name="Created">When, by the writer's clock.</param>
/// <param name="RenderMilliseconds">How long helm took there.</param>
/// <param name="Helm">SHA-256 of the helm binary. It is in the key as well; here it is for people.</param>
/// <param name="HoldsSecret">Whether the output holds a Kubernetes Secret.</param>
internal sealed record SharedEntry(RenderResult Result, DateTimeOffset Created, double RenderMilliseconds, Digest Helm, bool HoldsSecret);

/// <summary>What an object from the server turned out to be.</summary>
/// <param name="Entry">The entry; null when it is refused.</param>
/// <param name="Refusal">Why it is refused.</param>
/// <param name="Signer">
/// Id of the key that it says it was signed with (<see cref="PublicKey.Id"/>), proved when <paramref name="Entry"/> is there; null when it
/// does not say.
/// </param>
internal sealed record Unsealed(SharedEntry? Entry, SharedRefusal Refusal, string? Signer);
