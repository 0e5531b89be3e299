using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>
/// A daemon that is killed while it keeps what was made of outputs. <c>HELMCACHED_TEST_KILLS</c> says how often; two times without it.
/// </summary>
[Trait("Needs", "programs")]
public sealed class KilledViewTests
{
    private const int Outputs = 3,
        Names = 5;

    private static int Kills =>
        int.TryParse(Environment.GetEnvironmentVariable("HELMCACHED_TEST_KILLS"), CultureInfo.InvariantCulture, out int kills) ? kills : 2;

    [Fact]
    public async Task None_is_ever_half_or_foreign_and_what_was_acknowledged_is_there()
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithConfigMap("c", "a: {{ .Values.a }}").WriteTo(work);
        await home.StartAsync();
        byte[][] outputs = new byte[Outputs][];
        for (int i = 0; i < Outputs; i++)
            outputs[i] = Digest
                .Of((await home.Shim(work, "template", "r", "web", "--set", $"a={i}").RunAsync()).Stdout.ToArray())
                .ToArray();
        await home.EntriesReachAsync(Outputs);
        var random = new Random(17);
        int[,] acknowledged = new int[Outputs, Names];
        for (int round = 1; round <= Kills; round++)
        {
            await WriteUntilKilledAsync(home, outputs, acknowledged, round, random.Next(1, 40));
            await home.StartAsync();
            Assert.Equal(Outputs, (await home.StatsAsync()).Entries);
            for (int output = 0; output < Outputs; output++)
            {
                for (int name = 0; name < Names; name++)
                {
                    byte[] found = Ask(home, new Message.Project(outputs[output], default, Name(name))) is Message.Result result
                        ? result.Stdout.ToArray()
                        : throw new InvalidOperationException("no answer");
                    int from =
                        found.Length == 0 ? 0 : int.Parse(Encoding.ASCII.GetString(found).Split(' ', 2)[0], CultureInfo.InvariantCulture);
                    Assert.InRange(from, acknowledged[output, name], round);
                    Assert.True(
                        from == 0 || found.AsSpan().SequenceEqual(Text(output, name, from)),
                        $"round {round}: view {name} of output {output} is not what was handed over in round {from}"
                    );
                }
            }
        }
        Assert.Null(Daemon.Storage.StoreCheck.Run(await StoppedStoreAsync(home), TimeProvider.System));
    }

    private static async Task WriteUntilKilledAsync(DaemonHome home, byte[][] outputs, int[,] acknowledged, int round, int most)
    {
        int done = 0;
        using var enough = new SemaphoreSlim(0);
        Task[] writers =
        [
            .. Enumerable
                .Range(0, Outputs)
                .Select(output =>
                    Task.Run(() =>
                    {
                        for (int i = 0; ; i++)
                        {
                            int name = (i + round) % Names;
                            if (Ask(home, new Message.Project(outputs[output], Text(output, name, round), Name(name))) is not Message.Json)
                                break;
                            acknowledged[output, name] = round;
                            if (Interlocked.Increment(ref done) == most)
                                enough.Release();
                        }
                    })
                ),
        ];
        await enough.WaitAsync();
        DaemonHome.Kill(home.DaemonIds());
        await Task.WhenAll(writers);
    }

    private static string Name(int name) => $"view {name}";

    /// <summary>From a few bytes, in one document, to many chunks; and no two alike.</summary>
    private static byte[] Text(int output, int name, int round)
    {
        int length = ((int[])[40, 9_000, 70_000, 300_000, 1_200_000])[(output + name + round) % 5];
        var text = new StringBuilder($"{round} is the round, {name} the name, {output} the output: ");
        var random = new Random((output * 1_000_003) + (name * 1_009) + round);
        while (text.Length < length)
            text.Append(random.Next().ToString("x", CultureInfo.InvariantCulture));
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static Message? Ask(DaemonHome home, Message question)
    {
        using DaemonClient? daemon = DaemonClient.TryConnect(Endpoint.ForHome(home.State), out _);
        return daemon is not null && daemon.TrySend(question, TimeSpan.FromSeconds(30)) ? daemon.ReceiveAnswer(out _) : null;
    }

    private static async Task<string> StoppedStoreAsync(DaemonHome home)
    {
        await home.StopAsync();
        return Endpoint.ForHome(home.State).StorePath;
    }
}
