using System;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Cli.Machine;

/// <summary>
/// Where an installation lives. Unlike the cache's own home this follows <c>HOME</c> and <c>XDG_*</c>: it is a person's command,
/// and the shells look for their start-up files there too.
/// </summary>
/// <param name="Home">The home directory as shells see it.</param>
/// <param name="Data">
/// Directory of our own below the XDG data directory (XDG Base Directory Specification 0.8: <c>~/.local/share</c>).
/// </param>
/// <param name="Config">The XDG configuration directory.</param>
internal sealed record InstallPlaces(string Home, string Data, string Config)
{
    /// <summary>Name of the systemd user unit.</summary>
    public const string UnitName = "helmcached.service";

    /// <summary>
    /// Where the shim goes unless told otherwise: a directory of its own, since its <c>helm</c> must not hide or meet another's.
    /// </summary>
    public string DefaultDirectory => Data + "/bin";

    /// <summary>The list of what was made, by which <c>uninstall</c> goes.</summary>
    public string Manifest => Data + "/install.json";

    /// <summary>The systemd user unit (systemd.unit(5), user unit search path).</summary>
    public string Unit => $"{Config}/systemd/user/{UnitName}";

    /// <summary>The places of whoever runs this.</summary>
    /// <exception cref="IOException">There is no home directory, or it belongs to someone else (sudo keeps HOME).</exception>
    public static InstallPlaces Find()
    {
        string home =
            Endpoint.Variable("HOME"u8) ?? Endpoint.AccountHome() ?? throw new IOException("this account has no home directory; set HOME");
        home = Path.GetFullPath(home).TrimEnd('/');
        if (
            home.Length > 0
            && Libc.Stat(home, follow: true, out _) == 0
            && Libc.OwnerOf(Resolved(home)) is { } owner
            && owner != Libc.EffectiveUserId
        )
            throw new IOException($"HOME is {home}, which belongs to another user; run this as that user (without sudo), or set HOME");
        return new InstallPlaces(
            home,
            Base("XDG_DATA_HOME"u8, home + "/.local/share") + "/helmcached",
            Base("XDG_CONFIG_HOME"u8, home + "/.config")
        );
    }

    /// <summary>The path as a person writes it: <c>~</c> for the home directory.</summary>
    public string Short(string path) =>
        Home.Length > 0 && path.StartsWith(Home + "/", StringComparison.Ordinal) ? "~" + path[Home.Length..] : path;

    /// <summary>A relative path in such a variable is to be ignored (same specification).</summary>
    private static string Base(ReadOnlySpan<byte> variable, string otherwise) =>
        Endpoint.Variable(variable) is { } chosen && chosen.StartsWith('/') ? Path.GetFullPath(chosen).TrimEnd('/') : otherwise;

    private static string Resolved(string path) => Directory.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
}
