using System.Globalization;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Proving;

namespace CacheDaemon.Daemon.Cli;

/// <summary>
/// <c>helmcached prove ID HELM</c>: not for people. Started by the shim of a caller that has its answer already, in that caller's
/// environment; the daemon has copied the inputs.
/// </summary>
internal static class ProveCommand
{
    private const int OwnerOnly = 0x3f;

    public static int Run(string[] arguments)
    {
        if (arguments.Length != 2 || !long.TryParse(arguments[0], NumberStyles.None, CultureInfo.InvariantCulture, out long proof))
            return ExitCodes.Usage;
        // Nobody waits for this: everyone else goes first.
        Libc.BeNice();
        Libc.Umask = OwnerOnly;
        Endpoint endpoint = AdminConnection.Endpoint();
        if (ProofRun.RunAsync(endpoint, proof, arguments[1]).GetAwaiter().GetResult() is not { } outcome)
            return ExitCodes.Failed;

        using DaemonClient? daemon = DaemonClient.TryConnect(endpoint, out _);
        byte[] digest = outcome.Stdout is { } stdout ? stdout.ToArray() : [];
        return daemon is not null && daemon.TrySend(new Message.Proof(proof, digest, outcome.Detail), DaemonClient.PublishDeadline)
            && daemon.ReceiveAnswer(out _) is Message.Published
            ? ExitCodes.Ok
            : ExitCodes.Failed;
    }
}
