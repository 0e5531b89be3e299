using System;
using System.Collections.Generic;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Insight;

/// <summary>What a user can do about each reason, in a few words. Every reason has one; the names are those of <c>stats --json</c>.</summary>
internal static class ReasonAdvice
{
    private const string Nothing = "nothing to do: this command always runs helm";
    private const string Passing = "nothing to do: it goes away by itself";
    private const string Vary = "pass the value with --set instead of having it generated, or keep one result with HELMCACHED_IMPURE=freeze";
    private const string LocalChart = "pull the chart once and render the copy";

    private static readonly Dictionary<string, string> s_bypass = Names(static (BypassReason reason) => ReasonText.Of(reason), static reason => reason switch
    {
        BypassReason.UnknownFlag => "check the flag; a flag of a newer helm is not known yet",
        BypassReason.BadFlagValue or BypassReason.WrongArgumentCount => "check the command line; helm may complain about it too",
        BypassReason.HelpRequested or BypassReason.NotTemplate => Nothing,
        BypassReason.DebugOutput => "leave out --debug, unset HELM_DEBUG; with helm 4 it is served",
        BypassReason.LoggingFlag => "leave out the logging flags",
        BypassReason.ClusterAccess => "leave out --validate and --dry-run=server",
        BypassReason.DnsEnabled => "leave out --enable-dns",
        BypassReason.PostRenderer => "pipe the output through the post-renderer instead",
        BypassReason.OutputDirectory => "give --output-dir as a plain path without a slash at its end, and before any --",
        BypassReason.DependencyUpdate => "run helm dependency build once, before",
        BypassReason.VerifyRequested => "verify once with helm verify, before",
        BypassReason.NameTemplate => "give the release a plain name",
        BypassReason.TlsFiles or BypassReason.Credentials or BypassReason.RemoteChart => LocalChart,
        BypassReason.RemoteValues => "download the values file once",
        BypassReason.SetFileSyntax => "plain keys in --set-file: letters, digits, _ - . / and indexes",
        BypassReason.FlagBeforeCommand => "put the flag after `template`",
        BypassReason.HelmDriver => "unset HELM_DRIVER",
        BypassReason.GoDebug => "unset GODEBUG",
        BypassReason.GoVariable => "unset the variable, or give it a value that Go understands",
        BypassReason.PluginDownloads => "remove the plugin, or name its protocols",
        BypassReason.Profiling => "unset HELM_PPROF_CPU_PROFILE and HELM_PPROF_MEM_PROFILE",
        BypassReason.HomeUnset => Passing,
        BypassReason.KubeconfigDoubtful => "give the namespace: -n or HELM_NAMESPACE",
        BypassReason.OtherUser => "each user has a daemon of their own; look at HELMCACHED_HOME",
        BypassReason.OtherMountNamespace or BypassReason.OtherRoot => "nothing: another daemon, which keeps answers in memory, serves such calls; for a store of its own give the container a HELMCACHED_HOME",
        BypassReason.CallerUnknown => "mount /proc anew in the process namespace of the daemon or of the caller",
        BypassReason.OtherCredentials => "nothing: it has other rights than the daemon, and another one, which keeps answers in memory, serves such calls",
        BypassReason.DirectoryMismatch => "name the chart by its real path",
        BypassReason.HelmNotABinary => "point HELMCACHED_HELM at the helm binary itself",
        BypassReason.ProtocolMismatch => "shim and daemon of different versions: helmcached stop",
        BypassReason.Draining => "nothing: the next call finds a new daemon",
        BypassReason.TooManyConnections => "fewer calls at once, or a higher limit of open files",
        BypassReason.ChartMissing => "check the path; " + LocalChart,
        BypassReason.ChartNotAFileOrDirectory or BypassReason.ChartSpecialFile => "keep sockets, pipes and devices out of the chart",
        BypassReason.ChartUnreadable or BypassReason.InputUnreadable => "check the permissions of the files",
        BypassReason.ChartTooLarge => "keep what is no part of the chart out of it (.helmignore)",
        BypassReason.ChartSymlinkBroken => "remove or mend the link",
        BypassReason.HelmIgnoreInvalid => "simplify the rules in .helmignore",
        BypassReason.SchemaReference => "put what values.schema.json refers to into it",
        BypassReason.ValuesMissing => "check the path of the values file",
        BypassReason.ValuesNotRegular or BypassReason.ValuesThroughProc => "write the values into a file, or send them on standard input (-f -)",
        BypassReason.ValuesTooLarge => "split the values file",
        BypassReason.NameNotUtf8 => "use names in UTF-8",
        BypassReason.ArchiveUnpacked => "lint the chart's directory; unpack the archives in charts/ for --with-subcharts",
        BypassReason.DependenciesDoubtful => "plain names in dependencies: no slashes, wildcards, anchors or characters beyond ASCII",
        BypassReason.RemoteNotCached => "nothing: helm downloads the archive, and the next call is served",
        BypassReason.RemoteDoubtful => "helm repo update, or name one version with --version; " + LocalChart,
        BypassReason.KnownToVary => Vary,
        BypassReason.ConfiguredBypass => "as configured (bypass)",
        BypassReason.LeaseholderFailed => "look at why the other call failed",
        BypassReason.OutputTooLarge => "nothing: more than 256 MiB is not kept",
        BypassReason.InputsKeepChanging => "render when the files are written",
        BypassReason.Arming => "nothing: it takes a few seconds for each new helm; helmcached start waits for it",
        BypassReason.Unarmed => "see helmcached doctor for why this helm has no armed copy; official builds for x86-64 can have one",
        BypassReason.LeaseholderSlow => "see whether the helm of the other call hangs or was stopped",
        BypassReason.TooFewDescriptors => "raise the hard limit of open files (ulimit -Hn), then helmcached stop",
        BypassReason.CallerLeft => "nothing: the call was ended, or the machine was too busy",
        BypassReason.Coordinated => Nothing,
        BypassReason.CoordinationOff => "as configured (coordinate)",
        BypassReason.InsideTurn => "nothing: helm was called by a program that helm started",
        BypassReason.HolderSlow => "see whether the helm in front of it hangs, or its repository does not answer",
        BypassReason.Faulted => "please report it with daemon.log",
        _ => "",
    });

    private static readonly Dictionary<string, string> s_refuse = Names(static (RefuseReason reason) => ReasonText.Of(reason), static reason => reason switch
    {
        RefuseReason.HelmFailed => "nothing: failures are not kept",
        RefuseReason.InputsChanged => "render when the files are written",
        RefuseReason.Interrupted => "nothing: the call was ended",
        RefuseReason.OutputTooLarge => "nothing: more than 256 MiB is not kept",
        RefuseReason.NotRepeatable => Vary,
        RefuseReason.ReadOnly => "as configured (readonly)",
        RefuseReason.LeaseLost => Passing,
        RefuseReason.StoreFailed => "check the disk; daemon.log says what failed",
        RefuseReason.SecretsNever => "as configured (store.secrets)",
        _ => "",
    });

    /// <summary>About a bypass; empty for a name that this version does not know.</summary>
    public static string OfBypass(string name) => s_bypass.GetValueOrDefault(name, "");

    /// <summary>About a result that was not kept.</summary>
    public static string OfRefusal(string name) => s_refuse.GetValueOrDefault(name, "");

    private static Dictionary<string, string> Names<T>(Func<T, string> name, Func<T, string> advice) where T : struct, Enum
    {
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (T reason in Enum.GetValues<T>())
            table[name(reason)] = advice(reason);
        return table;
    }
}
