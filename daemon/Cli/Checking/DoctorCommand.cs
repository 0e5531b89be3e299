using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.Json;
using CacheDaemon.Client;
using CacheDaemon.Daemon.Hosting;

namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>
/// Looks at everything that must be right for helm to be cached, and says of each what was found and what to do. Starts no daemon in the
/// user's home; the self-test has one of its own, in a temporary directory.
/// </summary>
internal static class DoctorCommand
{
    /// <summary>The command with its options.</summary>
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("doctor", "Check the installation and suggest fixes. Exits with 0 only if all checks pass.") { json };
        command.SetAction(parsed => Run(parsed.GetValue(json)));
        return command;
    }

    private static int Run(bool json)
    {
        var done = new List<DoctorCheck>();
        foreach (DoctorCheck check in AllChecks())
        {
            done.Add(check);
            if (!json)
                Print(check);
        }
        int failures = done.Count(check => check.Outcome == CheckOutcome.Fail);
        if (json)
            Console.WriteLine(ToJson(done));
        else
            Console.WriteLine(failures == 0 ? "\nall checks passed" : $"\n{failures} of {done.Count} checks failed");
        return failures == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static IEnumerable<DoctorCheck> AllChecks()
    {
        Endpoint endpoint = AdminConnection.Endpoint();
        return Guarded("path", PathChecks.Run())
            .Concat(Guarded("volume", VolumeChecks.Run()))
            .Concat(Guarded("helm", HelmChecks.Run()))
            .Concat(Guarded("armed", ArmingChecks.Run(endpoint)))
            .Concat(Guarded("home", HomeChecks.Run(endpoint)))
            .Concat(Guarded("shared", SharedChecks.Run()))
            .Concat(Guarded("daemon", DaemonChecks.Run(endpoint)))
            .Concat(Guarded("self-test", SelfTest.Run()));
    }

    /// <summary>A check that cannot even be made is one that failed, and the others go on.</summary>
    private static IEnumerable<DoctorCheck> Guarded(string name, IEnumerable<DoctorCheck> checks)
    {
        using IEnumerator<DoctorCheck> each = checks.GetEnumerator();
        while (true)
        {
            DoctorCheck? check;
            try
            {
                check = each.MoveNext() ? each.Current : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
            {
                check = DoctorCheck.Fail(name, $"this check could not run: {e.Message}", "fix that, then run `helmcached doctor` again");
            }
            if (check is null)
                yield break;
            yield return check;
        }
    }

    /// <summary>Shows a check to a person.</summary>
    public static void Print(DoctorCheck check)
    {
        switch (check.Outcome)
        {
            case CheckOutcome.Ok:
                Marks.Good(check.Says);
                break;
            case CheckOutcome.Note:
                Marks.Note(check.Says);
                break;
            default:
                Marks.Bad(check.Says);
                break;
        }
        if (check.Next.Length > 0)
            Marks.Next(check.Next);
    }

    /// <summary>All checks as one document.</summary>
    public static string ToJson(List<DoctorCheck> checks) =>
        JsonSerializer.Serialize(
            new DoctorReport(
                checks.TrueForAll(check => check.Outcome != CheckOutcome.Fail),
                DaemonHost.Version,
                [
                    .. checks.Select(static check => new DoctorReport.Item(
                        check.Name,
                        check.Outcome.ToString().ToLowerInvariant(),
                        check.Says,
                        check.Next
                    )),
                ]
            ),
            DoctorJson.Default.DoctorReport
        );
}
