using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Servers;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>
/// What says that it is Redis, and means harm: it gets nothing in, ends no process, and sends nobody elsewhere with the team's password.
/// </summary>
public sealed class HostileRedisTests : IDisposable
{
    private static readonly CacheKey s_key = new(Digest.Of("a key"u8));

    private readonly KeyFixture _fixture = new();

    /// <summary>What it answers when an object is asked for; PORT is another server's.</summary>
    private static readonly Dictionary<string, Func<int, IEnumerable<string>>> s_answers = new()
    {
        ["moved"] = static port => [$"-MOVED 1234 127.0.0.1:{port}\r\n"],
        ["asked elsewhere"] = static port => [$"-ASK 1234 127.0.0.1:{port}\r\n"],
        ["an array"] = static _ => ["*2\r\n$1\r\na\r\n$1\r\nb\r\n"],
        ["arrays in arrays in arrays"] = static _ => [string.Concat(Enumerable.Repeat("*1\r\n", 1_000_000))],
        ["wide arrays in arrays"] = static _ => [string.Concat(Enumerable.Repeat("*1000000\r\n", 10_000))],
        ["an array of two thousand million"] = static _ => ["*2147483647\r\n"],
        ["a string of two thousand million"] = static _ => ["$2147483647\r\n", "a"],
        ["a string of a length beyond every number"] = static _ => ["$99999999999999999999\r\n", "a"],
        ["a string that does not end where it should"] = static _ => ["$1\r\nabc\r\n"],
        ["a string of a negative length"] = static _ => ["$-7\r\n"],
        ["a length that is no number"] = static _ => ["$\u001b[31m\r\n"],
        ["a number"] = static _ => [":1\r\n"],
        ["a simple string"] = static _ => ["+OK\r\n"],
        ["a line without an end"] = static _ => Enumerable.Repeat(new string('a', 65536), 4000).Prepend("+"),
        ["a string without an end"] = static _ => Enumerable.Repeat(new string('a', 65536), 4000).Prepend("$600000000\r\n"),
        ["an error that steers a terminal"] = static _ => ["-\u001b]0;owned\u0007\u001b[31mERR\u001b[0m red\r\n"],
        ["a long error"] = static _ => ["-" + new string('A', 100_000) + "\r\n"],
        ["an error without words"] = static _ => ["-\r\n"],
        ["the key of another type"] = static _ => ["-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"],
        ["maps and pushes of another protocol"] = static _ => ["%1\r\n+a\r\n+b\r\n", ">2\r\n+invalidate\r\n*0\r\n"],
        ["what is no Redis"] = static _ => ["HTTP/1.1 400 Bad Request\r\n\r\n"],
        ["more answers than questions"] = static _ => ["$1\r\na\r\n", "$1\r\na\r\n", "$1\r\na\r\n"],
        ["nothing"] = static _ => [],
    };

    public static TheoryData<string> Answers => [.. s_answers.Keys];

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Nothing_comes_of_it(string answer)
    {
        using var elsewhere = new Played("redis", _ => []);
        using var server = new Played("redis", _ => s_answers[answer](elsewhere.Port));
        await AskAsync(server, elsewhere);
        Assert.True(server.Asked > 0, "the client never got as far as to ask");
    }

    /// <summary>One that says that it is a part of a cluster may name others.</summary>
    [Theory]
    [InlineData("cluster")]
    [InlineData("sentinel")]
    public async Task It_sends_nobody_elsewhere(string mode)
    {
        using var elsewhere = new Played(mode, _ => []);
        using var server = new Played(mode, _ => [$"-MOVED 1234 127.0.0.1:{elsewhere.Port}\r\n"]);
        await AskAsync(server, elsewhere);
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Nor_while_the_client_logs_in(string answer)
    {
        using var elsewhere = new Played("redis", _ => []);
        using var server = new Played("redis", _ => [], _ => s_answers[answer](elsewhere.Port));
        await AskAsync(server, elsewhere);
    }

    public void Dispose() => _fixture.Dispose();

    private async Task AskAsync(Played server, Played elsewhere)
    {
        List<string> log = [];
        await using (
            var client = new RedisServer(
                new Uri($"redis://127.0.0.1:{server.Port}/0"),
                "s3cr3t",
                TimeSpan.FromDays(1),
                TimeSpan.FromSeconds(2),
                new()
            )
        )
        await using (
            var tier = new SharedTier(
                client,
                _fixture.Reader(encrypted: false),
                TimeProvider.System,
                line =>
                {
                    lock (log)
                        log.Add(line);
                }
            )
        )
        {
            // A busy machine may take more than one deadline to log in.
            for (int i = 0; i < 3 && server.Asked == 0; i++)
                Assert.Null((await tier.AskAsync(s_key).WaitAsync(TimeSpan.FromMinutes(1))).Entry);
        }
        Assert.Equal(0, elsewhere.Connections);
        Assert.All(log, static line => Assert.InRange(line.Length, 1, 400));
        Assert.DoesNotContain(log, static line => line.Any(char.IsControl));
        Assert.DoesNotContain(log, static line => line.Contains("s3cr3t", StringComparison.Ordinal));
    }

    /// <summary>Answers as Redis does until an object is asked for.</summary>
    private sealed class Played : IDisposable
    {
        private readonly PlayedConnections _connections;
        private readonly string _mode;
        private readonly Func<string, IEnumerable<string>> _answer;
        private readonly Func<string, IEnumerable<string>>? _logIn;
        private int _asked;

        public Played(string mode, Func<string, IEnumerable<string>> answer, Func<string, IEnumerable<string>>? logIn = null)
        {
            _mode = mode;
            _answer = answer;
            _logIn = logIn;
            _connections = new PlayedConnections(AnswerAsync);
        }

        public int Port => _connections.Port;

        public int Connections => _connections.Count;

        public int Asked => Volatile.Read(ref _asked);

        public void Dispose() => _connections.Dispose();

        private async Task AnswerAsync(NetworkStream stream, CancellationToken end)
        {
            using var reader = new StreamReader(stream, Encoding.Latin1);
            while (await WordsAsync(reader, end) is { } words)
            {
                foreach (string part in Answer(words))
                    await stream.WriteAsync(Encoding.Latin1.GetBytes(part), end);
            }
        }

        private IEnumerable<string> Answer(string[] words)
        {
            if (words[0] is "GETRANGE" or "GET")
            {
                Interlocked.Increment(ref _asked);
                return _answer(words[0]);
            }
            return _logIn?.Invoke(words[0])
                ?? (
                    words switch
                    {
                        ["ECHO" or "PING", var text] => [Bulk(text)],
                        ["PING"] => ["+PONG\r\n"],
                        ["CONFIG", ..] => ["*0\r\n"],
                        ["INFO", ..] => [Bulk($"redis_version:7.0.0\r\nredis_mode:{_mode}\r\n")],
                        _ => ["+OK\r\n"],
                    }
                );
        }

        private static string Bulk(string text) => $"${text.Length}\r\n{text}\r\n";

        private static async Task<string[]?> WordsAsync(StreamReader reader, CancellationToken end)
        {
            if (await reader.ReadLineAsync(end) is not { Length: > 1 } head)
                return null;
            string[] words = new string[int.Parse(head[1..], System.Globalization.CultureInfo.InvariantCulture)];
            for (int i = 0; i < words.Length; i++)
            {
                await reader.ReadLineAsync(end);
                words[i] = await reader.ReadLineAsync(end) ?? "";
            }
            return words;
        }
    }
}
