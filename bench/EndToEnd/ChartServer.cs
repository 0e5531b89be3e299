using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Tasks;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>
/// Chart repositories on the loopback interface: one archive in each, and an index as long as asked for. Counts what is asked of it.
/// </summary>
internal sealed class ChartServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Dictionary<string, byte[]> _files = [];
    private readonly ConcurrentBag<string> _requests = [];

    public ChartServer()
    {
        _listener.Start(backlog: 512);
        _ = AcceptAsync();
    }

    /// <summary>Requests so far.</summary>
    public int Requests => _requests.Count;

    /// <summary>Requests for one path so far.</summary>
    public int Count(string path) => _requests.Count(request => request == path);

    /// <summary>Publishes an archive in a repository, before anybody asks for it, and returns the repository's address.</summary>
    /// <param name="repository">The repository's name.</param>
    /// <param name="name">Name of the chart.</param>
    /// <param name="version">Its version.</param>
    /// <param name="archive">The archive.</param>
    /// <param name="indexBytes">
    /// How long the index is to be at least: other charts fill it, in versions by the hundred as in public repositories.
    /// </param>
    public string Publish(string repository, string name, string version, byte[] archive, int indexBytes)
    {
        string address = string.Create(
            CultureInfo.InvariantCulture,
            $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/{repository}"
        );
        var index = new StringBuilder("apiVersion: v1\nentries:\n");
        Entry(
            index.Append(CultureInfo.InvariantCulture, $"  {name}:\n"),
            name,
            version,
            Convert.ToHexStringLower(SHA256.HashData(archive)),
            address
        );
        for (int chart = 0; index.Length < indexBytes; chart++)
        {
            index.Append(CultureInfo.InvariantCulture, $"  other{chart}:\n");
            for (int i = 200; i > 0 && index.Length < indexBytes; i--)
                Entry(
                    index,
                    $"other{chart}",
                    $"{i / 20}.{i % 20}.0",
                    Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(chart * 1000 + i))),
                    address
                );
        }
        _files[$"/{repository}/index.yaml"] = Encoding.UTF8.GetBytes(index.Append("generated: \"2026-01-01T00:00:00Z\"\n").ToString());
        _files[$"/{repository}/{name}-{version}.tgz"] = archive;
        return address;
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static void Entry(StringBuilder index, string name, string version, string digest, string address) =>
        index.Append(
            CultureInfo.InvariantCulture,
            $"""
              - annotations:
                  category: Infrastructure
                apiVersion: v2
                appVersion: v3
                created: "2026-01-01T00:00:00.000000000Z"
                dependencies:
                - name: common
                  repository: oci://registry.example.org/charts
                  version: 2.x.x
                description: generated for the bench, as long as descriptions in public repositories are
                digest: {digest}
                home: https://charts.example.org/{name}
                keywords:
                - bench
                maintainers:
                - name: nobody
                  url: https://example.org
                name: {name}
                urls:
                - {address}/{name}-{version}.tgz
                version: {version}

            """
        );

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync().ConfigureAwait(false));
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The bench is done with it.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient _ = client;
        try
        {
            NetworkStream stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
            string path = (await reader.ReadLineAsync().ConfigureAwait(false))?.Split(' ')[1] ?? "";
            while (await reader.ReadLineAsync().ConfigureAwait(false) is { Length: > 0 }) { }
            _requests.Add(path);
            byte[]? content = _files.GetValueOrDefault(path);
            string status = content is null ? "404 Not Found" : "200 OK";
            await stream
                .WriteAsync(
                    Encoding.ASCII.GetBytes(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"HTTP/1.1 {status}\r\nContent-Length: {content?.Length ?? 0}\r\nConnection: close\r\n\r\n"
                        )
                    )
                )
                .ConfigureAwait(false);
            await stream.WriteAsync(content ?? []).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The caller has left.
        }
    }
}
