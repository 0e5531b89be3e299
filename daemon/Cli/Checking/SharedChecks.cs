using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Shared.Servers;

namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>The team's cache, as far as it can be looked at without its server.</summary>
internal static class SharedChecks
{
    /// <summary>For <c>doctor</c>: nothing where no team's cache is wanted.</summary>
    public static IEnumerable<DoctorCheck> Run()
    {
        SharedSettings shared = EffectiveSettings.ForDaemon().Options.Shared;
        if (!shared.IsWanted)
            yield break;
        IReadOnlyList<string> problems = Problems(shared);
        foreach (string problem in problems)
            yield return DoctorCheck.Fail(
                "shared",
                $"team's cache: out: {problem}",
                "mend that, then: helmcached stop; helmcached shared check"
            );
        if (problems.Count == 0)
            yield return DoctorCheck.Ok(
                "shared",
                $"team's cache: {SharedSettings.Shown(shared.Url!)}, {(shared.MayWrite ? "read and written" : "read")}; "
                    + "`helmcached shared check` tries it"
            );
    }

    /// <summary>Everything that is wrong with settings and files of the team's cache; connects to nothing.</summary>
    public static IReadOnlyList<string> Problems(SharedSettings shared)
    {
        var problems = new List<string>();
        if (!shared.IsWanted)
            return problems;
        SharedKeys.Load(shared, problems);
        if (shared.Mistake is null)
            SharedServers.Open(shared, problems);
        return problems;
    }

    /// <summary>What the keys are, and what follows from them.</summary>
    public static IEnumerable<DoctorCheck> OfKeys(SharedSettings shared, SharedKeys keys)
    {
        yield return keys.Trusted.Count == 0
            ? new DoctorCheck(
                "trust",
                CheckOutcome.Note,
                "trust: nobody; this machine writes, and is served nothing by others",
                "set shared.trust to be served, too"
            )
            : DoctorCheck.Ok(
                "trust",
                $"trust: {(keys.Trusted.Count == 1 ? "one writer" : $"{keys.Trusted.Count} writers")}, "
                    + $"{string.Join(", ", keys.Trusted.Select(static key => key.Id))}"
            );
        if (keys.Signer is { } signer)
            yield return keys.Trusted.Any(key => key.Id == signer.Id)
                ? DoctorCheck.Ok("signing", $"signing: with key {signer.Id}, of {shared.SignWith}")
                : new DoctorCheck(
                    "signing",
                    CheckOutcome.Note,
                    $"signing: with key {signer.Id}, which shared.trust here does not list",
                    $"where entries are to be read: helmcached config set shared.trust {signer}"
                );
        yield return keys.Encrypts
            ? DoctorCheck.Ok(
                "encryption",
                $"encryption: with {shared.EncryptWith}; entries with a Secret "
                    + $"{(keys.MaySealSecrets ? "go to the server, too" : "stay here")}"
            )
            : new DoctorCheck(
                "encryption",
                CheckOutcome.Note,
                "encryption: none: who reads the server reads what was rendered; entries with a Secret stay here",
                "set shared.encrypt_with to the team's team.key"
            );
        yield return keys.HidesNames
            ? DoctorCheck.Ok("names", $"names: hidden with {shared.NamesFrom ?? shared.EncryptWith}")
            : new DoctorCheck(
                "names",
                CheckOutcome.Note,
                "names: of the empty salt: who reads the server can try guesses of short values",
                "set shared.names_from to the team's team.key"
            );
        if (shared.Url is { Scheme: "http" or "redis", IsLoopback: false })
            yield return new DoctorCheck(
                "network",
                CheckOutcome.Note,
                $"network: {shared.Url.Scheme}:// is not encrypted: tokens and passwords can be read on the way; entries cannot be "
                    + "changed there",
                $"use {shared.Url.Scheme}s:// where the network is not yours"
            );
    }
}
