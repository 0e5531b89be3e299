using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;

namespace CacheDaemon.Daemon.Cli;

/// <summary>
/// Renders stored entries again with real helm and deletes those that it does not confirm. Only entries whose call the
/// running daemon has seen, with inputs that are still there unchanged: what is on disk does not say how to call helm.
/// </summary>
internal sealed class VerifyCommand
{
    private const int ShortKeyBytes = 8;

    private const string Unseen = "whose call was not seen since the daemon started";

    /// <summary>Of two keys of a map the order changes in every second run: seven equal runs of eight are one case in 128.</summary>
    private const int MoreRuns = 7;

    private readonly Action<string> _say;
    private int _verified;
    private int _differing;
    private readonly SkippedCalls _skipped = new();

    private VerifyCommand(Action<string> say) => _say = say;

    public static int Run(bool all, string? sample)
    {
        int wanted = int.MaxValue;
        if (sample is not null && (!int.TryParse(sample, NumberStyles.None, CultureInfo.InvariantCulture, out wanted) || wanted == 0))
            return Terminal.WrongUsage($"--sample: invalid value \"{sample}\"; expected a number of entries");
        if (sample is not null && all)
            return Terminal.WrongUsage("use either --sample or --all, not both");
        try
        {
            return Run(sample is not null, wanted);
        }
        catch (IOException e)
        {
            Console.Error.WriteLine($"helmcached: {e.Message}");
            return ExitCodes.NotVerified;
        }
    }

    private static int Run(bool isSample, int wanted)
    {
        if (AdminConnection.Exchange(new Message.Verify()) is not { } answer)
        {
            Console.Error.WriteLine(
                $"helmcached is not running for {AdminConnection.Endpoint().Home}: only a running daemon knows the calls behind "
                    + "the entries, and only those made since it started"
            );
            return ExitCodes.NotRunning;
        }
        if (answer is not Message.Candidates candidates)
            throw new IOException(answer is Message.Failed failed ? failed.Reason : "the daemon does not answer");
        ReadOnlyMemory<byte>[] keys = [.. candidates.Keys];
        if (isSample)
            Random.Shared.Shuffle(keys);
        return Run(keys, Math.Min(wanted, keys.Length), candidates.Unseen);
    }

    private static int Run(ReadOnlyMemory<byte>[] keys, int wanted, long unseen)
    {
        VerifyCommand? command = null;
        if (wanted > 0 && !Terminal.IsRich)
            Console.WriteLine($"rendering {wanted} of {keys.Length + unseen} entries again");
        RenderProgress.Run(
            wanted,
            (say, step) =>
            {
                command = new VerifyCommand(say);
                return command.VerifyAsync(keys, wanted, step);
            }
        );
        if (unseen > 0)
            command!._skipped.Add(Unseen, unseen);
        Console.WriteLine(command!.Summary());
        if (command._differing > 0)
            return ExitCodes.Differs;
        if (command._verified > 0 || command._skipped.Count == 0)
            return ExitCodes.Ok;
        Console.Error.WriteLine(
            "helmcached: no entry could be verified. An entry can be verified once its call has been made since the daemon "
                + "started, while its inputs are unchanged"
        );
        return ExitCodes.NothingVerified;
    }

    /// <summary>One line, always of the same form.</summary>
    private string Summary() =>
        $"Verified {Entries(_verified)}: {_verified - _differing} match, {_differing} "
        + $"differ{(_differing > 0 ? " (deleted)" : "")}. {_skipped}";

    private static string Entries(long count) => count == 1 ? "1 entry" : $"{count} entries";

    /// <summary>Takes keys until enough of them were judged.</summary>
    private async Task VerifyAsync(ReadOnlyMemory<byte>[] keys, int wanted, Action step)
    {
        for (int i = 0, done = 0; i < keys.Length && done < wanted; i++)
        {
            long skipped = _skipped.Count;
            await VerifyAsync(keys[i]).ConfigureAwait(false);
            // A sample goes on to the next; a bar for all counts those as well.
            if (skipped != _skipped.Count && wanted < keys.Length)
                continue;
            done++;
            step();
        }
    }

    private async Task VerifyAsync(ReadOnlyMemory<byte> key)
    {
        Message recalled = Ask(new Message.Recall(key));
        if (recalled is not Message.Candidate before)
        {
            _skipped.Add(recalled is Message.Failed failed ? failed.Reason : "removed in the meantime");
            return;
        }
        HelmOutcome fresh;
        try
        {
            fresh = await HelmRun.AgainAsync(before.Request).ConfigureAwait(false);
        }
        catch (HelmRunException e)
        {
            _say($"{Name(before.Chart, key)}: skipped: {e.Message}");
            _skipped.Add("that helm could not render again");
            return;
        }
        if (Difference(before, fresh) is null)
        {
            _verified++;
        }
        else if (fresh.EndedBySignal)
        {
            _skipped.Add("whose render was interrupted");
        }
        else if (Ask(new Message.Recall(key)) is not Message.Candidate after)
        {
            _skipped.Add("whose inputs have changed");
        }
        else if (Difference(after, fresh) is not { } difference)
        {
            _verified++;
        }
        else if (after.MayVary || await VariesItselfAsync(after, fresh).ConfigureAwait(false))
        {
            _say($"{Name(after.Chart, key)}: {difference}, which is fine: helm's own output varies for this chart; kept");
            _skipped.Add("whose output varies from run to run");
        }
        else
        {
            Ask(new Message.Forget(key));
            _say($"{Name(after.Chart, key)}: {difference}; deleted");
            _verified++;
            _differing++;
        }
    }

    /// <summary>
    /// Whether helm itself gives several answers for the call: <c>keys</c> and <c>values</c> list a map in an order of their own in each
    /// run, and any of them is right.
    /// </summary>
    private static async Task<bool> VariesItselfAsync(Message.Candidate entry, HelmOutcome first)
    {
        for (int i = 0; i < MoreRuns; i++)
        {
            try
            {
                HelmOutcome next = await HelmRun.AgainAsync(entry.Request).ConfigureAwait(false);
                if (next != first)
                    return true;
            }
            catch (HelmRunException)
            {
                return false;
            }
        }
        return false;
    }

    private static string? Difference(Message.Candidate entry, HelmOutcome fresh)
    {
        var parts = new List<string>();
        if (entry.ExitCode != fresh.ExitCode)
            parts.Add($"exit code {entry.ExitCode} is {fresh.ExitCode}");
        if (!entry.StdoutDigest.Span.SequenceEqual(fresh.Stdout.ToArray()))
            parts.Add("stdout differs");
        if (!entry.StderrDigest.Span.SequenceEqual(fresh.Stderr.ToArray()))
            parts.Add("stderr differs");
        return parts.Count == 0 ? null : string.Join(", ", parts);
    }

    private static Message Ask(Message question) =>
        AdminConnection.Exchange(question) ?? throw new IOException("the daemon stopped; the remaining entries were not verified");

    /// <summary>Chart and key, for people.</summary>
    private static string Name(string chart, ReadOnlyMemory<byte> key) =>
        $"{Terminal.Harmless(chart)} {Convert.ToHexStringLower(key.Span[..ShortKeyBytes])}";
}
