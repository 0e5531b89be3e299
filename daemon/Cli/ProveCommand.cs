using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Proving;

namespace CacheDaemon.Daemon.Cli;

/// <summary>
/// <c>helmcached prove ID HELM ARGUMENTS…</c>: not for people. Started by the shim of a caller that has its answer already, in
/// that caller's environment, with its consumed standard input.
/// </summary>
internal static class ProveCommand
{
    private const int OwnerOnly = 0x3f;

    public static int Run(string[] arguments)
    {
        if (arguments.Length < 2 || !long.TryParse(arguments[0], NumberStyles.None, CultureInfo.InvariantCulture, out long proof))
            return ExitCodes.Usage;
        // Nobody waits for this: everyone else goes first.
        Libc.BeNice();
        Libc.Umask = OwnerOnly;
        Endpoint endpoint = AdminConnection.Endpoint();
        string helm = arguments[1];
        string[] call = arguments[2..];
        byte[]? stdin = CommandLine.ReadsStdin(CommandLine.Parse(call, CommandLine.FindSubcommand(call, out _))) ? ReadStdin() : null;

        ProofOutcome outcome;
        // One proof at a time: ten charts met at once must not start ten renders more.
        using (ProofDirectory directory = ProofDirectory.Create(endpoint))
            outcome = new ProofRun(directory.Path).RunAsync(helm, call, Variables(), stdin).GetAwaiter().GetResult();

        using DaemonClient? daemon = DaemonClient.TryConnect(endpoint, out _);
        byte[] digest = outcome.Stdout is { } stdout ? stdout.ToArray() : [];
        return daemon is not null && daemon.TrySend(new Message.Proof(proof, digest, outcome.Detail), DaemonClient.PublishDeadline)
            && daemon.ReceiveAnswer(out _) is Message.Published
            ? ExitCodes.Ok
            : ExitCodes.Failed;
    }

    private static byte[] ReadStdin()
    {
        using Stream input = Console.OpenStandardInput();
        using var all = new MemoryStream();
        input.CopyTo(all);
        return all.ToArray();
    }

    private static Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            if (HelmVariables.CanMatter((string)variable.Key))
                variables[(string)variable.Key] = (string)variable.Value!;
        return variables;
    }
}
