using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Cli.Checking;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Shared.Servers;

namespace CacheDaemon.Daemon.Cli.Sharing;

/// <summary>
/// <c>helmcached shared check</c>: the settings of the team's cache, the keys, and what the server lets this machine do. Exit code 0: all
/// is well; 1: the server; 2: settings or keys.
/// </summary>
internal static class CheckCommand
{
    /// <summary>The command with its options.</summary>
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new Command(
            "check",
            "Try the team's cache: settings, keys, server. Exit code 0 only if all is well; 1: the server, 2: settings or keys."
        )
        {
            json,
        };
        command.SetAction(parsed => Run(parsed.GetValue(json)));
        return command;
    }

    private static int Run(bool json)
    {
        var done = new List<DoctorCheck>();
        int code = ExitCodes.Ok;
        foreach ((DoctorCheck check, int failure) in All(EffectiveSettings.ForDaemon().Options.Shared))
        {
            done.Add(check);
            if (check.Outcome == CheckOutcome.Fail)
                code = failure;
            if (!json)
                DoctorCommand.Print(check);
        }
        if (json)
            Console.WriteLine(DoctorCommand.ToJson(done));
        else
            Console.WriteLine(code == ExitCodes.Ok ? "\nall is well" : "\nhelm works as without the team's cache until this is mended");
        return code;
    }

    private static IEnumerable<(DoctorCheck Check, int Failure)> All(SharedSettings shared)
    {
        if (!shared.IsWanted)
        {
            yield return (
                DoctorCheck.Fail(
                    "settings",
                    "there is no team's cache: shared.url is not set",
                    "helmcached config set shared.url https://SERVER/PATH  (see docs/shared-cache.md)"
                ),
                ExitCodes.Usage
            );
            yield break;
        }
        var problems = new List<string>();
        SharedKeys? keys = SharedKeys.Load(shared, problems);
        ISharedServer? server = shared.Mistake is null ? SharedServers.Open(shared, problems) : null;
        foreach (string problem in problems)
            yield return (DoctorCheck.Fail("settings", problem, ""), ExitCodes.Usage);
        if (keys is null || server is null || problems.Count > 0)
            yield break;
        foreach (DoctorCheck check in SharedChecks.OfKeys(shared, keys))
            yield return (check, ExitCodes.Usage);
        foreach (DoctorCheck check in new ServerTrial(server, keys, shared.MayWrite).Run(CancellationToken.None).ToBlockingEnumerable())
            yield return (check, ExitCodes.Failed);
    }
}
