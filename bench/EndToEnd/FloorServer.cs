using System;
using System.Globalization;
using System.IO;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>The other end of the floor program: one process that answers every round trip with the same number of bytes.</summary>
internal sealed class FloorServer : IDisposable
{
    private readonly int _process;
    private readonly string _socket;

    /// <param name="home">Where its socket goes.</param>
    /// <param name="bytes">Length of its answer.</param>
    public FloorServer(BenchHome home, int bytes)
    {
        _socket = home.At($"floor-{bytes}.sock");
        using Contender serve = home.Other(
            "floor server",
            Repository.Floor(),
            "serve",
            _socket,
            bytes.ToString(CultureInfo.InvariantCulture)
        );
        _process = serve.Start();
        while (!File.Exists(_socket) && Libc.Wait(_process, block: false) is null)
            Libc.Poll([], 1);
        Contender = home.Other("floor", Repository.Floor(), _socket);
    }

    /// <summary>The asking side.</summary>
    public Contender Contender { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Libc.Kill(_process, Libc.SIGKILL);
        Libc.Wait(_process, block: true);
        File.Delete(_socket);
        Contender.Dispose();
    }
}
