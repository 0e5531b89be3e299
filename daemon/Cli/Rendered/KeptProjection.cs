using System;
using System.Collections.Generic;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Manifests;

namespace CacheDaemon.Daemon.Cli.Rendered;

/// <summary>
/// Output as resources: as someone read it before, by the daemon's store, or read now and handed over for the next one. The store is asked by the digest of the output at hand, so that nothing
/// but a reading of these very bytes can be the answer. Whatever goes wrong on the way, the output is read.
/// </summary>
internal static class KeptProjection
{
    /// <summary>Longer output is digested with the help of a library, which is faster once it is loaded.</summary>
    private const int MaxDigestedAlone = 3 * 1024 * 1024;

    /// <summary>The resources of an output.</summary>
    /// <param name="output">What helm printed.</param>
    /// <param name="problems">Receives a line for each document that is none.</param>
    public static List<Manifest> Read(ReadOnlySpan<byte> output, List<string> problems)
    {
        if (output.IsEmpty || Endpoint.Switch("HELMCACHED_DISABLE"u8))
            return ManifestReader.Read(output, problems);
        byte[] digest = (output.Length > MaxDigestedAlone ? Digest.Of(output) : Sha256.OfOnce(output)).ToArray();
        if (!Endpoint.Switch("HELMCACHED_RECACHE"u8) && Ask(new Message.Project(digest, default)) is Message.Result { Stdout: { IsEmpty: false } kept })
        {
            var known = new List<Manifest>();
            if (Projection.TryRead(kept, digest, known, problems))
                return known;
        }
        var told = new List<string>();
        List<Manifest> read = ManifestReader.Read(output, told);
        problems.AddRange(told);
        if (!Endpoint.Switch("HELMCACHED_READONLY"u8) && Projection.Write(digest, read, told) is { } projection)
            Ask(new Message.Project(digest, projection), patient: false);
        return read;
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
                ? patient ? daemon.ReceiveAnswer(out _) : daemon.Receive(DaemonClient.PublishDeadline)
                : null;
        }
        catch (Exception e) when (e is IOException or MessagePack.MessagePackSerializationException)
        {
            return null;
        }
    }
}
