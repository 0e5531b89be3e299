using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>The other end of the floor program: one process that answers every round trip with the same number of bytes.</summary>
internal sealed class FloorServer : IDisposable
{
    private readonly Process _process;
    private readonly string _socket;

    /// <param name="home">Where its socket goes.</param>
    /// <param name="bytes">Length of its answer.</param>
    public FloorServer(BenchHome home, int bytes)
    {
        _socket = home.At($"floor-{bytes}.sock");
        _process = Process.Start(new ProcessStartInfo(Repository.Floor(), ["serve", _socket, bytes.ToString(CultureInfo.InvariantCulture)]))!;
        while (!File.Exists(_socket) && !_process.HasExited)
            Libc.Poll([], 1);
        Contender = home.Other("floor", Repository.Floor(), _socket);
    }

    /// <summary>The asking side.</summary>
    public Contender Contender { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        File.Delete(_socket);
        Contender.Dispose();
    }
}
