using System;
using System.Buffers;
using System.Collections.Generic;
using CacheDaemon.Client.Native;
using MessagePack;

namespace CacheDaemon.Client.Protocol;

/// <summary>
/// Messages to MessagePack arrays <c>[version, kind, fields…]</c> and back. Fields are positional; a reader ignores
/// fields beyond those it knows, so a later version may append some.
/// </summary>
public static class MessageCodec
{
    /// <summary>Most room for the next message that a thread keeps.</summary>
    private const int MaxKeptBytes = 16 * 1024;

    /// <summary>Where messages are put together before their length is known: the writer asks for more room than it then uses.</summary>
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? s_room;

    /// <summary>The message as one frame, length included.</summary>
    public static byte[] Encode(Message message)
    {
        MessagePackWriter w = Begin();
        switch (message)
        {
            case Message.Render m:
                Start(ref w, MessageKind.Render, RenderFields);
                WriteRender(ref w, m);
                break;
            case Message.Publish m:
                WritePublishHead(ref w, MessageKind.Publish, m.LeaseId, m.ExitCode, m.RenderMicroseconds, m.Stderr.Span);
                w.Write(m.Stdout.Span);
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
                w.Write(m.Chart);
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
                w.Write(m.Key.Span);
                break;
            case Message.Forget m:
                Start(ref w, MessageKind.Forget, 1);
                w.Write(m.Key.Span);
                break;
            case Message.Calls m:
                Start(ref w, MessageKind.Calls, 1);
                w.Write(m.Count);
                break;
            case Message.List:
                Start(ref w, MessageKind.List, 0);
                break;
            case Message.Show m:
                Start(ref w, MessageKind.Show, 2);
                w.Write(m.Key);
                w.Write((long)m.Part);
                break;
            case Message.Coordinate m:
                // The call last: it may grow.
                Start(ref w, MessageKind.Coordinate, CoordinateFields + RenderFields);
                w.Write(m.Environment);
                w.Write(m.IsTerminal);
                WriteRender(ref w, m.Call);
                break;
            case Message.Ran m:
                Start(ref w, MessageKind.Ran, 4);
                w.Write(m.TurnId);
                w.Write(m.ExitCode);
                w.Write(m.Stderr.Span);
                w.Write(m.Stdout.Span);
                break;
            case Message.Turn m:
                Start(ref w, MessageKind.Turn, 3);
                w.Write(m.TurnId);
                w.Write(m.IsAwaited);
                w.Write(m.WaitedMicroseconds);
                break;
            case Message.Recent m:
                Start(ref w, MessageKind.Recent, 1);
                w.Write(m.Count);
                break;
            case Message.Remembered m:
                Start(ref w, MessageKind.Remembered, 1);
                w.Write(m.Key.Span);
                break;
            case Message.Project m:
                Start(ref w, MessageKind.Project, 3);
                w.Write(m.Output.Span);
                w.Write(m.Projection.Span);
                w.Write(m.View);
                break;
            case Message.Earlier m:
                Start(ref w, MessageKind.Earlier, RenderFields);
                WriteRender(ref w, m.Request);
                break;
            case Message.Result m:
                WriteResultHead(ref w, MessageKind.Result, m.ExitCode, m.Source, m.Microseconds, m.Key.Span, m.Stderr.Span);
                w.Write(m.Stdout.Span);
                break;
            case Message.ResultDescriptor m:
                WriteResultHead(ref w, MessageKind.ResultDescriptor, m.ExitCode, m.Source, m.Microseconds, m.Key.Span, m.Stderr.Span);
                w.Write(m.StdoutLength);
                break;
            case Message.Lease m:
                Start(ref w, MessageKind.Lease, 4);
                w.Write(m.LeaseId);
                w.Write(m.Why);
                w.Write(m.Key.Span);
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
                    w.Write(key.Span);
                w.Write(m.Unseen);
                break;
            case Message.Candidate m:
                // The call last: it may grow.
                Start(ref w, MessageKind.Candidate, CandidateFields + RenderFields);
                w.Write(m.Chart);
                w.Write(m.MayVary);
                w.Write(m.ExitCode);
                w.Write(m.StderrDigest.Span);
                w.Write(m.StdoutDigest.Span);
                WriteRender(ref w, m.Request);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message));
        }
        return End(ref w, more: 0);
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
    public static byte[] EncodeResultHead(
        int exitCode,
        string source,
        long microseconds,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> stderr,
        int stdoutBytes
    )
    {
        MessagePackWriter w = Begin();
        WriteResultHead(ref w, MessageKind.Result, exitCode, source, microseconds, key, stderr);
        WriteBinaryHeader(ref w, stdoutBytes);
        return End(ref w, stdoutBytes);
    }

    /// <inheritdoc cref="Decode(in ReadOnlySequence{byte})"/>
    public static Message Decode(ReadOnlyMemory<byte> message) => Decode(new ReadOnlySequence<byte>(message));

    /// <summary>
    /// Reads one message (a frame without its length). Its byte fields may be slices of <paramref name="message"/>; a
    /// <see cref="Message.Render"/> has none of them and may be kept when those bytes are gone.
    /// </summary>
    /// <exception cref="MessagePackSerializationException">Not a message.</exception>
    /// <exception cref="ProtocolVersionException">A message of another version.</exception>
    public static Message Decode(in ReadOnlySequence<byte> message)
    {
        var r = new MessagePackReader(message);
        try
        {
            return Read(ref r);
        }
        catch (Exception e) when (StrictReading.Damage(e) is { } damage)
        {
            throw damage;
        }
    }

    /// <summary>The header of a bin value alone: the package's own method makes room for the bytes as well.</summary>
    private static void WriteBinaryHeader(ref MessagePackWriter w, int length)
    {
        Span<byte> header = w.GetSpan(1 + sizeof(int));
        (header[0], int width) = length switch
        {
            <= byte.MaxValue => (MessagePackCode.Bin8, sizeof(byte)),
            <= ushort.MaxValue => (MessagePackCode.Bin16, sizeof(ushort)),
            _ => (MessagePackCode.Bin32, sizeof(int)),
        };
        for (int i = width; i > 0; i--, length >>= 8)
            header[i] = (byte)length;
        w.Advance(1 + width);
    }

    private static MessagePackWriter Begin()
    {
        s_room ??= new ArrayBufferWriter<byte>(1024);
        s_room.ResetWrittenCount();
        return new MessagePackWriter(s_room);
    }

    /// <param name="w">From <see cref="Begin"/>.</param>
    /// <param name="more">How many bytes of the message come from elsewhere.</param>
    private static byte[] End(ref MessagePackWriter w, int more)
    {
        w.Flush();
        ReadOnlySpan<byte> message = s_room!.WrittenSpan;
        byte[] frame = new byte[Frame.HeaderBytes + message.Length];
        Frame.WriteLength(frame, checked(message.Length + more));
        message.CopyTo(frame.AsSpan(Frame.HeaderBytes));
        if (s_room.Capacity > MaxKeptBytes)
            s_room = null;
        return frame;
    }

    private static Message Read(ref MessagePackReader r)
    {
        int fields = r.ReadArrayHeader();
        if (fields < 2)
            throw new MessagePackSerializationException("A message has at least a version and a kind.");
        int version = r.ReadInt32();
        if (version != ProtocolVersion.Current)
            throw new ProtocolVersionException(version);
        var kind = (MessageKind)r.ReadInt32();
        switch (kind)
        {
            case MessageKind.Render:
                return ReadRender(ref r, fields - 2);
            case MessageKind.Publish:
                return new Message.Publish(r.ReadInt64(), r.ReadInt32(), r.ReadInt64(), r.ReadBinary(), r.ReadBinary());
            case MessageKind.PublishDescriptor:
                return new Message.PublishDescriptor(r.ReadInt64(), r.ReadInt32(), r.ReadInt64(), r.ReadBinary(), r.ReadInt32());
            case MessageKind.Abandon:
                return new Message.Abandon(r.ReadInt64(), (RefuseReason)r.ReadInt32());
            case MessageKind.Status:
                return new Message.Status();
            case MessageKind.Stats:
                return new Message.Stats(r.ReadBoolean());
            case MessageKind.Prune:
                return new Message.Prune(
                    r.ReadBoolean(),
                    ReadNullable(ref r),
                    ReadNullable(ref r),
                    r.TryReadNil() ? null : r.ReadText(),
                    r.ReadBoolean()
                );
            case MessageKind.Stop:
                return new Message.Stop();
            case MessageKind.Explain:
                return new Message.Explain(ReadRender(ref r, fields - 2));
            case MessageKind.Verify:
                return new Message.Verify();
            case MessageKind.Recall:
                return new Message.Recall(r.ReadBinary());
            case MessageKind.Forget:
                return new Message.Forget(r.ReadBinary());
            case MessageKind.Calls:
                return new Message.Calls(r.ReadInt32());
            case MessageKind.List:
                return new Message.List();
            case MessageKind.Recent:
                return new Message.Recent(r.ReadInt32());
            case MessageKind.Remembered:
                return new Message.Remembered(r.ReadBinary());
            case MessageKind.Project:
                return new Message.Project(r.ReadBinary(), r.ReadBinary(), fields >= 5 ? r.ReadText() : "");
            case MessageKind.Earlier:
                return new Message.Earlier(ReadRender(ref r, fields - 2));
            case MessageKind.Show:
                return new Message.Show(r.ReadText(), (ShownPart)r.ReadInt32());
            case MessageKind.Coordinate:
                return new Message.Coordinate(r.ReadUInt64(), r.ReadBoolean(), ReadRender(ref r, fields - 2 - CoordinateFields));
            case MessageKind.Ran:
                return new Message.Ran(r.ReadInt64(), r.ReadInt32(), r.ReadBinary(), r.ReadBinary());
            case MessageKind.Turn:
                return new Message.Turn(r.ReadInt64(), r.ReadBoolean(), r.ReadInt64());
            case MessageKind.Result:
                return new Message.Result(r.ReadInt32(), r.ReadText(), r.ReadInt64(), r.ReadBinary(), r.ReadBinary(), r.ReadBinary());
            case MessageKind.ResultDescriptor:
                return new Message.ResultDescriptor(
                    r.ReadInt32(),
                    r.ReadText(),
                    r.ReadInt64(),
                    r.ReadBinary(),
                    r.ReadBinary(),
                    r.ReadInt32()
                );
            case MessageKind.Lease:
                return new Message.Lease(r.ReadInt64(), r.ReadText(), r.ReadBinary(), ReadArmed(ref r));
            case MessageKind.Bypass:
                return new Message.Bypass((BypassReason)r.ReadInt32(), r.ReadText());
            case MessageKind.Waiting:
                return new Message.Waiting();
            case MessageKind.Published:
                return new Message.Published((RefuseReason)r.ReadInt32(), r.ReadText());
            case MessageKind.Json:
                return new Message.Json(r.ReadText());
            case MessageKind.Failed:
                return new Message.Failed(r.ReadText());
            case MessageKind.Candidates:
                return new Message.Candidates(ReadBinaries(ref r), r.ReadInt64());
            case MessageKind.Candidate:
                return new Message.Candidate(
                    r.ReadText(),
                    r.ReadBoolean(),
                    r.ReadInt32(),
                    r.ReadBinary(),
                    r.ReadBinary(),
                    ReadRender(ref r, fields - 2 - CandidateFields)
                );
            default:
                throw new MessagePackSerializationException($"Message kind {(int)kind} is not known.");
        }
    }

    private const int RenderFields = 13;

    /// <summary>Those before the call.</summary>
    private const int CandidateFields = 5,
        CoordinateFields = 2;

    private static void Start(ref MessagePackWriter w, MessageKind kind, int fields)
    {
        w.WriteArrayHeader(2 + fields);
        w.Write(ProtocolVersion.Current);
        w.Write((long)kind);
    }

    private static void WritePublishHead(
        ref MessagePackWriter w,
        MessageKind kind,
        long leaseId,
        int exitCode,
        long renderMicroseconds,
        ReadOnlySpan<byte> stderr
    )
    {
        Start(ref w, kind, 5);
        w.Write(leaseId);
        w.Write(exitCode);
        w.Write(renderMicroseconds);
        w.Write(stderr);
    }

    private static void WriteResultHead(
        ref MessagePackWriter w,
        MessageKind kind,
        int exitCode,
        string source,
        long microseconds,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> stderr
    )
    {
        Start(ref w, kind, 6);
        w.Write(exitCode);
        w.Write(source);
        w.Write(microseconds);
        w.Write(key);
        w.Write(stderr);
    }

    private static void WriteRender(ref MessagePackWriter w, Message.Render m)
    {
        w.WriteArrayHeader(m.Arguments.Count);
        foreach (string argument in m.Arguments)
            w.Write(argument);
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
        if (m.Stdin is { } stdin)
            w.Write(stdin.Span);
        else
            w.WriteNil();
        w.Write((long)m.Flags);
        w.Write(m.DirectoryMount);
        w.WriteArrayHeader(m.Descriptors.Count);
        foreach (DescriptorContent descriptor in m.Descriptors)
        {
            w.WriteArrayHeader(2);
            w.Write(descriptor.Number);
            w.Write(descriptor.Content.Span);
        }
        w.Write(m.View);
    }

    /// <param name="r">At the first field of the call.</param>
    /// <param name="fields">How many there are: one of an earlier build has fewer.</param>
    private static Message.Render ReadRender(ref MessagePackReader r, int fields)
    {
        string[] arguments = new string[r.ReadArrayHeader()];
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = r.ReadText();
        string directory = r.ReadText();
        ulong device = r.ReadUInt64();
        ulong inode = r.ReadUInt64();
        int variables = r.ReadMapHeader();
        var environment = new Dictionary<string, string>(variables, StringComparer.Ordinal);
        for (int i = 0; i < variables; i++)
        {
            string name = r.ReadText();
            environment[name] = r.ReadText();
        }
        return new Message.Render
        {
            Arguments = arguments,
            Directory = directory,
            DirectoryDevice = device,
            DirectoryInode = inode,
            Environment = environment,
            Umask = r.ReadInt32(),
            HelmPath = r.ReadText(),
            HelmStamp = ReadStamp(ref r),
            Stdin = r.TryReadNil() ? (ReadOnlyMemory<byte>?)null : r.ReadBinary().ToArray(),
            Flags = (RenderFlags)r.ReadInt32(),
            DirectoryMount = fields >= 11 ? r.ReadUInt64() : 0,
            Descriptors = fields >= 12 ? ReadDescriptors(ref r) : [],
            View = fields >= 13 ? r.ReadText() : "",
        };
    }

    private static DescriptorContent[] ReadDescriptors(ref MessagePackReader r)
    {
        int count = r.ReadArrayHeader();
        DescriptorContent[] descriptors = count == 0 ? [] : new DescriptorContent[count];
        for (int i = 0; i < descriptors.Length; i++)
        {
            if (r.ReadArrayHeader() != 2)
                throw new MessagePackSerializationException("A descriptor has 2 fields.");
            descriptors[i] = new DescriptorContent(r.ReadInt32(), r.ReadBinary().ToArray());
        }
        return descriptors;
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
            throw new MessagePackSerializationException("An armed copy has 4 fields.");
        return new ArmedHelm(r.ReadText(), ReadStamp(ref r), r.ReadInt32(), r.ReadInt32());
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
            throw new MessagePackSerializationException("A file stamp has 6 fields.");
        return new FileStamp(r.ReadUInt64(), r.ReadUInt64(), r.ReadInt64(), r.ReadInt64(), r.ReadInt64(), (uint)r.ReadInt64());
    }

    private static void WriteNullable(ref MessagePackWriter w, long? value)
    {
        if (value is { } v)
            w.Write(v);
        else
            w.WriteNil();
    }

    private static long? ReadNullable(ref MessagePackReader r) => r.TryReadNil() ? null : r.ReadInt64();

    private static ReadOnlyMemory<byte>[] ReadBinaries(ref MessagePackReader r)
    {
        var values = new ReadOnlyMemory<byte>[r.ReadArrayHeader()];
        for (int i = 0; i < values.Length; i++)
            values[i] = r.ReadBinary();
        return values;
    }
}
