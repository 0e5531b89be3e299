using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.Json;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Cli.Machine;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>Prints which files are in use: real helm, shim, daemon, store, configuration. Starts no daemon.</summary>
internal static class WhichCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var which = new Command("which", "Print the paths of real helm, shim, daemon, store and configuration. Never starts the daemon.")
        {
            json,
        };
        which.SetAction(parsed => Run(parsed.GetValue(json)));
        return which;
    }

    private static int Run(bool json)
    {
        Endpoint endpoint = AdminConnection.Endpoint();
        HelmLocation helm = HelmLocator.Find();
        string daemon = Environment.ProcessPath!;
        string? first = Probe.OnPath("helm");
        string? shim = Probe.AllOnPath("helm").FirstOrDefault(Probe.IsShim) ?? Beside(daemon);
        var report = new WhichReport(
            helm.Path,
            shim,
            shim is not null && shim == first,
            daemon,
            RunningPid(),
            endpoint.StorePath,
            ConfiguredHelm.File()
        );
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(report, WhichJson.Default.WhichReport));
        else
            Print(report, first);
        if (helm.Path is not null)
            return ExitCodes.Ok;
        Console.Error.WriteLine(helm.Problem);
        return ExitCodes.Failed;
    }

    private static void Print(WhichReport report, string? first)
    {
        Line("real helm", report.RealHelm, "");
        Line(
            "shim",
            report.Shim,
            report.ShimIsFirst || report.Shim is null ? ""
                : first is null ? "not on PATH"
                : $"not first on PATH: {first} is"
        );
        Line("daemon", report.Daemon, report.DaemonPid is { } pid ? $"running as process {pid}" : "not running");
        Line("store", report.Store, File.Exists(report.Store) ? Format.Bytes(new FileInfo(report.Store).Length) : "does not exist yet");
        Line(
            "configuration",
            report.Configuration,
            report.Configuration is null || File.Exists(report.Configuration) ? "" : "does not exist"
        );
    }

    private static void Line(string what, string? path, string note) =>
        Console.WriteLine($"{what, -15}{path ?? "none"}{(note.Length > 0 ? $" ({note})" : "")}");

    private static string? Beside(string daemon) =>
        Path.Join(Path.GetDirectoryName(daemon), "helm") is var helm && File.Exists(helm) && Probe.IsShim(helm) ? helm : null;

    private static int? RunningPid()
    {
        try
        {
            return AdminConnection.Ask(new Message.Status()) is { } status ? StatusReport.Read(status).Pid : null;
        }
        catch (IOException)
        {
            return null; // Hung; `status` is the command that says so.
        }
    }
}
