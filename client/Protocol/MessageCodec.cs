using System;
using System.Collections.Generic;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Client.Protocol;

/// <summary>
/// Messages to MessagePack arrays <c>[version, kind, fields…]</c> and back. Fields are positional; a reader ignores
/// fields beyond those it knows, so a later version may append some.
/// </summary>
public static class MessageCodec
{
    private const int InitialCapacity = 1024;

    /// <summary>A result without its streams.</summary>
    private const int ResultHeadBytes = 64;

    /// <summary>The message as one frame, length included.</summary>
    public static byte[] Encode(Message message)
    {
        // The one that is sent for a hit knows what it needs.
        var w = new MessagePackWriter(message is Message.ResultDescriptor hit ? ResultHeadBytes + hit.Stderr.Length : InitialCapacity);
        w.Skip(Frame.HeaderBytes);
        switch (message)
        {
            case Message.Render m:
                Start(ref w, MessageKind.Render, RenderFields);
                WriteRender(ref w, m);
                break;
            case Message.Publish m:
                WritePublishHead(ref w, MessageKind.Publish, m.LeaseId, m.ExitCode, m.RenderMicroseconds, m.Stderr.Span);
                w.WriteBinary(m.Stdout.Span);
                break;
            case Message.PublishDescriptor m:
                WritePublishHead(ref w, MessageKind.PublishDescriptor, m.LeaseId, m.ExitCode, m.RenderMicroseconds, m.Stderr.Span);
                w.Write(m.StdoutLength);
                break;
            case Message.Abandon m:
                Start(ref w, MessageKind.Abandon, 2);
                w.Write(m.LeaseId);
                w.Write((long)m.Reason);
                break;
            case Message.Status:
                Start(ref w, MessageKind.Status, 0);
                break;
            case Message.Stats m:
                Start(ref w, MessageKind.Stats, 1);
                w.Write(m.Reset);
                break;
            case Message.Prune m:
                Start(ref w, MessageKind.Prune, 5);
                w.Write(m.All);
                WriteNullable(ref w, m.OlderThanSeconds);
                WriteNullable(ref w, m.MaxBytes);
                if (m.Chart is null) w.WriteNil(); else w.Write(m.Chart);
                w.Write(m.DryRun);
                break;
            case Message.Stop:
                Start(ref w, MessageKind.Stop, 0);
                break;
            case Message.Explain m:
                Start(ref w, MessageKind.Explain, RenderFields);
                WriteRender(ref w, m.Request);
                break;
            case Message.Verify:
                Start(ref w, MessageKind.Verify, 0);
                break;
            case Message.Recall m:
                Start(ref w, MessageKind.Recall, 1);
                w.WriteBinary(m.Key.Span);
                break;
            case Message.Forget m:
                Start(ref w, MessageKind.Forget, 1);
                w.WriteBinary(m.Key.Span);
                break;
            case Message.Calls m:
                Start(ref w, MessageKind.Calls, 1);
                w.Write(m.Count);
                break;
            case Message.Result m:
                WriteResultHead(ref w, MessageKind.Result, m.ExitCode, m.Source, m.Microseconds, m.Key.Span, m.Stderr.Span);
                w.WriteBinary(m.Stdout.Span);
                break;
            case Message.ResultDescriptor m:
                WriteResultHead(ref w, MessageKind.ResultDescriptor, m.ExitCode, m.Source, m.Microseconds, m.Key.Span, m.Stderr.Span);
                w.Write(m.StdoutLength);
                break;
            case Message.Lease m:
                Start(ref w, MessageKind.Lease, 4);
                w.Write(m.LeaseId);
                w.Write(m.Why);
                w.WriteBinary(m.Key.Span);
                WriteArmed(ref w, m.Armed);
                break;
            case Message.Bypass m:
                Start(ref w, MessageKind.Bypass, 2);
                w.Write((long)m.Reason);
                w.Write(m.Detail);
                break;
            case Message.Waiting:
                Start(ref w, MessageKind.Waiting, 0);
                break;
            case Message.Published m:
                Start(ref w, MessageKind.Published, 2);
                w.Write((long)m.Refused);
                w.Write(m.Detail);
                break;
            case Message.Json m:
                Start(ref w, MessageKind.Json, 1);
                w.Write(m.Text);
                break;
            case Message.Failed m:
                Start(ref w, MessageKind.Failed, 1);
                w.Write(m.Reason);
                break;
            case Message.Candidates m:
                Start(ref w, MessageKind.Candidates, 2);
                w.WriteArrayHeader(m.Keys.Count);
                foreach (ReadOnlyMemory<byte> key in m.Keys)
                    w.WriteBinary(key.Span);
                w.Write(m.Unseen);
                break;
            case Message.Candidate m:
                // The call last: it may grow.
                Start(ref w, MessageKind.Candidate, CandidateFields + RenderFields);
                w.Write(m.Chart);
                w.Write(m.MayVary);
                w.Write(m.ExitCode);
                w.WriteBinary(m.StderrDigest.Span);
                w.WriteBinary(m.StdoutDigest.Span);
                WriteRender(ref w, m.Request);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message));
        }
        Span<byte> frame = w.Written;
        Frame.WriteLength(frame, frame.Length - Frame.HeaderBytes);
        return frame.ToArray();
    }

    /// <summary>
    /// A <see cref="Message.Result"/> frame up to the bytes of its standard output, for a sender that has those at hand and sends
    /// both pieces as one frame.
    /// </summary>
    /// <param name="exitCode">helm's exit code.</param>
    /// <param name="source">See <see cref="Message.Result"/>.</param>
    /// <param name="microseconds">See <see cref="Message.Result"/>.</param>
    /// <param name="key">See <see cref="Message.Result"/>.</param>
    /// <param name="stderr">See <see cref="Message.Result"/>.</param>
    /// <param name="stdoutBytes">How many bytes will follow.</param>
    public static byte[] EncodeResultHead(int exitCode, string source, long microseconds, ReadOnlySpan<byte> key, ReadOnlySpan<byte> stderr, int stdoutBytes)
    {
        var w = new MessagePackWriter(ResultHeadBytes + stderr.Length);
        w.Skip(Frame.HeaderBytes);
        WriteResultHead(ref w, MessageKind.Result, exitCode, source, microseconds, key, stderr);
        w.WriteBinaryHeader(stdoutBytes);
        Span<byte> head = w.Written;
        Frame.WriteLength(head, checked(head.Length - Frame.HeaderBytes + stdoutBytes));
        return head.ToArray();
    }

    /// <summary>Reads one message (a frame without its length). Slices refer to <paramref name="message"/>.</summary>
    /// <exception cref="MessagePackException">Not a message of this version.</exception>
    public static Message Decode(ReadOnlyMemory<byte> message)
    {
        var r = new MessagePackReader(message.Span);
        int fields = r.ReadArrayHeader();
        if (fields < 2)
            throw new MessagePackException("A message has at least a version and a kind.");
        int version = r.ReadInt32();
        if (version != ProtocolVersion.Current)
            throw new ProtocolVersionException(version);
        var kind = (MessageKind)r.ReadInt32();
        switch (kind)
        {
            case MessageKind.Render: return ReadRender(ref r, message, fields - 2);
            case MessageKind.Publish:
                return new Message.Publish(r.ReadInt64(), r.ReadInt32(), r.ReadInt64(), ReadSlice(ref r, message), ReadSlice(ref r, message));
            case MessageKind.PublishDescriptor:
                return new Message.PublishDescriptor(r.ReadInt64(), r.ReadInt32(), r.ReadInt64(), ReadSlice(ref r, message), r.ReadInt32());
            case MessageKind.Abandon: return new Message.Abandon(r.ReadInt64(), (RefuseReason)r.ReadInt32());
            case MessageKind.Status: return new Message.Status();
            case MessageKind.Stats: return new Message.Stats(r.ReadBoolean());
            case MessageKind.Prune:
                return new Message.Prune(r.ReadBoolean(), ReadNullable(ref r), ReadNullable(ref r), r.TryReadNil() ? null : r.ReadString(), r.ReadBoolean());
            case MessageKind.Stop: return new Message.Stop();
            case MessageKind.Explain: return new Message.Explain(ReadRender(ref r, message, fields - 2));
            case MessageKind.Verify: return new Message.Verify();
            case MessageKind.Recall: return new Message.Recall(ReadSlice(ref r, message));
            case MessageKind.Forget: return new Message.Forget(ReadSlice(ref r, message));
            case MessageKind.Calls: return new Message.Calls(r.ReadInt32());
            case MessageKind.Result:
                return new Message.Result(r.ReadInt32(), r.ReadString(), r.ReadInt64(), ReadSlice(ref r, message), ReadSlice(ref r, message), ReadSlice(ref r, message));
            case MessageKind.ResultDescriptor:
                return new Message.ResultDescriptor(r.ReadInt32(), r.ReadString(), r.ReadInt64(), ReadSlice(ref r, message), ReadSlice(ref r, message), r.ReadInt32());
            case MessageKind.Lease: return new Message.Lease(r.ReadInt64(), r.ReadString(), ReadSlice(ref r, message), ReadArmed(ref r));
            case MessageKind.Bypass: return new Message.Bypass((BypassReason)r.ReadInt32(), r.ReadString());
            case MessageKind.Waiting: return new Message.Waiting();
            case MessageKind.Published: return new Message.Published((RefuseReason)r.ReadInt32(), r.ReadString());
            case MessageKind.Json: return new Message.Json(r.ReadString());
            case MessageKind.Failed: return new Message.Failed(r.ReadString());
            case MessageKind.Candidates: return new Message.Candidates(ReadSlices(ref r, message), r.ReadInt64());
            case MessageKind.Candidate:
                return new Message.Candidate(
                    r.ReadString(), r.ReadBoolean(), r.ReadInt32(), ReadSlice(ref r, message), ReadSlice(ref r, message), ReadRender(ref r, message, fields - 2 - CandidateFields));
            default: throw new MessagePackException($"Message kind {(int)kind} is not known.");
        }
    }

    private const int RenderFields = 11;

    /// <summary>Those before the call.</summary>
    private const int CandidateFields = 5;

    private static void Start(ref MessagePackWriter w, MessageKind kind, int fields)
    {
        w.WriteArrayHeader(2 + fields);
        w.Write(ProtocolVersion.Current);
        w.Write((long)kind);
    }

    private static void WritePublishHead(
        ref MessagePackWriter w, MessageKind kind, long leaseId, int exitCode, long renderMicroseconds, ReadOnlySpan<byte> stderr)
    {
        Start(ref w, kind, 5);
        w.Write(leaseId);
        w.Write(exitCode);
        w.Write(renderMicroseconds);
        w.WriteBinary(stderr);
    }

    private static void WriteResultHead(ref MessagePackWriter w, MessageKind kind, int exitCode, string source, long microseconds, ReadOnlySpan<byte> key, ReadOnlySpan<byte> stderr)
    {
        Start(ref w, kind, 6);
        w.Write(exitCode);
        w.Write(source);
        w.Write(microseconds);
        w.WriteBinary(key);
        w.WriteBinary(stderr);
    }

    private static void WriteRender(ref MessagePackWriter w, Message.Render m)
    {
        w.Write(m.Arguments);
        w.Write(m.Directory);
        w.Write(m.DirectoryDevice);
        w.Write(m.DirectoryInode);
        w.WriteMapHeader(m.Environment.Count);
        foreach (KeyValuePair<string, string> variable in m.Environment)
        {
            w.Write(variable.Key);
            w.Write(variable.Value);
        }
        w.Write(m.Umask);
        w.Write(m.HelmPath);
        WriteStamp(ref w, m.HelmStamp);
        if (m.Stdin is { } stdin) w.WriteBinary(stdin.Span); else w.WriteNil();
        w.Write((long)m.Flags);
        w.Write(m.DirectoryMount);
    }

    /// <param name="r">At the first field of the call.</param>
    /// <param name="message">What it reads.</param>
    /// <param name="fields">How many there are: one of an earlier build has fewer.</param>
    private static Message.Render ReadRender(ref MessagePackReader r, ReadOnlyMemory<byte> message, int fields)
    {
        string[] arguments = new string[r.ReadArrayHeader()];
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = r.ReadString();
        string directory = r.ReadString();
        ulong device = r.ReadUInt64();
        ulong inode = r.ReadUInt64();
        int variables = r.ReadMapHeader();
        var environment = new Dictionary<string, string>(variables, StringComparer.Ordinal);
        for (int i = 0; i < variables; i++)
        {
            string name = r.ReadString();
            environment[name] = r.ReadString();
        }
        return new Message.Render
        {
            Arguments = arguments,
            Directory = directory,
            DirectoryDevice = device,
            DirectoryInode = inode,
            Environment = environment,
            Umask = r.ReadInt32(),
            HelmPath = r.ReadString(),
            HelmStamp = ReadStamp(ref r),
            Stdin = r.TryReadNil() ? (ReadOnlyMemory<byte>?)null : ReadSlice(ref r, message),
            Flags = (RenderFlags)r.ReadInt32(),
            DirectoryMount = fields >= 11 ? r.ReadUInt64() : 0,
        };
    }

    private static void WriteArmed(ref MessagePackWriter w, ArmedHelm? armed)
    {
        if (armed is null)
        {
            w.WriteNil();
            return;
        }
        w.WriteArrayHeader(4);
        w.Write(armed.Path);
        WriteStamp(ref w, armed.Stamp);
        w.Write(armed.FirstExitCode);
        w.Write(armed.LastExitCode);
    }

    private static ArmedHelm? ReadArmed(ref MessagePackReader r)
    {
        if (r.TryReadNil())
            return null;
        if (r.ReadArrayHeader() != 4)
            throw new MessagePackException("An armed copy has 4 fields.");
        return new ArmedHelm(r.ReadString(), ReadStamp(ref r), r.ReadInt32(), r.ReadInt32());
    }

    private static void WriteStamp(ref MessagePackWriter w, FileStamp stamp)
    {
        w.WriteArrayHeader(6);
        w.Write(stamp.Device);
        w.Write(stamp.Inode);
        w.Write(stamp.Size);
        w.Write(stamp.ModifiedNs);
        w.Write(stamp.ChangedNs);
        w.Write((ulong)stamp.Mode);
    }

    private static FileStamp ReadStamp(ref MessagePackReader r)
    {
        if (r.ReadArrayHeader() != 6)
            throw new MessagePackException("A file stamp has 6 fields.");
        return new FileStamp(r.ReadUInt64(), r.ReadUInt64(), r.ReadInt64(), r.ReadInt64(), r.ReadInt64(), (uint)r.ReadInt64());
    }

    private static void WriteNullable(ref MessagePackWriter w, long? value)
    {
        if (value is { } v) w.Write(v); else w.WriteNil();
    }

    private static long? ReadNullable(ref MessagePackReader r) => r.TryReadNil() ? null : r.ReadInt64();

    private static ReadOnlyMemory<byte> ReadSlice(ref MessagePackReader r, ReadOnlyMemory<byte> message)
    {
        int length = r.ReadBinary().Length;
        return message.Slice(r.Position - length, length);
    }

    private static ReadOnlyMemory<byte>[] ReadSlices(ref MessagePackReader r, ReadOnlyMemory<byte> message)
    {
        var slices = new ReadOnlyMemory<byte>[r.ReadArrayHeader()];
        for (int i = 0; i < slices.Length; i++)
            slices[i] = ReadSlice(ref r, message);
        return slices;
    }
}
