using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Client;

/// <summary>
/// Where the daemon keeps its state and where it listens. The answer depends on the account and
/// <c>HELMCACHED_HOME</c> alone, never on <c>XDG_*</c> or <c>HELM_*</c>, which callers point at a fresh directory per call.
/// </summary>
/// <remarks>
/// A daemon serves only callers that see and may read what it does (<see cref="Caller"/>). The first has the home's store; callers that it
/// declines have a daemon of their own kind in the same home, at the endpoint <see cref="Apart"/>, which keeps answers in memory.
/// </remarks>
/// <param name="Home">Absolute path of the state directory.</param>
/// <param name="SocketPath">Absolute path of the socket.</param>
public sealed record Endpoint(string Home, string SocketPath)
{
    /// <summary>Name of the variable that moves the state directory.</summary>
    public const string HomeVariable = "HELMCACHED_HOME";

    /// <summary>Longest socket path in bytes that fits sockaddr_un with its NUL on every system (104 on BSD).</summary>
    private const int MaxSocketPathBytes = 100;

    /// <summary>A longer list of accounts is not searched: 60,000 lines, a few milliseconds.</summary>
    private const int MaxPasswdBytes = 4 * 1024 * 1024;

    /// <summary>
    /// What the names of socket, locks, marks and log have behind their first word: nothing, or a hyphen and eight hexadecimal digits.
    /// </summary>
    private string Kind { get; init; } = "";

    /// <summary>Whether this is the endpoint of one kind of caller, beside the one with the store.</summary>
    public bool IsApart => Kind.Length > 0;

    /// <summary>The file that the shim locks while it starts a daemon.</summary>
    public string LaunchLockPath => $"{Home}/launch{Kind}.lock";

    /// <summary>The file that the daemon keeps locked while it lives.</summary>
    public string LockPath => $"{Home}/daemon{Kind}.lock";

    /// <summary>Touched by a shim that met a daemon which does not answer; see <see cref="DaemonClient.AvoidAfterHang"/>.</summary>
    public string AvoidPath => $"{Home}/avoid{Kind}";

    /// <summary>Touched by a shim whose daemon ended by itself before it listened; see <see cref="DaemonLauncher"/>.</summary>
    public string StartFailedPath => $"{Home}/start-failed{Kind}";

    /// <summary>Touched when a kind of caller gets a daemon of its own; see <see cref="DaemonLauncher"/>.</summary>
    public string NewcomerPath => Home + "/newcomer";

    /// <summary>The store, which the daemon of an endpoint apart leaves to the other.</summary>
    public string StorePath => Home + "/store.litedb";

    /// <summary>Where armed copies of helm binaries are kept, unless a setting says otherwise.</summary>
    public string ArmedPath => Home + "/armed";

    /// <summary>
    /// Where shims have helm write the files of <c>--output-dir</c>, each in a directory of its own, for as long as they look at them.
    /// </summary>
    public string CapturesPath => Home + "/captures";

    /// <summary>The daemon's log.</summary>
    public string LogPath => $"{Home}/daemon{Kind}.log";

    /// <summary>The endpoint of this account; null when no absolute path of one can be named.</summary>
    public static Endpoint? Resolve()
    {
        if ((Variable("HELMCACHED_HOME"u8) ?? DefaultHome()) is not { } home)
            return null;
        // Relative, in a working directory that is gone: nowhere.
        home = Libc.FullPath(home);
        return home.StartsWith('/') ? ForHome(Path.GetFullPath(home)) : null;
    }

    /// <summary>The state directory where no variable names another; null when not even a home directory can be named.</summary>
    public static string? DefaultHome() => AccountHome() is { } account ? account + "/.cache/helmcached" : null;

    /// <summary>The endpoint for a given absolute state directory.</summary>
    public static Endpoint ForHome(string home) => ForKind(home, "");

    /// <summary>The endpoint in the same home for callers of our own kind only.</summary>
    public Endpoint Apart() => ForKind(Home, "-" + Caller.Self.ShortName().ToString("x8", CultureInfo.InvariantCulture));

