using System.Collections.Generic;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Cli.Machine;
using CacheDaemon.Daemon.Fingerprints;

namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>Which helm is the real one, is it one, and does it lead back to us?</summary>
internal static class HelmChecks
{
    public static IEnumerable<DoctorCheck> Run()
    {
        if (ConfiguredHelm.Read() is { } configured && HelmLocator.Problem(configured, out FileStamp _) is { } wrong)
            yield return DoctorCheck.Fail(
                "helm-setting",
                $"{ConfiguredHelm.File()}: helm: {configured} {wrong}, so it is ignored",
                "fix that line, or remove it to search PATH"
            );
        HelmLocation helm = HelmLocator.Find();
        if (helm.Path is not { } path)
        {
            yield return DoctorCheck.Fail("helm", helm.Problem!, $"install helm, or set {HelmLocator.Variable}");
            yield break;
        }
        HelmBinary binary = HelmIdentity.Read(path);
        if (binary.IsHelm)
        {
            yield return Probe.HelmVersion(path) is { } version
                ? DoctorCheck.Ok("helm", $"real helm: {path}, {version}, SHA-256 {binary.Digest.ToString()[..16]}…")
                : DoctorCheck.Fail("helm", $"real helm: {path} does not answer `version --short`", "run it yourself to see why");
        }
        else
        {
            VersionManager? manager = VersionManager.Of(path);
            string? wrapped = manager is null ? WrapperScript.HelmIn(path) : null;
            yield return DoctorCheck.Fail(
                "helm",
                wrapped is not null ? $"real helm: {path} is a script that runs {wrapped}, so nothing is cached"
                    : manager is null ? $"real helm: {path} is not a helm binary but a script or another program, so nothing is cached"
                    : $"real helm: {path} is a stub of {manager.Name}, so nothing is cached",
                wrapped is not null
                        ? $"set that in {ConfiguredHelm.File()}:  helm: {wrapped}  and export whatever else the script sets, such as "
                            + $"HELM_PLUGINS; or let the script call the shim, with {HelmLocator.Variable}={wrapped}"
                    : manager is null ? $"set the binary in {ConfiguredHelm.File()}:  helm: /path/to/helm"
                    : "helmcached install --write  (asks it for the binary and saves that in the configuration)"
            );
        }
        yield return LeadsBack(path)
            ? DoctorCheck.Fail(
                "loop",
                $"{path} calls helm by name, which leads back to the shim",
                $"set {HelmLocator.Variable}, or helm: in the configuration, to the real binary"
            )
            : DoctorCheck.Ok("loop", "real helm does not point back to the shim");
    }

    /// <summary>
    /// Runs it as if by the deepest shim that is allowed: when another shim meets that depth below it, that one ends with 126
    /// (<c>shim/RealHelm</c>).
    /// </summary>
    private static bool LeadsBack(string path) => Probe.ExitCode(path, new() { ["HELMCACHED_DEPTH"] = "23" }, "version", "--short") == 126;
}
