using System.Collections.Generic;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Fingerprints;

namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>Is there a copy of the real helm that proves what it renders, and if not, why?</summary>
internal static class ArmingChecks
{
    private const string Name = "armed";

    public static IEnumerable<DoctorCheck> Run(Endpoint endpoint)
    {
        if (HelmLocator.Find().Path is not { } path || HelmIdentity.Read(path) is not { IsHelm: true } binary)
            yield break;
        yield return ArmingRecord.Read(ArmCommand.DirectoryOf(endpoint), binary.Digest) switch
        {
            null => new DoctorCheck(
                Name,
                CheckOutcome.Note,
                "armed copy: none yet; the first render makes one",
                "helmcached start  (makes it now)"
            ),
            { Unarmed.Length: > 0 } record => new DoctorCheck(
                Name,
                CheckOutcome.Note,
                $"armed copy: none, because this helm cannot be armed: {record.Unarmed}. Only charts with plain templates are cached",
                record.Unarmed == GoProgram.OtherProcessor
                    ? "see docs/repeatability.md"
                    : "use an official helm build; see docs/repeatability.md"
            ),
            var record => DoctorCheck.Ok(
                Name,
                $"armed copy: {record.Copy}, {record.Traps.Count} kinds of traps, tested in {record.Runs} runs"
            ),
        };
    }
}
