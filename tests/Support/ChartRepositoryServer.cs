using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace CacheDaemon.Tests.Support;

/// <summary>One request that the server got.</summary>
/// <param name="Number">From <see cref="ChartRepositoryServer.Tick"/>: later requests have larger ones.</param>
/// <param name="Path">Path with its slash in front, without a query.</param>
/// <param name="Login">What its basic authentication says, as <c>user:password</c>; null without one.</param>
public sealed record RepositoryRequest(long Number, string Path, string? Login);

/// <summary>
/// A chart repository on the loopback interface, with the faults that real ones have: it is slow, down, wants a login, answers 404, breaks
/// off. Charts and index are made by real helm. Keeps a log of all requests, and marks each index that it gives away, so that a test sees
/// what a caller has got without a look at a clock.
/// </summary>
public sealed class ChartRepositoryServer : IAsyncDisposable
{
    public const string Index = "/index.yaml";

    private const string Mark = "# request ";

    private readonly TemporaryDirectory _directory = new();
    private readonly Lock _lock = new();
    private readonly List<RepositoryRequest> _requests = [];
    private readonly Dictionary<string, TaskCompletionSource> _holds = [];
    private readonly Dictionary<string, int> _statuses = [];
    private readonly Dictionary<string, int> _lengths = [];
    private readonly CancellationTokenSource _end = new();
    private readonly int _port;
    private TcpListener? _listener;
    private long _number;
    private int _held;

    public ChartRepositoryServer()
    {
        Up();
        _port = ((IPEndPoint)_listener!.LocalEndpoint).Port;
    }

    /// <summary>Where it is, without a slash at the end.</summary>
    public string Url => $"http://127.0.0.1:{_port}";

    /// <summary>When set, requests with another one, or without, get 401.</summary>
    public (string User, string Password)? Login { get; set; }

    /// <summary>Whether each index says which request it is the answer to, so that no two are the same.</summary>
    public bool MarksIndexes { get; set; } = true;

    /// <summary>All requests so far, oldest first.</summary>
    public IReadOnlyList<RepositoryRequest> Requests
    {
        get
        {
            lock (_lock)
                return [.. _requests];
        }
    }

    /// <summary>How many requests wait for the end of a <see cref="Hold"/>.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>How often a path was asked for.</summary>
    public int Count(string path) => Requests.Count(request => request.Path == path);

    /// <summary>A number larger than that of every request so far, and smaller than those of all that follow.</summary>
    public long Tick() => Interlocked.Increment(ref _number);

    /// <summary>The number of the request that this index was the answer to.</summary>
    public static long NumberIn(string index) =>
        long.Parse(
            index[(index.LastIndexOf(Mark, StringComparison.Ordinal) + Mark.Length)..].TrimEnd(),
            System.Globalization.CultureInfo.InvariantCulture
        );

    /// <summary>The file that is served under a name.</summary>
    public string At(string name) => _directory.At("served", name);

    /// <summary>
    /// Has helm pack the chart and write the index. A chart that is there in the same version is replaced, in the index as well unless
    /// <paramref name="keepsIndex"/>: then the index has the digest of an archive that is gone.
    /// </summary>
    public async Task PublishAsync(string helm, ChartBuilder chart, bool keepsIndex = false)
    {
        using var source = new TemporaryDirectory();
        await RunAsync(helm, "package", chart.WriteTo(source.Location), "--destination", Directory.CreateDirectory(At("")).FullName)
            .ConfigureAwait(false);
        if (!keepsIndex)
            await IndexAsync(helm).ConfigureAwait(false);
    }

    /// <summary>Has helm write the index of what is there.</summary>
    public Task IndexAsync(string helm) => RunAsync(helm, "repo", "index", At(""), "--url", Url);

    /// <summary>Requests for this path wait until the answer is disposed.</summary>
    public IDisposable Hold(string path)
    {
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
            _holds[path] = hold;
        return new Release(this, path, hold);
    }

    /// <summary>Requests for this path are answered by this status and no content; 200: as usual again.</summary>
    public void Answer(string path, int status)
    {
        lock (_lock)
            _statuses[path] = status;
    }

    /// <summary>Answers to requests for this path break off after so many bytes of their content.</summary>
    public void BreakOff(string path, int bytes)
    {
        lock (_lock)
            _lengths[path] = bytes;
    }

    /// <summary>Nobody listens any more: connections are refused.</summary>
    public void Down() => Interlocked.Exchange(ref _listener, null)?.Dispose();

    /// <summary>Listens (again), at the same port.</summary>
    public void Up()
    {
        var listener = new TcpListener(IPAddress.Loopback, _port);
        listener.Start(backlog: 512);
        _listener = listener;
        _ = AcceptAsync(listener);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Down();
        await _end.CancelAsync().ConfigureAwait(false);
        _directory.Dispose();
    }

    private async Task RunAsync(string helm, params string[] arguments)
    {
        var command = new Command(helm, arguments) { Environment = new Dictionary<string, string?> { ["HOME"] = _directory.Location } };
        CommandResult result = await command.RunAsync().ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"{command}: {result}");
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(_end.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // Down.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient _ = client;
        try
        {
            NetworkStream stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
            if (await reader.ReadLineAsync(_end.Token).ConfigureAwait(false) is not { } line)
                return;
            string? login = null;
            while (await reader.ReadLineAsync(_end.Token).ConfigureAwait(false) is { Length: > 0 } header)
                if (header.StartsWith("Authorization: Basic ", StringComparison.OrdinalIgnoreCase))
                    login = Encoding.UTF8.GetString(Convert.FromBase64String(header["Authorization: Basic ".Length..]));
            var request = new RepositoryRequest(Tick(), line.Split(' ')[1].Split('?')[0], login);
            Task hold;
            lock (_lock)
            {
                _requests.Add(request);
                hold = _holds.GetValueOrDefault(request.Path)?.Task ?? Task.CompletedTask;
            }
            Interlocked.Increment(ref _held);
            try
            {
                await hold.WaitAsync(_end.Token).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _held);
            }
            await AnswerAsync(stream, request).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // The caller left, as one that was killed does, or the test is over.
        }
    }

    private async Task AnswerAsync(NetworkStream stream, RepositoryRequest request)
    {
        int status,
            most;
        lock (_lock)
        {
            status = _statuses.GetValueOrDefault(request.Path, 200);
            most = _lengths.GetValueOrDefault(request.Path, int.MaxValue);
        }
        if (Login is { } login && request.Login != $"{login.User}:{login.Password}")
            status = 401;
        else if (status == 200 && !File.Exists(At(request.Path[1..])))
            status = 404;
        byte[] content = status == 200 ? await File.ReadAllBytesAsync(At(request.Path[1..])).ConfigureAwait(false) : [];
        if (status == 200 && request.Path == Index && MarksIndexes)
            content = [.. content, .. Encoding.ASCII.GetBytes($"{Mark}{request.Number}\n")];
        string head = $"HTTP/1.1 {status} {(HttpStatusCode)status}\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head)).ConfigureAwait(false);
        await stream.WriteAsync(content.AsMemory(0, Math.Min(most, content.Length))).ConfigureAwait(false);
    }

    private sealed class Release(ChartRepositoryServer server, string path, TaskCompletionSource hold) : IDisposable
    {
        public void Dispose()
        {
            lock (server._lock)
                if (server._holds.GetValueOrDefault(path) == hold)
                    server._holds.Remove(path);
            hold.TrySetResult();
        }
    }
}