    /// <summary>The endpoints apart whose locks are in the home, ours or not.</summary>
    public IEnumerable<Endpoint> FindApart()
    {
        const string Prefix = "daemon",
            Suffix = ".lock";
        foreach (string path in Directory.EnumerateFiles(Home, Prefix + "-*" + Suffix))
        {
            string name = Path.GetFileName(path);
            if (HomeDirectory.IsOurName(name))
                yield return ForKind(Home, name[Prefix.Length..^Suffix.Length]);
        }
    }

    private static Endpoint ForKind(string home, string kind)
    {
        string socket = $"{home}/daemon{kind}.sock";
        if (Encoding.UTF8.GetByteCount(socket) <= MaxSocketPathBytes)
            return new Endpoint(home, socket) { Kind = kind };
        uint user = Libc.EffectiveUserId;
        string runtime = $"/run/user/{user}";
        if (!IsPrivate(runtime, user))
            runtime = $"/tmp/helmcached-{user}";
        return new Endpoint(home, $"{runtime}/helmcached-{Fnv1a(home):x16}{kind}.sock") { Kind = kind };
    }

    /// <summary>The directory that holds the socket.</summary>
    public string SocketDirectory => SocketPath[..SocketPath.LastIndexOf('/')];

    /// <summary>True when <paramref name="directory"/> is a real directory of <paramref name="user"/> that nobody else may enter.</summary>
    public static bool IsPrivate(string directory, uint user) =>
        Libc.Stat(directory, follow: false, out FileStamp stamp) == 0
        && stamp.Kind == FileKind.Directory
        && (stamp.Mode & 0x3f) == 0
        && Libc.OwnerOf(directory) == user;

    /// <summary>A variable of our own environment, or null when unset or empty.</summary>
    public static string? Variable(ReadOnlySpan<byte> name) =>
        Libc.TryGetVariable(name, out ReadOnlySpan<byte> value) && !value.IsEmpty ? Encoding.UTF8.GetString(value) : null;

    /// <summary>A variable that switches something on: set, not empty and not <c>0</c>.</summary>
    public static bool Switch(ReadOnlySpan<byte> name) =>
        Libc.TryGetVariable(name, out ReadOnlySpan<byte> value) && !value.IsEmpty && !value.SequenceEqual("0"u8);

    /// <summary>
    /// Home directory of the account by its line in /etc/passwd, else <c>HOME</c>. The name service is never asked: it may be far away and
    /// slow, and its plug-ins cost more than a hit. An account that only it knows is found by <c>HOME</c>, which whoever logs in has from
    /// there.
    /// </summary>
    public static string? AccountHome() => HomeFromPasswd(Libc.EffectiveUserId) ?? Variable("HOME"u8);

    private static string? HomeFromPasswd(uint user)
    {
        if (Libc.ReadFile("/etc/passwd\0"u8, MaxPasswdBytes, out ReadOnlySpan<byte> lines) != 0)
            return null;
        Span<byte> wanted = stackalloc byte[10];
        System.Buffers.Text.Utf8Formatter.TryFormat(user, wanted, out int digits);
        Span<Range> fields = stackalloc Range[7];
        foreach (Range lineRange in lines.Split((byte)'\n'))
        {
            // name:password:uid:gid:gecos:home:shell, passwd(5)
            ReadOnlySpan<byte> line = lines[lineRange];
            int count = 0;
            foreach (Range field in line.Split((byte)':'))
            {
                if (count == fields.Length)
                    break;
                fields[count++] = field;
            }
            if (
                count >= 6
                && line[fields[2]].SequenceEqual(wanted[..digits])
                && !line[fields[5]].IsEmpty
                && line[fields[5]][0] == (byte)'/'
            )
                return Encoding.UTF8.GetString(line[fields[5]]);
        }
        return null;
    }

    /// <summary>64-bit FNV-1a: a short, stable name for a long path; nothing rests on it being hard to invert.</summary>
    private static ulong Fnv1a(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in MemoryMarshal.AsBytes(text.AsSpan()))
            hash = (hash ^ b) * 1099511628211;
        return hash;
    }
}
