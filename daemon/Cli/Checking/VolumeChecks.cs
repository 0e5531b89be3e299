using System;
using System.Collections.Generic;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Daemon.Cli.Machine;

namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>
/// Where the shim is mounted as one file over real helm: does it find all that it needs in the place that it was laid out for?
/// </summary>
internal static class VolumeChecks
{
    private const string Advice = "fill a volume with `helmcached install --into DIRECTORY` and mount it at that path (docs/argo-cd.md)";

    public static IEnumerable<DoctorCheck> Run()
    {
        if (Probe.OnPath("helm") is not { } first || !Probe.IsShim(first))
            yield break;
        string shim = File.ResolveLinkTarget(first, returnFinalTarget: true)?.FullName ?? first;
        string? volume = ProgramVolume.Of(shim);
        if (volume is null && File.Exists(ProgramVolume.Beside(shim, "helmcached")))
            yield break;
        if (volume is null)
            yield return DoctorCheck.Fail(
                "shim-daemon",
                $"PATH: {first} is the shim, but there is no helmcached next to it, so every call runs real helm",
                IsMounted(shim) ? Advice : "keep helm and helmcached in the same directory, as they were built or unpacked"
            );
        else if (!File.Exists(volume + "/helmcached"))
            yield return DoctorCheck.Fail(
                "shim-daemon",
                $"PATH: {first} was made for {volume}, but there is no {volume}/helmcached, so every call runs real helm",
                $"mount the volume that it came from at {volume}"
            );
        else
            yield return DoctorCheck.Ok("shim-daemon", $"volume: {first} was made for {volume}, and helmcached is there");
        if (volume is not null && !File.Exists(ProgramVolume.HelmIn(volume)))
            yield return DoctorCheck.Fail(
                "hidden-helm",
                $"volume: there is no {ProgramVolume.HelmIn(volume)}"
                    + (IsMounted(shim) ? $", and {first} is mounted over the helm that was there" : ""),
                Advice
            );
        else if (volume is null && IsMounted(shim))
            yield return DoctorCheck.Fail(
                "hidden-helm",
                $"PATH: {first}, the shim, is mounted over the helm that was there, so real helm can no longer be run",
                Advice
            );
    }

    /// <summary>proc_pid_mountinfo(5): the fifth field is the place of a mount.</summary>
    private static bool IsMounted(string path)
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/self/mountinfo"))
                if (line.Split(' ') is { Length: > 4 } fields && fields[4] == path)
                    return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { }
        return false;
    }
}
