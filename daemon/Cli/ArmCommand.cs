using System;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Fingerprints;
using CliWrap;
using CliWrap.Buffered;

namespace CacheDaemon.Daemon.Cli;

/// <summary>
/// <c>helmcached arm [--network] HELM</c>: not for people. The daemon starts it when it meets a new helm, so that the work is done at low
/// priority and its memory given back; <c>start</c> does the same in its own process and waits.
/// </summary>
internal static class ArmCommand
{
    private const int OwnerOnly = 0x3f;

    private const string NetworkFlag = "--network";

    public static int Run(string[] arguments)
    {
        bool network = arguments is [NetworkFlag, _];
        if (arguments.Length != (network ? 2 : 1))
            return ExitCodes.Usage;
        // Callers go first.
        Libc.BeNice();
        Libc.Umask = OwnerOnly;
        ArmingRecord record = ArmAsync(AdminConnection.Endpoint(), arguments[^1], network).GetAwaiter().GetResult();
        Console.WriteLine(
            record.Unarmed.Length > 0
                ? $"helm cannot be armed: {record.Unarmed}"
                : $"{record.Copy}: {record.Traps.Count} kinds of traps, tested in {record.Runs} runs"
        );
        return ExitCodes.Ok;
    }

    /// <summary>Has a helm armed by another process, for the daemon of a home.</summary>
    /// <exception cref="IOException">It could not be started, or failed.</exception>
    public static async Task InProcessOfItsOwnAsync(Endpoint endpoint, string helm, bool network = false)
    {
        string program = Environment.ProcessPath ?? throw new IOException("cannot find the path of this program");
        BufferedCommandResult result = await global::CliWrap
            .Cli.Wrap(program)
            .WithArguments(network ? ["arm", NetworkFlag, helm] : ["arm", helm])
            .WithEnvironmentVariables(variables => variables.Set(Endpoint.HomeVariable, endpoint.Home))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync()
            .ConfigureAwait(false);
        if (result.ExitCode != ExitCodes.Ok)
            throw new IOException(
                result.StandardError.Length > 0 ? result.StandardError.Split('\n')[0] : $"helmcached arm ended with {result.ExitCode}"
            );
    }

    /// <summary>
    /// Arms the real helm of this process's environment, for a person who waits: says so where it takes a moment. Whatever goes wrong only
    /// means that the daemon tries again later.
    /// </summary>
    public static void WaitForHelm(Endpoint endpoint)
    {
        if (HelmLocator.Find().Path is not { } helm)
            return;
        try
        {
            if (
                Identify(endpoint, helm) is not { IsHelm: true } binary
                || ArmingRecord.Read(DirectoryOf(endpoint), binary.Digest) is not null
            )
                return;
            Console.WriteLine($"preparing {helm} (once for each helm, a few seconds)");
            // It may be the first to make something in the cache's home, and that home itself.
            int umask = Libc.Umask;
            ArmingRecord record;
            try
            {
                Libc.Umask = OwnerOnly;
                record = ArmAsync(endpoint, helm).GetAwaiter().GetResult();
            }
            finally
            {
                Libc.Umask = umask;
            }
            if (record.Unarmed.Length > 0)
                Console.WriteLine(
                    $"note: this helm has no armed copy: {record.Unarmed}. Only charts with plain templates are cached; see "
                        + "docs/repeatability.md"
                );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(
                $"helmcached: {helm} could not be prepared: {e.Message}; the daemon will try again at the first render"
            );
        }
    }

    /// <summary>
    /// What is in a helm's file, read at most once for the daemon of a home and those who start it; null when it cannot be read.
    /// </summary>
    private static HelmBinary? Identify(Endpoint endpoint, string helm) =>
        Libc.Stat(helm, follow: true, out FileStamp stamp) == 0
            ? new HelmBinaries(new StampLedger(DirectoryOf(endpoint), TimeProvider.System)).Find(helm, stamp, TimeProvider.System.NowNs())
            : null;

    /// <summary>Arms a helm for the daemon of a home.</summary>
    private static async Task<ArmingRecord> ArmAsync(Endpoint endpoint, string helm, bool network = false)
    {
        ArmingRecord record = await ArmingWork
            .RunAsync(network ? Armory.ForNetworkBelow(DirectoryOf(endpoint)) : DirectoryOf(endpoint), helm, network)
            .ConfigureAwait(false);
        // Only now is there a directory to note it in.
        Identify(endpoint, helm);
        return record;
    }

    /// <summary>Where the daemon of a home keeps armed copies.</summary>
    public static string DirectoryOf(Endpoint endpoint) => EffectiveSettings.ForDaemon().Options.ArmedDirectory ?? endpoint.ArmedPath;
}
