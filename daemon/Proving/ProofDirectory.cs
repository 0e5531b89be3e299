using System;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Proving;

/// <summary>
/// The private place of one proof: copies of charts and values may hold secrets. Mode 0700, removed when disposed; what a
/// killed proof left behind is removed by the next one, and by the daemon when it starts.
/// </summary>
internal sealed class ProofDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly int _lock;

    private ProofDirectory(string path, int heldLock)
    {
        Path = path;
        _lock = heldLock;
    }

    /// <summary>The empty directory.</summary>
    public string Path { get; }

    /// <summary>Waits for its turn and makes the directory.</summary>
    /// <exception cref="IOException">The home cannot be written.</exception>
    public static ProofDirectory Create(Endpoint endpoint)
    {
        string root = Root(endpoint);
        Directory.CreateDirectory(root, OwnerOnly);
        int turn = Libc.WaitForLock(Libc.PathBytes(root + ".lock"));
        if (turn < 0)
            throw new IOException($"{root}.lock cannot be locked");
        // With the turn ours, anything that is there was left behind.
        Clear(root);
        string path = root + "/" + Environment.ProcessId;
        Directory.CreateDirectory(path, OwnerOnly);
        return new ProofDirectory(path, turn);
    }

    /// <summary>Removes what killed proofs have left, unless one is running.</summary>
    public static void RemoveLeftovers(Endpoint endpoint)
    {
        string root = Root(endpoint);
        if (!Directory.Exists(root))
            return;
        int turn = Libc.TryLock(Libc.PathBytes(root + ".lock"), out _);
        if (turn < 0)
            return;
        Clear(root);
        Libc.Close(turn);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Delete(Path, recursive: true);
        Libc.Close(_lock);
    }

    private static string Root(Endpoint endpoint) => endpoint.Home + "/proofs";

    private static void Clear(string root)
    {
        foreach (string left in Directory.GetDirectories(root))
            Directory.Delete(left, recursive: true);
    }
}
