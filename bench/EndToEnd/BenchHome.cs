using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Text.Json;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>
/// Everything one bench works with: a temporary directory with the charts, a state directory with a daemon of its own,
/// and an environment in which the shim is the first <c>helm</c> on PATH and the real one the second.
/// </summary>
internal sealed class BenchHome : IDisposable
{
    private readonly string _root;

    /// <summary>The daemon that <see cref="Start"/> started; 0 when there is none.</summary>
    private int _daemon;
    private readonly string _before = Directory.GetCurrentDirectory();

    /// <param name="helm">The real helm of this home.</param>
    public BenchHome(string helm)
    {
        _root = Directory.CreateTempSubdirectory("helmcached-bench-").FullName;
        Charts = Directory.CreateDirectory(Path.Combine(_root, "charts")).FullName;
        State = Path.Combine(_root, "state");
        RealHelm = helm;
        string first = Directory.CreateDirectory(Path.Combine(_root, "real")).FullName;
        File.CreateSymbolicLink(Path.Combine(first, "helm"), helm);
        Environment = new Dictionary<string, string>
        {
            ["PATH"] = $"{Repository.Binaries}:{first}:/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = Directory.CreateDirectory(Path.Combine(_root, "user")).FullName,
            ["PWD"] = Charts,
            ["HELMCACHED_HOME"] = State,
            ["HELMCACHED_CONFIG"] = Path.Combine(_root, "config.yaml"),
        };
        File.WriteAllText(Environment["HELMCACHED_CONFIG"], "{}\n");
        Directory.SetCurrentDirectory(Charts);
    }

    /// <summary>Where the charts are, and the working directory of every call.</summary>
    public string Charts { get; }

    /// <summary>The value of <c>HELMCACHED_HOME</c>.</summary>
    public string State { get; }

    /// <summary>The real helm.</summary>
    public string RealHelm { get; }

    /// <summary>The environment of every call.</summary>
    public Dictionary<string, string> Environment { get; }

    /// <summary>Where the daemon listens.</summary>
    public Endpoint Endpoint => Endpoint.ForHome(State);

    /// <summary>The shim.</summary>
    public Contender Shim(params IEnumerable<string> arguments) => new("helmcached", Repository.Shim, arguments, Environment);

    /// <summary>Real helm, in the same environment.</summary>
    public Contender Real(params IEnumerable<string> arguments) => new("helm", RealHelm, arguments, Environment);

    /// <summary>Any other program, in the same environment.</summary>
    public Contender Other(string name, string file, params IEnumerable<string> arguments) => new(name, file, arguments, Environment);

    /// <summary>A new path in the temporary directory.</summary>
    public string At(string name) => Path.Combine(_root, name);

    /// <summary>Starts the daemon and returns when it listens.</summary>
    public void Start()
    {
        var environment = new Dictionary<string, string>(Environment);
        foreach (System.Collections.DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
            if (((string)variable.Key).StartsWith("DOTNET_GC", StringComparison.Ordinal))
                environment[(string)variable.Key] = (string)variable.Value!;
        // By a process with the lowest priority otherwise, which goes on when the daemon has left, and so may still write here while this
        // home is deleted.
        Admin("arm", RealHelm);
        using var serve = new Contender("daemon", Repository.Daemon, ["serve"], environment);
        _daemon = serve.Start();
        while (DaemonClient.TryConnect(Endpoint, out _) is null)
            Libc.Poll([], 5);
    }

    /// <summary>Stops the daemon and returns when it is gone.</summary>
    public void Stop()
    {
        Admin("stop");
        if (_daemon != 0)
            Libc.Wait(_daemon, block: true);
        _daemon = 0;
    }

    /// <summary>One number of <c>stats --json</c>.</summary>
    public long Stat(string name)
    {
        using JsonDocument stats = JsonDocument.Parse(Admin("stats", "--json"));
        return stats.RootElement.GetProperty(name).GetInt64();
    }

    /// <summary>One number of the team's cache in <c>stats --json</c>; 0 where it is not known.</summary>
    public double SharedStat(string name)
    {
        using JsonDocument stats = JsonDocument.Parse(Admin("stats", "--json"));
        JsonElement number = stats.RootElement.GetProperty("shared").GetProperty(name);
        return number.ValueKind == JsonValueKind.Number ? number.GetDouble() : 0;
    }

    /// <summary>Sets the counters to zero.</summary>
    public void ResetStats() => Admin("stats", "--json", "--reset", "--yes");

    /// <summary>One number of the daemon's status, asked for over the socket: the admin command would be a process more.</summary>
    public long Status(string name)
    {
        using DaemonClient client =
            DaemonClient.TryConnect(Endpoint, out int errno) ?? throw new InvalidOperationException($"no daemon ({errno})");
        client.TrySend(new Client.Protocol.Message.Status(), TimeSpan.FromSeconds(5));
        if (client.Receive(TimeSpan.FromSeconds(5)) is not Client.Protocol.Message.Json answer)
            throw new InvalidOperationException("no status");
        using JsonDocument status = JsonDocument.Parse(answer.Text);
        return status.RootElement.GetProperty(name).GetInt64();
    }

    /// <summary>Processor time that the daemon has used, in microseconds, by the kernel.</summary>
    public double ProcessorMicroseconds()
    {
        using var process = Process.GetProcessById((int)Status("pid"));
        return process.TotalProcessorTime.TotalMicroseconds;
    }

    /// <summary>Waits until everything written so far is older than the age at which stamps are trusted.</summary>
    public static void LetStampsAge() => Libc.Poll([], (int)(FileStamp.TrustAfterNanoseconds / 1_000_000) + 100);

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        Directory.SetCurrentDirectory(_before);
        Directory.Delete(_root, recursive: true);
    }

    private string Admin(params string[] arguments)
    {
        using Contender command = Other("admin", Repository.Daemon, arguments);
        return Encoding.UTF8.GetString(command.Capture(out _));
    }
}
