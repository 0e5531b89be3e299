using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// A home whose real helm is FakeHelm: counts its runs, and can be held in the middle of a render until the test lets go.
/// Comes with a chart <c>web</c> in its working directory <see cref="Work"/>.
/// </summary>
internal sealed class FakeHelmHome : IAsyncDisposable
{
    /// <summary>Prints what the cached call printed; the tests compare with it.</summary>
    public const string Output = "---\n# Source: web/templates/c.yaml\nkind: ConfigMap\n";

    public FakeHelmHome(string? shimPath = null)
    {
        Home = shimPath is null ? new DaemonHome(Repository.FakeHelm) : new DaemonHome(Repository.FakeHelm) { ShimPath = shimPath };
        Work = Directory.CreateDirectory(Home.At("work")).FullName;
        ChartPath = Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a | quote }}").WriteTo(Work);
    }

    public DaemonHome Home { get; }

    public string Work { get; }

    public string ChartPath { get; }

    private string Log => Home.At("runs.log");

    private string Gate => Home.At("gate");

    /// <summary><c>helm template r web</c>, answered by FakeHelm with <see cref="Output"/>.</summary>
    public Command Template(params IEnumerable<string> more) =>
        Home.Shim(Work, ["template", "r", "web", .. more]).With("FAKEHELM_LOG", Log).With("FAKEHELM_STDOUT", Output);

    /// <summary>The same, held until <see cref="LetGo"/>.</summary>
    public Command HeldTemplate(params IEnumerable<string> more) => Template(more).With("FAKEHELM_WAIT_FOR", Gate);

    /// <summary>The same command as FakeHelm itself answers it, not counted.</summary>
    public Command Real(Command shim) => shim.With("FAKEHELM_LOG", null) with { File = Home.RealHelm };

    /// <summary>What FakeHelm prints when told to flood so many bytes.</summary>
    public static byte[] Flood(int bytes)
    {
        byte[] flood = new byte[bytes];
        byte[] line = Encoding.ASCII.GetBytes("# " + new string('x', 61) + "\n");
        for (int i = 0; i < bytes; i += line.Length)
            line.AsSpan(0, Math.Min(line.Length, bytes - i)).CopyTo(flood.AsSpan(i));
        return flood;
    }

    /// <summary>Lets all held runs go on, present and future.</summary>
    public void LetGo() => File.WriteAllText(Gate, "");

    /// <summary>How often FakeHelm was started to render.</summary>
    public int Runs => Lines().Length;

    /// <summary>Process ids of the runs, oldest first.</summary>
    public IReadOnlyList<int> RunIds => [.. Lines().Select(line => int.Parse(line.Split('\t')[0], CultureInfo.InvariantCulture))];

    /// <summary>Waits until FakeHelm was started <paramref name="count"/> times.</summary>
    public Task RunsReachAsync(int count) => Eventually.IsTrueAsync($"{count} runs of helm", () => Runs >= count);

    /// <inheritdoc cref="DaemonHome.StartAsync"/>
    public Task StartDaemonAsync() => Home.StartAsync();

    /// <summary>Waits until <paramref name="count"/> callers wait for the render of another.</summary>
    public Task WaitersReachAsync(int count) =>
        Eventually.IsTrueAsync(
            $"{count} callers wait",
            async () =>
            {
                using var status = JsonDocument.Parse((await Home.Admin("status", "--json").RunAsync()).StdoutText);
                return status.RootElement.GetProperty("waiting").GetInt32() >= count;
            }
        );

    public async ValueTask DisposeAsync()
    {
        LetGo();
        await Home.DisposeAsync();
    }

    private string[] Lines() => File.Exists(Log) ? File.ReadAllLines(Log) : [];
}
