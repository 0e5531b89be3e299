using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Xunit;

namespace CacheDaemon.Tests.Support;

/// <summary>
/// Debian's <c>docker-registry</c> on the loopback interface, at a port of its own choice and without encryption. Charts come in by <c>helm
/// push</c>, and each request is in its access log.
/// </summary>
public sealed partial class OciRegistry : IAsyncDisposable
{
    /// <summary>Where the package docker-registry puts it.</summary>
    public const string Program = "/usr/bin/docker-registry";

    private const string Htpasswd = "/usr/bin/htpasswd";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _log = [];
    private readonly Process _process;
    private int _marks;

    private OciRegistry(string configuration, string? users)
    {
        if (users is not null)
            _directory.Write("htpasswd", users);
        string file = _directory.Write("config.yml", configuration.Replace("DIRECTORY", _directory.Location, StringComparison.Ordinal));
        _process = Process.Start(
            new ProcessStartInfo(Program, ["serve", file]) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Why tests with it cannot run; null when they can.</summary>
    public static string? Obstacle =>
        File.Exists(Program) && File.Exists(Htpasswd)
            ? null
            : $"needs {Program} and {Htpasswd}: apt-get install docker-registry apache2-utils";

    /// <summary>Address and port.</summary>
    public string Host { get; private set; } = "";

    /// <summary>Starts one.</summary>
    /// <param name="user">Who may use it; null for everybody.</param>
    /// <param name="password">That user's password.</param>
    public static async Task<OciRegistry> StartAsync(string? user = null, string password = "")
    {
        string? users = user is null
            ? null
            : (await new Command(Htpasswd, ["-Bbn", user, password]).RunAsync().ConfigureAwait(false)).StdoutText;
        string access = users is null ? "" : "auth: {htpasswd: {realm: charts, path: DIRECTORY/htpasswd}}\n";
        var registry = new OciRegistry(
            $"version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: DIRECTORY/data}}}}\n"
                + $"http: {{addr: \"127.0.0.1:0\"}}\n{access}",
            users
        );
        await Eventually.IsTrueAsync("the registry listens", () => registry.Lines(Listening()).Any()).ConfigureAwait(false);
        registry.Host = registry.Lines(Listening()).First().Groups[1].Value;
        return registry;
    }

    /// <summary>Requests of helms so far. Asks for something itself, so that all that came before is in the log.</summary>
    public async Task<int> RequestsAsync()
    {
        string mark = $"mark{++_marks}";
        using (var client = new HttpClient())
        using (await client.GetAsync(new Uri($"http://{Host}/{mark}")).ConfigureAwait(false))
            await Eventually.IsTrueAsync("the mark is in the log", () => Lines(new Regex($"\"GET /{mark} ")).Any()).ConfigureAwait(false);
        return Lines(OfHelm()).Count();
    }

    /// <summary>Has helm pack a chart and push it below <c>charts/</c>. Returns the digest that the registry knows it by.</summary>
    /// <param name="push">Gives the command for arguments of helm, with the login that it needs.</param>
    /// <param name="chart">The chart. What has been pushed under its name and version stays there, by its digest.</param>
    public async Task<string> PushAsync(Func<string[], Command> push, ChartBuilder chart)
    {
        using var source = new TemporaryDirectory();
        await File.WriteAllBytesAsync(source.At("chart.tgz"), chart.Packed()).ConfigureAwait(false);
        CommandResult result = await push(["push", source.At("chart.tgz"), $"oci://{Host}/charts", "--plain-http"])
            .RunAsync()
            .ConfigureAwait(false);
        Match digest = Digest().Match(result.StdoutText + result.StderrText);
        Assert.True(result.ExitCode == 0 && digest.Success, $"helm push: {result}");
        return digest.Value;
    }

    /// <summary>Nobody listens any more.</summary>
    public void Down()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Down();
        _process.Dispose();
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    private IEnumerable<Match> Lines(Regex pattern)
    {
        lock (_log)
            return [.. _log.Select(line => pattern.Match(line)).Where(static match => match.Success)];
    }

    private void Note(string? line)
    {
        lock (_log)
            if (line is not null)
                _log.Add(line);
    }

    [GeneratedRegex("listening on ([0-9.:]+)")]
    private static partial Regex Listening();

    /// <summary>A line of the access log, and not the one of the application's log that says the same.</summary>
    [GeneratedRegex("\"[A-Z]+ /v2/[^\"]*\" [0-9]+ [0-9]+ \"[^\"]*\" \"Helm/")]
    private static partial Regex OfHelm();

    [GeneratedRegex("sha256:[0-9a-f]{64}")]
    private static partial Regex Digest();
}

/// <summary>A theory that needs <see cref="OciRegistry"/>; skipped, with a word on how to get it, where it is not installed.</summary>
public sealed class RegistryTheoryAttribute : TheoryAttribute
{
    public RegistryTheoryAttribute() => Skip = OciRegistry.Obstacle;
}
