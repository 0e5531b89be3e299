using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Arming;

/// <summary>
/// Makes the armed copy of a helm binary, tries it, and writes down what came of that. One at a time for a directory; the others then find
/// it done.
/// </summary>
internal static class ArmingWork
{
    /// <summary>No helm is that large.</summary>
    private const long MaxHelmBytes = 1L << 30;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode ProgramMode = UnixFileMode.UserRead | UnixFileMode.UserExecute;

    /// <summary>Arms a helm, unless that was done before by this recipe.</summary>
    /// <param name="directory">Where records and copies are kept; made when it is missing.</param>
    /// <param name="helm">Path of the real helm.</param>
    /// <param name="network">Whether the copy is for calls that download their chart; such copies have a directory of their own.</param>
    /// <exception cref="IOException">The directory or the helm cannot be used: nothing was learnt.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static async Task<ArmingRecord> RunAsync(string directory, string helm, bool network = false)
    {
        Directory.CreateDirectory(directory, OwnerOnly);
        int turn = Libc.WaitForLock(Libc.PathBytes(directory + "/lock"));
        if (turn < 0)
            throw new IOException($"{directory}/lock cannot be locked");
        try
        {
            var file = new FileInfo(helm);
            if (file.Length > MaxHelmBytes)
                throw new IOException($"{helm} is too large for a helm");
            byte[] image = await File.ReadAllBytesAsync(helm).ConfigureAwait(false);
            Digest digest = Digest.Of(image);
            if (ArmingRecord.Read(directory, digest) is { } known && (known.Unarmed.Length > 0 || IsIntact(known)))
                return known;
            ArmingRecord record = await ArmAsync(directory, image, digest, network).ConfigureAwait(false);
            record.Write(directory, digest);
            return record;
        }
        finally
        {
            Libc.Close(turn);
        }
    }

    private static async Task<ArmingRecord> ArmAsync(string directory, byte[] image, Digest helm, bool network)
    {
        try
        {
            ArmingPlan plan = Armer.Plan(image, network);
            HelmRunException? notAllowed = null;
            foreach (string place in Places(directory))
            {
                try
                {
                    return await TryAsync(place, image, helm, plan, network).ConfigureAwait(false);
                }
                catch (HelmRunException e) when (e.NotAllowed)
                {
                    notAllowed = e; // A file system that runs no programs (noexec): perhaps another one does.
                }
            }
            throw new ArmingException("no directory of yours lets a program run", notAllowed!);
        }
        catch (Exception e) when (e is ArmingException or HelmRunException)
        {
            return new ArmingRecord(ArmingRecipe.Version, "", "", [], 0, e.Message);
        }
    }

    /// <summary>Makes the copy at a place and tries it there.</summary>
    private static async Task<ArmingRecord> TryAsync(string place, byte[] image, Digest helm, ArmingPlan plan, bool network)
    {
        string kind = network ? "network-" : "",
            copy = $"{place}/helm-{kind}{helm.ToString()[..16]}",
            temporary = $"{place}/new-{kind}{Environment.ProcessId}",
            scratch = temporary + "-test";
        Directory.CreateDirectory(place, OwnerOnly);
        try
        {
            // Beside the armed copy the real one is tried, as the bytes that were read: whatever happens to the caller's file in the
            // meantime.
            string real = temporary + "-real";
            await WriteProgramAsync(real, image).ConfigureAwait(false);
            byte[] armed = (byte[])image.Clone();
            foreach (Patch patch in plan.Patches)
                patch.Bytes.CopyTo(armed, patch.Offset);
            await WriteProgramAsync(temporary, armed).ConfigureAwait(false);
            Directory.CreateDirectory(scratch, OwnerOnly);
            int runs = await SelfTest.RunAsync(real, temporary, plan.Traps.Count, scratch).ConfigureAwait(false);
            File.Move(temporary, copy, overwrite: true);
            return new ArmingRecord(ArmingRecipe.Version, copy, Digest.Of(armed).ToString(), plan.Traps, runs, "");
        }
        finally
        {
            File.Delete(temporary);
            File.Delete(temporary + "-real");
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
    }

    private static async Task WriteProgramAsync(string path, byte[] bytes)
    {
        File.Delete(path);
        using (
            var file = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = ProgramMode,
                }
            )
        )
            await file.WriteAsync(bytes).ConfigureAwait(false);
        // Whatever the umask.
        File.SetUnixFileMode(path, ProgramMode);
    }

    private static bool IsIntact(ArmingRecord record)
    {
        try
        {
            using FileStream file = File.OpenRead(record.Copy);
            return Sha256.Of(file).ToString() == record.CopyDigest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// Where a copy may lie: beside its record, else in a directory that only this user may enter, on another file system.
    /// </summary>
    private static IEnumerable<string> Places(string directory)
    {
        yield return directory;
        uint user = Libc.EffectiveUserId;
        if (Endpoint.IsPrivate($"/run/user/{user}", user))
            yield return $"/run/user/{user}/helmcached-armed";
        foreach (string root in (string[])["/var/tmp", "/tmp"])
        {
            string place = $"{root}/helmcached-armed-{user}";
            try
            {
                Directory.CreateDirectory(place, OwnerOnly);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }
            // Somebody else may have made it first.
            if (Endpoint.IsPrivate(place, user))
                yield return place;
        }
    }
}
