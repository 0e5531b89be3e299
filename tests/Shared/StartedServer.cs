using System;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;

namespace CacheDaemon.Tests.Shared;

/// <summary>
/// A server of somebody else's that a test starts on the loopback interface, at a free port, and stops by its process id.
/// </summary>
internal abstract class StartedServer : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private Process? _process;

    /// <summary>The same for all starts of one server.</summary>
    public int Port { get; } = FreePort();

    /// <summary>What <c>shared.url</c> says.</summary>
    public abstract Uri Url { get; }

    /// <summary>The program and its arguments.</summary>
    protected abstract Command Command { get; }

    /// <summary>A path of the server's own.</summary>
    public string At(params ReadOnlySpan<string> parts) => _directory.At(parts);

    /// <summary>Starts it, and waits until it listens.</summary>
    public async Task StartAsync()
    {
        _process = Command.Start();
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.IsTrueAsync(
            $"{Command.File} listens",
            () =>
                Listens()
                || (_process.HasExited ? throw new InvalidOperationException($"{Command} has ended with {_process.ExitCode}") : false)
        );
    }

    /// <summary>Ends it, as a crash would.</summary>
    public void Stop()
    {
        if (_process is null)
            return;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        Stop();
        _directory.Dispose();
    }

    protected string Write(string name, string content) => _directory.Write(name, content);

    /// <summary>A port that nobody listens at.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private bool Listens()
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
