using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Proving;

/// <summary>
/// Where the private copies of proofs lie: <c>proofs/ID</c> below the home. Copies of charts and values may hold secrets, so each is
/// 0700, and removed by whoever is done with it first: the prover at its end, the daemon when it waits no longer, when it leaves and when it starts.
/// </summary>
internal static class ProofDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The place of one proof.</summary>
    public static string Of(Endpoint endpoint, long id) => Root(endpoint) + "/" + id.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Makes the place of a proof and returns its path.</summary>
    /// <exception cref="IOException">The home cannot be written.</exception>
    public static string Create(Endpoint endpoint, long id)
    {
        string path = Of(endpoint, id);
        Directory.CreateDirectory(path, OwnerOnly);
        return path;
    }

    /// <summary>Removes the place of a proof, if it is still there.</summary>
    public static void Remove(Endpoint endpoint, long id) => Remove(Of(endpoint, id));

    /// <summary>Removes every copy. Only for the daemon, which is the only one of its home.</summary>
    public static void RemoveAll(Endpoint endpoint) => Remove(Root(endpoint));

    /// <summary>
    /// Waits until no other proof of this home renders: ten charts met at once must not start ten renders more. Disposing ends the turn.
    /// </summary>
    /// <exception cref="ProofException">The home cannot be written.</exception>
    public static IDisposable WaitForTurn(Endpoint endpoint)
    {
        int turn = Libc.WaitForLock(Libc.PathBytes(Root(endpoint) + ".lock"));
        return turn >= 0 ? new Turn(turn) : throw new ProofException("the turn for a proof cannot be had");
    }

    /// <summary>Leaves the prover its call of helm: the words after argv[0], each ended by NUL.</summary>
    public static void WriteCall(string directory, IReadOnlyList<string> arguments)
    {
        using var file = new FileStream(CallPath(directory), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        file.Write(Encoding.UTF8.GetBytes(string.Join('\0', arguments)));
    }

    /// <summary>The call that was left.</summary>
    /// <exception cref="IOException">The proof is no longer wanted.</exception>
    public static string[] ReadCall(string directory) => File.ReadAllText(CallPath(directory)).Split('\0');

    private static string CallPath(string directory) => directory + "/call";

    private static string Root(Endpoint endpoint) => endpoint.Home + "/proofs";

    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The other side was first.
        }
    }

    private sealed class Turn(int heldLock) : IDisposable
    {
        public void Dispose() => Libc.Close(heldLock);
    }
}
