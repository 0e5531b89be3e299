using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>
/// Asks a daemon the same thing over kept connections, and takes as little of the processors as a client can that takes what it asked for:
/// one thread, one request outstanding on each connection. It takes a whole reply, asks again on that connection and turns to the next, so
/// the daemon always has requests waiting and the client mostly finds a reply waiting: a hit costs it one <c>sendto</c> and, as long as the
/// reply lies there whole, one <c>recvfrom</c> of it into one buffer. It looks at nothing but the length at the reply's head, decodes
/// nothing and allocates nothing; that the replies were hits is for the caller to see in the daemon's counters.
/// </summary>
internal static class LoadGenerator
{
    /// <summary>What a run came to.</summary>
    /// <param name="Hits">Replies taken.</param>
    /// <param name="Elapsed">How long that took.</param>
    /// <param name="Processor">Processor time of this process meanwhile: the generator's own, and what the runtime does beside it.</param>
    /// <param name="ReplyBytes">Length of the last reply.</param>
    public readonly record struct Outcome(long Hits, TimeSpan Elapsed, TimeSpan Processor, int ReplyBytes);

    /// <summary>Runs for about so long.</summary>
    /// <param name="socketPath">Where the daemon listens.</param>
    /// <param name="request">A framed request.</param>
    /// <param name="connections">How many are kept.</param>
    /// <param name="time">How long.</param>
    public static Outcome Run(string socketPath, byte[] request, int connections, TimeSpan time)
    {
        byte[] buffer = new byte[1 << 20];
        Socket[] sockets = [.. Enumerable.Range(0, connections).Select(_ => Connect(socketPath))];
        foreach (Socket socket in sockets)
            socket.Send(request);
        long hits = 0,
            started = Stopwatch.GetTimestamp();
        int bytes = 0;
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            foreach (Socket socket in sockets)
            {
                bytes = Receive(socket, buffer);
                socket.Send(request);
                hits++;
            }
        }
        var outcome = new Outcome(hits, Stopwatch.GetElapsedTime(started), Environment.CpuUsage.TotalTime - processor, bytes);
        foreach (Socket socket in sockets)
        {
            Receive(socket, buffer);
            socket.Dispose();
        }
        return outcome;
    }

    private static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static int Receive(Socket socket, byte[] buffer)
    {
        int have = 0,
            want = Frame.HeaderBytes;
        while (have < want)
        {
            int count = socket.Receive(buffer.AsSpan(have));
            if (count == 0)
                throw new EndOfStreamException("the daemon closed a kept connection");
            have += count;
            if (have >= Frame.HeaderBytes)
                want = Frame.HeaderBytes + Frame.ReadLength(buffer);
        }
        return have;
    }
}
