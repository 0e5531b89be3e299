using System;
using System.Collections.Generic;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Insight;

/// <summary>
/// What a user can do about each reason, in a few words. Every reason has one; the names are those of <c>stats --json</c>.
/// </summary>
internal static class ReasonAdvice
{
    private const string Nothing = "nothing to do: this command always runs helm";
    private const string Passing = "nothing to do: it goes away by itself";
    private const string Vary =
        "pass the value with --set instead of having it generated, or keep one result with HELMCACHED_IMPURE=freeze";
    private const string LocalChart = "pull the chart once and render the copy";

    private static readonly Dictionary<string, string> s_bypass = Names(
        static (BypassReason reason) => ReasonText.Of(reason),
        static reason =>
            reason switch
            {
                BypassReason.UnknownFlag => "check the flag; flags of newer helm versions are not supported yet",
                BypassReason.BadFlagValue or BypassReason.WrongArgumentCount => "check the command line; helm may complain about it too",
                BypassReason.HelpRequested or BypassReason.NotTemplate => Nothing,
                BypassReason.DebugOutput => "drop --debug and unset HELM_DEBUG, or use helm 4",
                BypassReason.LoggingFlag => "drop the logging flags",
                BypassReason.ClusterAccess => "drop --validate and --dry-run=server",
                BypassReason.DnsEnabled => "drop --enable-dns",
                BypassReason.PostRenderer => "pipe the output through the post-renderer instead",
                BypassReason.OutputDirectory => "write --output-dir as a plain path without a trailing slash, before any --",
                BypassReason.DependencyUpdate => "run helm dependency build once beforehand",
                BypassReason.VerifyRequested => "run helm verify once beforehand",
                BypassReason.NameTemplate => "give the release a plain name",
                BypassReason.TlsFiles or BypassReason.Credentials or BypassReason.RemoteChart => LocalChart,
                BypassReason.RemoteValues => "download the values file once",
                BypassReason.SetFileSyntax => "use plain keys in --set-file: letters, digits, _ - . / and indexes",
                BypassReason.FlagBeforeCommand => "put the flag after `template`",
                BypassReason.HelmDriver => "unset HELM_DRIVER",
                BypassReason.GoDebug => "unset GODEBUG",
                BypassReason.GoVariable => "unset the variable, or set it to a value that Go understands",
                BypassReason.PluginDownloads => "remove the plugin, or list its protocols in plugin.yaml",
                BypassReason.Profiling => "unset HELM_PPROF_CPU_PROFILE and HELM_PPROF_MEM_PROFILE",
                BypassReason.HomeUnset => Passing,
                BypassReason.KubeconfigDoubtful => "set the namespace with -n or HELM_NAMESPACE",
                BypassReason.OtherUser => "each user has their own daemon; check HELMCACHED_HOME",
                BypassReason.OtherMountNamespace or BypassReason.OtherRoot =>
                    "nothing to do: a second daemon serves such calls from memory; set HELMCACHED_HOME in the container to give it "
                        + "its own store",
                BypassReason.CallerUnknown => "mount /proc again in the process namespace of the daemon or of the caller",
                BypassReason.OtherCredentials => "nothing to do: a second daemon with the caller's rights serves such calls from memory",
                BypassReason.DirectoryMismatch => "use the real path of the chart",
                BypassReason.HelmNotABinary => "point HELMCACHED_HELM at the helm binary itself",
                BypassReason.ProtocolMismatch => "shim and daemon have different versions: run helmcached stop",
                BypassReason.Draining => "nothing to do: the next call gets a new daemon",
                BypassReason.TooManyConnections => "run fewer calls at once, or raise the limit of open files",
                BypassReason.ChartMissing => "check the path; " + LocalChart,
                BypassReason.ChartNotAFileOrDirectory or BypassReason.ChartSpecialFile =>
                    "keep sockets, pipes and devices out of the chart",
                BypassReason.ChartUnreadable or BypassReason.InputUnreadable => "check the permissions of the files",
                BypassReason.ChartTooLarge => "exclude files that are not part of the chart (.helmignore)",
                BypassReason.ChartSymlinkBroken => "fix or remove the link",
                BypassReason.HelmIgnoreInvalid => "simplify the rules in .helmignore",
                BypassReason.SchemaReference => "move what values.schema.json refers to into the file itself",
                BypassReason.ValuesMissing => "check the path of the values file",
                BypassReason.ValuesNotRegular or BypassReason.ValuesThroughProc =>
                    "write the values into a file, or send them on standard input (-f -)",
                BypassReason.ValuesTooLarge => "split the values file",
                BypassReason.NameNotUtf8 => "use names in UTF-8",
                BypassReason.ArchiveUnpacked => "lint the chart's directory; unpack the archives in charts/ for --with-subcharts",
                BypassReason.DependenciesDoubtful =>
                    "use plain names for dependencies: no slashes, wildcards, anchors or non-ASCII characters",
                BypassReason.RemoteNotCached => "nothing to do: helm downloads the archive, and the next call is served",
                BypassReason.RemoteDoubtful => "run helm repo update, or pick one version with --version; " + LocalChart,
                BypassReason.KnownToVary => Vary,
                BypassReason.ConfiguredBypass => "as configured (bypass)",
                BypassReason.LeaseholderFailed => "find out why the other call failed",
                BypassReason.OutputTooLarge => "nothing to do: output larger than 256 MiB is not cached",
                BypassReason.InputsKeepChanging => "render once the files are no longer changing",
                BypassReason.Arming => "nothing to do: this takes a few seconds for each new helm; helmcached start waits for it",
                BypassReason.Unarmed =>
                    "run helmcached doctor to see why this helm has no armed copy; official builds for x86-64 can have one",
                BypassReason.LeaseholderSlow => "check whether the helm of the other call hangs or was stopped",
                BypassReason.TooFewDescriptors => "raise the hard limit of open files (ulimit -Hn), then helmcached stop",
                BypassReason.CallerLeft => "nothing to do: the caller ended, or the machine was too busy",
                BypassReason.Coordinated => Nothing,
                BypassReason.CoordinationOff => "as configured (coordinate)",
                BypassReason.InsideTurn => "nothing to do: helm was called by a program that helm started",
                BypassReason.HolderSlow => "check whether the helm ahead of it hangs, or its repository does not answer",
                BypassReason.Faulted => "please report this, and attach daemon.log",
                _ => "",
            }
    );

