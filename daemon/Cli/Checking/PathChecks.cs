using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Client;
using CacheDaemon.Daemon.Cli.Installing;
using CacheDaemon.Daemon.Cli.Machine;

namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>Is the shim the first <c>helm</c>, here and in a new shell, and is it switched on?</summary>
internal static class PathChecks
{
    public static IEnumerable<DoctorCheck> Run()
    {
        string? first = Probe.OnPath("helm");
        yield return first is not null && Probe.IsShim(first)
            ? DoctorCheck.Ok("path", $"PATH: {first} is the shim and comes first")
            : DoctorCheck.Fail(
                "path",
                first is null ? "PATH: no helm found" : $"PATH: {first} comes first and is not the shim, so nothing is cached here",
                Installed() is { } directory ? $"open a new terminal, or run: {Shell.All[0].Line(directory)}" : "helmcached install --write"
            );
        InstallPlaces places = InstallPlaces.Find();
        // One that nobody uses here would be a fault of nobody's.
        foreach (Shell shell in Shell.All.Where(shell => shell.IsFound && shell.IsUsed(places)))
            yield return Check(shell, places);
        if (Endpoint.Switch("HELMCACHED_DISABLE"u8))
            yield return DoctorCheck.Fail("switches", "HELMCACHED_DISABLE is set: every call runs real helm", "unset HELMCACHED_DISABLE");
        if (Endpoint.Switch("HELMCACHED_RECACHE"u8))
            yield return DoctorCheck.Fail("switches", "HELMCACHED_RECACHE is set: every call runs real helm", "unset HELMCACHED_RECACHE");
        if (Endpoint.Switch("HELMCACHED_READONLY"u8))
            yield return new DoctorCheck(
                "switches",
                CheckOutcome.Note,
                "HELMCACHED_READONLY is set: hits are served, nothing new is stored"
            );
    }

    private static DoctorCheck Check(Shell shell, InstallPlaces places)
    {
        string? found = Probe.FirstHelm(shell, places);
        if (found is not null && Probe.IsShim(found))
            return DoctorCheck.Ok("shell-" + shell.Name, $"{shell.Name}: a new shell finds the shim, {found}");
        string says = found is null
            ? $"{shell.Name}: a new shell finds no helm, or does not answer"
            : $"{shell.Name}: a new shell finds {found}, which is not the shim";
        return new DoctorCheck(
            "shell-" + shell.Name,
            shell.IsLoginShell ? CheckOutcome.Fail : CheckOutcome.Note,
            says,
            Advice(shell, places)
        );
    }

    private static string? Installed() =>
        InstallManifest.Load(InstallPlaces.Find().Manifest) is { HasShim: true } manifest ? manifest.Directory : null;

    /// <summary>When our lines are there and something else is first all the same, what follows them has the last word.</summary>
    private static string Advice(Shell shell, InstallPlaces places)
    {
        string file = shell.StartupFile(places);
        return MarkedBlock.IsIn(CarefulFile.Read(file))
            ? $"move the helmcached lines to the end of {places.Short(file)}: something after them, or in a file read later, puts "
                + "another directory first"
            : $"helmcached install --write --shell {shell.Name}";
    }
}
