using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Invocations;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;
using MessagePack;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>What <c>helmcached list</c> and <c>helmcached show</c> say; in the daemon, and in the command where no daemon runs.</summary>
/// <param name="store">The entries.</param>
/// <param name="recent">The calls seen; empty without a daemon.</param>
/// <param name="keeps">Whether anything new may be stored.</param>
internal sealed class EntryListing(EntryStore store, RecentRequests recent, bool keeps = true)
{
    /// <summary>Most bytes of a stream that are shown: what fits into a frame with room for its head.</summary>
    public const int MaxShownBytes = Frame.MaxMessageBytes - 4096;

    /// <summary>So many keys are named when a prefix is ambiguous.</summary>
    private const int NamedKeys = 3;

    /// <summary>Digits of a key as traces print it.</summary>
    private const int ShortKeyDigits = 16;

    /// <summary>All entries, by chart, the newest first, as <see cref="EntryReport"/> writes them.</summary>
    public async Task<string> ListAsync()
    {
        List<StoredEntry> entries = await store.ListAsync().ConfigureAwait(false);
        entries.Sort(
            static (left, right) =>
                string.CompareOrdinal(left.ChartName, right.ChartName) is var order and not 0
                    ? order
                    : right.Created.CompareTo(left.Created)
        );
        return EntryReport.Write(entries, Release);
    }

    /// <summary>The answer to a <see cref="Message.Show"/>.</summary>
    public async Task<Message> ShowAsync(Message.Show request)
    {
        string digits = request.Key.Trim().ToLowerInvariant();
        if (digits.Length == 0 || digits.Any(static digit => !char.IsAsciiHexDigitLower(digit)))
            return new Message.Failed(
                $"'{request.Key}' is not a key: keys are hexadecimal digits, as `helmcached list` and traces show them"
            );
        StoredEntry[] meant =
        [
            .. (await store.ListAsync().ConfigureAwait(false)).Where(entry =>
                entry.Key.ToString().StartsWith(digits, StringComparison.Ordinal)
            ),
        ];
        if (meant is [])
            return new Message.Failed($"no entry has a key that begins with {digits}; `helmcached list` shows all");
        if (meant is not [var found])
        {
            string keys = string.Join(", ", meant.Take(NamedKeys).Select(static entry => Digits(entry.Key)));
            string more = meant.Length > NamedKeys ? ", …" : "";
            return new Message.Failed($"{meant.Length} entries have a key that begins with {digits}: {keys}{more}; give more digits");
        }
        if (store.Get(found.Key).Entry is not { Result: { } result } entry)
            return new Message.Failed($"the entry {Digits(found.Key)} was damaged or has been deleted");
        byte[] shortKey = found.Key.Value.ToArray()[..sizeof(ulong)];
        return request.Part switch
        {
            ShownPart.Stdout when result.Stdout.Length > MaxShownBytes => new Message.Failed(
                $"the output of {Digits(found.Key)} has {result.Stdout.Length} bytes, too many to show; `helm template` prints it"
            ),
            ShownPart.Stdout => new Message.Result(result.ExitCode, found.Tier, 0, shortKey, default, result.Stdout.ToArray()),
            ShownPart.Stderr => new Message.Result(result.ExitCode, found.Tier, 0, shortKey, result.Stderr, default),
            _ => new Message.Json(EntryReport.Write(found, Release(found.Key), result, Inputs(entry.Material))),
        };
    }

    /// <summary>The answer to a <see cref="Message.Project"/>.</summary>
    public async Task<Message> ProjectAsync(Message.Project request)
    {
        if (request.Output.Length != Digest.SizeInBytes)
            return new Message.Failed("a digest has 32 bytes");
        Digest output = Digest.FromBytes(request.Output.Span);
        if (request.View.Length > ViewName.MaxLength)
            return new Message.Failed($"the name of a view has {ViewName.MaxLength} characters at most");
        if (request.Projection.IsEmpty)
            return new Message.Result(0, "disk", 0, default, default, store.GetView(output, request.View)?.ToArray());
        if (keeps)
            await store.PutViewAsync(output, request.View, Blob.Copy(request.Projection.Span)).ConfigureAwait(false);
        return new Message.Json("{}");
    }

    /// <summary>The release that the last call with this key named; null when no such call is known.</summary>
    private string? Release(CacheKey key) =>
        recent.Find(key) is { } call
        && InvocationParser.Parse(call.Arguments, call.Directory, call.Environment, call.Stdin is not null, call.Descriptors)
            is InvocationResult.Served { Invocation.ReleaseName: var release }
            ? release
            : null;

    /// <summary>What the key was made of; empty when an older release wrote it otherwise.</summary>
    private static IReadOnlyList<MaterialItem> Inputs(byte[] material)
    {
        try
        {
            return KeyMaterial.Deserialise(material);
        }
        catch (MessagePackSerializationException)
        {
            return [];
        }
    }

    private static string Digits(CacheKey key) => key.ToString()[..ShortKeyDigits];
}