    private static readonly Dictionary<string, string> s_refuse = Names(
        static (RefuseReason reason) => ReasonText.Of(reason),
        static reason =>
            reason switch
            {
                RefuseReason.HelmFailed => "nothing to do: failures are not cached",
                RefuseReason.InputsChanged => "render once the files are no longer changing",
                RefuseReason.Interrupted => "nothing to do: the call was interrupted",
                RefuseReason.OutputTooLarge => "nothing to do: output larger than 256 MiB is not cached",
                RefuseReason.NotRepeatable => Vary,
                RefuseReason.ReadOnly => "as configured (readonly)",
                RefuseReason.LeaseLost => Passing,
                RefuseReason.StoreFailed => "check the disk; daemon.log says what failed",
                RefuseReason.SecretsNever => "as configured (store.secrets)",
                _ => "",
            }
    );

    /// <summary>About a bypass; empty for a name that this version does not know.</summary>
    public static string OfBypass(string name) => s_bypass.GetValueOrDefault(name, "");

    /// <summary>About a result that was not kept.</summary>
    public static string OfRefusal(string name) => s_refuse.GetValueOrDefault(name, "");

    private static Dictionary<string, string> Names<T>(Func<T, string> name, Func<T, string> advice)
        where T : struct, Enum
    {
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (T reason in Enum.GetValues<T>())
            table[name(reason)] = advice(reason);
        return table;
    }
}
