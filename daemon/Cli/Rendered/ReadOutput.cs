using System;
using System.Collections.Generic;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Manifests;

namespace CacheDaemon.Daemon.Cli.Rendered;

/// <summary>
/// Output as resources: as someone read it before, by the daemon's store, or read now and handed over for the next one. The store is asked
/// by the digest of the output at hand, so that nothing but a reading of these very bytes can be the answer. Whatever goes wrong on the
/// way, the output is read.
/// </summary>
internal sealed class ReadOutput
{
    /// <summary>Longer output is digested with the help of a library, which is faster once it is loaded.</summary>
    private const int MaxDigestedAlone = 3 * 1024 * 1024;

    private readonly byte[]? _digest;

    private ReadOutput(byte[]? digest) => _digest = digest;

    /// <summary>The resources.</summary>
    public List<Manifest> Manifests { get; private set; } = [];

    /// <summary>A line for each document that is none.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Reads an output.</summary>
    /// <param name="output">What helm printed.</param>
    public static ReadOutput Of(ReadOnlySpan<byte> output)
    {
        bool isKept = !output.IsEmpty && !Endpoint.Switch("HELMCACHED_DISABLE"u8);
        var read = new ReadOutput(isKept ? (output.Length > MaxDigestedAlone ? Digest.Of(output) : Sha256.OfOnce(output)).ToArray() : null);
        if (
            isKept
            && !Endpoint.Switch("HELMCACHED_RECACHE"u8)
            && Ask(new Message.Project(read._digest, default, ViewName.Projection)) is Message.Result { Stdout: { IsEmpty: false } kept }
            && Projection.TryRead(kept, read._digest, read.Manifests, read.Problems)
        )
            return read;
        read.Manifests = ManifestReader.Read(output, read.Problems);
        if (isKept && Projection.Write(read._digest, read.Manifests, read.Problems) is { } projection)
            read.Keep(ViewName.Projection, projection);
        return read;
    }

    /// <summary>Hands over what was made of the output, to be kept beside it. Not where problems have to be told with it.</summary>
    /// <param name="name">See <see cref="ViewName"/>.</param>
    /// <param name="printed">The bytes that were printed.</param>
    public void KeepPrinted(string name, ReadOnlyMemory<byte> printed)
    {
        if (Problems.Count == 0 && name.Length <= ViewName.MaxLength && printed.Length <= Projection.MaxBytes)
            Keep(name, printed);
    }

    private void Keep(string name, ReadOnlyMemory<byte> view)
    {
        if (_digest is not null && !Endpoint.Switch("HELMCACHED_READONLY"u8))
            Ask(new Message.Project(_digest, view, name), patient: false);
    }

    /// <summary>The daemon's answer, if there is one.</summary>
    /// <param name="question">What to ask.</param>
    /// <param name="patient">Whether to wait for it while the daemon says that it works on it.</param>
    private static Message? Ask(Message.Project question, bool patient = true)
    {
        try
        {
            using DaemonClient? daemon = DaemonClient.TryConnect(AdminConnection.Endpoint(), out _);
            return daemon is not null && daemon.TrySend(question, DaemonClient.PublishDeadline)
                ? patient
                    ? daemon.ReceiveAnswer(out _)
                    : daemon.Receive(DaemonClient.PublishDeadline)
                : null;
        }
        catch (Exception e) when (e is IOException or MessagePack.MessagePackSerializationException)
        {
            return null;
        }
    }
}
