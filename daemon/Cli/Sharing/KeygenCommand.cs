using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared.Sealing;

namespace CacheDaemon.Daemon.Cli.Sharing;

/// <summary><c>helmcached shared keygen DIR</c>: the key of a writer and the key of the team. Never writes over a file.</summary>
internal static class KeygenCommand
{
    private const string Signing = "signing.key",
        Public = "signing.pub",
        Team = "team.key";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        ForAll = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        OwnDirectory = OwnerOnly | UnixFileMode.UserExecute;

    public static Command Create()
    {
        var directory = new Argument<string>("dir")
        {
            Description = "Where the files go; made if it is not there. It must not hold the keys of another writer.",
        };
        var command = new Command(
            "keygen",
            "Make the key of a writer (signing.key, signing.pub) and the key of the team (team.key; one that is there is kept)."
        )
        {
            directory,
        };
        command.SetAction(parsed => Run(parsed.GetValue(directory)!));
        return command;
    }

    private static int Run(string directory)
    {
        if (!Sha256.HasOpenSsl)
            throw new IOException(
                "keys need OpenSSL's library (libssl.so.3), which this system does not have; install it (Debian: libssl3)"
            );
        directory = Libc.FullPath(directory);
        string signingPath = Path.Combine(directory, Signing),
            publicPath = Path.Combine(directory, Public),
            teamPath = Path.Combine(directory, Team);
        if (((string[])[signingPath, publicPath]).FirstOrDefault(IsThere) is { } there)
            throw new IOException($"{there} is there already, and keys are never written over; name another directory, or move it away");
        bool isTeamNew = !IsThere(teamPath);
        using var signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PublicKey key = PublicKey.Of(signing);
        if (!Directory.Exists(directory))
            Directory.CreateDirectory(directory, OwnDirectory);
        var made = new List<string>();
        try
        {
            Write(signingPath, signing.ExportPkcs8PrivateKeyPem() + "\n", OwnerOnly, made);
            Write(publicPath, key + "\n", ForAll, made);
            if (isTeamNew)
                Write(teamPath, TeamKey.Create().ToPem(), OwnerOnly, made);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Half a set of keys helps nobody, and would be in the way of the next try.
            foreach (string path in made)
                File.Delete(path);
            throw new IOException($"no keys were made: {e.Message}", e);
        }
        Console.WriteLine(
            $"""
            {signingPath}  for those alone who may write: the CI of protected branches
            {publicPath}  for everyone
            {teamPath}  {(isTeamNew ? "for every machine of the team" : "was there, and is kept")}

            The line for shared.trust (key {key.Id}):

            {key}

            On every machine:
              helmcached config set shared.url https://SERVER/PATH
              helmcached config set shared.trust {key}
              helmcached config set shared.encrypt_with {teamPath}
            And only where writing is trusted:
              helmcached config set shared.mode write
              helmcached config set shared.sign_with {signingPath}
            Then: helmcached stop; helmcached shared check
            """
        );
        return ExitCodes.Ok;
    }

    private static bool IsThere(string path) => Libc.Stat(path, follow: false, out _) == 0;

    private static void Write(string path, string text, UnixFileMode mode, List<string> made)
    {
        using (
            var file = new StreamWriter(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = OwnerOnly,
                }
            )
        )
        {
            made.Add(path);
            file.Write(text);
        }
        File.SetUnixFileMode(path, mode); // Whatever the umask.
    }
}
