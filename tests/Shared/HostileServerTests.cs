using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Shared.Servers;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>Servers that mean harm, or are something else than was thought: none gets an entry in, and none keeps a caller.</summary>
public sealed class HostileServerTests : IDisposable
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";

    private static readonly CacheKey s_key = new(Digest.Of("a key"u8));
    private static readonly byte[] s_chunk = new byte[64 * 1024];

    private static readonly string[] s_odd = ["a length beyond every number", "a negative length", "two lengths"];

    private readonly KeyFixture _fixture = new();

    /// <summary>What each server sends, until it is cut off.</summary>
    private static readonly Dictionary<string, Func<byte[], IEnumerable<byte[]>>> s_answers = new()
    {
        ["a body without an end"] = static _ => Endless(s_chunk).Prepend(Text(Ok + "\r\n")),
        ["chunks without an end"] = static _ =>
            Endless([.. "10000\r\n"u8, .. s_chunk, .. "\r\n"u8]).Prepend(Text(Ok + "Transfer-Encoding: chunked\r\n\r\n")),
        ["a chunk of a length that is no number of bytes"] = static _ =>
            Endless(s_chunk).Prepend(Text(Ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n")),
        ["one byte at a time"] = static good =>
            [
                Text(Ok + $"Content-Length: {good.Length}\r\n\r\n"),
                .. good.Select(static b => (byte[])[b]).SelectMany(static b => (byte[][])[b, []]),
            ],
        ["a length beyond every number"] = static good => [Text(Ok + "Content-Length: 99999999999999999999999\r\n\r\n"), good],
        ["a length of exabytes"] = static good => [Text(Ok + "Content-Length: 9000000000000000000\r\n\r\n"), good],
        ["a negative length"] = static good => [Text(Ok + "Content-Length: -1\r\n\r\n"), good],
        ["two lengths"] = static good => [Text(Ok + $"Content-Length: 5\r\nContent-Length: {good.Length}\r\n\r\n"), good],
        ["less than it announced"] = static good => [Text(Ok + $"Content-Length: {good.Length}\r\n\r\n"), good[..^1]],
        ["less than the object"] = static good => [Text(Ok + $"Content-Length: {good.Length - 1}\r\n\r\n"), good],
        ["more than the object"] = static good => [Text(Ok + $"Content-Length: {good.Length + 1}\r\n\r\n"), good, [0]],
        ["nothing"] = static _ => [Text(Ok + "Content-Length: 0\r\n\r\n")],
        ["no answer at all"] = static _ => [],
        ["what is no HTTP"] = static good => [good],
        ["what is no HTTP, for ever"] = static _ => Endless(s_chunk),
        ["a login page"] = static _ =>
            [Text(Ok + "Content-Type: text/html\r\nConnection: close\r\n\r\n<html><form action=/login>password</form></html>")],
        ["a hundred thousand headers"] = static good =>
            [
                Text(
                    Ok
                        + string.Concat(Enumerable.Range(0, 100_000).Select(static i => $"X-{i}: {i}\r\n"))
                        + $"Content-Length: {good.Length}\r\n\r\n"
                ),
                good,
            ],
        ["a header without an end"] = static _ => Endless([.. Enumerable.Repeat((byte)'a', 64 * 1024)]).Prepend(Text(Ok + "X-Long: ")),
        ["continue, for ever"] = static _ => Endless(Text("HTTP/1.1 100 Continue\r\n\r\n")),
        ["a bomb"] = static _ => [Text(Ok + "Content-Encoding: gzip\r\nConnection: close\r\n\r\n"), Bomb()],
        ["the object, packed"] = static good => [Text(Ok + "Content-Encoding: gzip\r\nConnection: close\r\n\r\n"), Packed(good)],
        ["a part of it"] = static good => [Text($"HTTP/1.1 206 Partial Content\r\nContent-Length: {good.Length}\r\n\r\n"), good],
        ["an error with an endless page"] = static _ => Endless(s_chunk).Prepend(Text("HTTP/1.1 500 Oops\r\n\r\n")),
        ["a redirect without a place"] = static _ => [Text("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")],
    };

    public static TheoryData<string> Answers => [.. s_answers.Keys];

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Nothing_comes_of_it(string answer)
    {
        byte[] good = SealedEntry.Seal(s_key, KeyFixture.Entry(), _fixture.Writer(encrypted: false))!;
        using var server = new Played(() => s_answers[answer](good));
        await using SharedTier tier = Tier(server.Port, out List<string> log);
        SharedAnswer got = await tier.AskAsync(s_key).WaitAsync(TimeSpan.FromMinutes(1));
        // The object of a trusted writer is that, however oddly it comes.
        Assert.True(got.Outcome is SharedOutcome.Failed or SharedOutcome.Refused || s_odd.Contains(answer), got.ToString());
        Assert.True(
            got.Entry is null || got.Entry.Result.Stdout.ToArray().AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(KeyFixture.Output))
        );
        Assert.All(log, static line => Assert.InRange(line.Length, 1, 400));
        Assert.DoesNotContain(log, static line => line.Any(char.IsControl));
    }

    /// <summary>The counterpart, so that the others fail for the right reason.</summary>
    [Fact]
    public async Task The_same_object_from_an_honest_server_is_served()
    {
        byte[] good = SealedEntry.Seal(s_key, KeyFixture.Entry(), _fixture.Writer(encrypted: false))!;
        using var server = new Played(() => [Text(Ok + $"Content-Length: {good.Length}\r\n\r\n"), good]);
        await using SharedTier tier = Tier(server.Port, out _);
        Assert.Equal(SharedOutcome.Hit, (await tier.AskAsync(s_key)).Outcome);
    }

    /// <summary>A redirect would carry the team's tokens to whomever it names.</summary>
    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_leads_nowhere(int status)
    {
        using var elsewhere = new Played(static () => [Text(Ok + "Content-Length: 0\r\n\r\n")]);
        using var server = new Played(() =>
            [Text($"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:{elsewhere.Port}/\r\nContent-Length: 0\r\n\r\n")]
        );
        await using SharedTier tier = Tier(server.Port, out _);
        Assert.Equal(SharedOutcome.Failed, (await tier.AskAsync(s_key)).Outcome);
        Assert.Equal(0, elsewhere.Connections);
    }

    /// <summary>Two teams on one server, without and with salts of their own.</summary>
    [Theory]
    [InlineData(false, "unknown-signer")]
    [InlineData(true, "other-key")]
    public async Task Another_teams_object_is_refused(bool encrypted, string refusal)
    {
        using var others = new KeyFixture();
        byte[] theirs = SealedEntry.Seal(s_key, KeyFixture.Entry(), others.Writer(encrypted))!;
        using var server = new Played(() => [Text(Ok + $"Content-Length: {theirs.Length}\r\n\r\n"), theirs]);
        await using SharedTier tier = Tier(server.Port, out _, encrypted);
        Assert.Equal(refusal, (await tier.AskAsync(s_key)).Refusal.Name());
    }

    public void Dispose() => _fixture.Dispose();

    private SharedTier Tier(int port, out List<string> log, bool encrypted = false)
    {
        List<string> lines = log = [];
        var problems = new List<string>();
        SharedTier tier = SharedServers.OpenTier(
            _fixture.Settings(encrypted) with
            {
                Url = new Uri($"http://127.0.0.1:{port}/"),
            },
            new FixedDay(),
            line =>
            {
                lock (lines)
                    lines.Add(line);
            },
            problems
        )!;
        Assert.Empty(problems);
        return tier;
    }

    private static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);

    private static IEnumerable<byte[]> Endless(byte[] part)
    {
        while (true)
            yield return part;
    }

    private static byte[] Bomb() => Packed(new byte[64 << 20]);

    private static byte[] Packed(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>The system's clock, on the day of <see cref="KeyFixture.Now"/>.</summary>
    private sealed class FixedDay : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => KeyFixture.Now;
    }

    /// <summary>
    /// Reads a request, sends its parts (an empty one is a pause of 20 ms) until the other side has had enough, and closes.
    /// </summary>
    private sealed class Played(Func<IEnumerable<byte[]>> answer) : IDisposable
    {
        private readonly PlayedConnections _connections = new((stream, end) => AnswerAsync(stream, answer(), end));

        public int Port => _connections.Port;

        public int Connections => _connections.Count;

        public void Dispose() => _connections.Dispose();

        private static async Task AnswerAsync(NetworkStream stream, IEnumerable<byte[]> parts, CancellationToken end)
        {
            _ = await stream.ReadAsync(new byte[8192], end);
            foreach (byte[] part in parts)
            {
                // A server that is slow within an answer: the delay itself is what is tried, nothing waits for an event here.
                if (part.Length == 0)
                    await Task.Delay(20, end);
                else
                    await stream.WriteAsync(part, end);
            }
        }
    }
}
