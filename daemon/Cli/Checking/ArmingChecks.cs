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
            null => new DoctorCheck(Name, CheckOutcome.Note, "armed copy: none yet; the first render has it made", "helmcached start  (makes it now)"),
            { Unarmed.Length: > 0 } record => new DoctorCheck(Name, CheckOutcome.Note,
                $"armed copy: none, since helm cannot be armed: {record.Unarmed}. Only charts of plain templates are cached",
                record.Unarmed == GoProgram.OtherProcessor ? "docs/repeatability.md says more" : "use the helm project's own build; docs/repeatability.md says more"),
            var record => DoctorCheck.Ok(Name, $"armed copy: {record.Copy}, {record.Traps.Count} kinds of traps, tried by {record.Runs} runs"),
        };
    }
}
