using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Cli.Rendered;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Cli.Warming;

/// <summary>
/// Makes calls whose answer is missing, several at a time. They go the way of every call: the shim asks the daemon, and runs helm as its
/// child, with the call's own directory, arguments and variables. Thread-safe.
/// </summary>
internal sealed class WarmRun
{
    private readonly Lock _gate = new();
    private readonly SkippedCalls _skipped = new();
    private int _rendered;
    private int _there;
    private int _failed;

    /// <summary>Counts a call that is not made.</summary>
    /// <param name="because">To be read behind a number.</param>
    public void Skip(string because) => _skipped.Add(because);

    /// <summary>Counts a call that could not be made, and says why.</summary>
    public void Fail(string name, string why)
    {
        Interlocked.Increment(ref _failed);
        Console.Error.WriteLine($"helmcached: {name}: {why}");
    }

    /// <summary>Makes them; the exit code.</summary>
    public int Run(List<WarmCall> calls, int atOnce)
    {
        string shim = RenderedCall.Shim();
        if (calls.Count > 0)
            RenderProgress.Run(calls.Count, (say, step) => AllAsync(calls, atOnce, shim, say, step));
        Console.WriteLine(
            $"Warmed {_rendered} of {_rendered + _there + _failed + _skipped.Count}: {_there} cached already, {_failed} failed. {_skipped}"
        );
        return _failed > 0 ? ExitCodes.Failed : ExitCodes.Ok;
    }

    private async Task AllAsync(List<WarmCall> calls, int atOnce, string shim, Action<string> say, Action step)
    {
        using var slots = new SemaphoreSlim(atOnce);
        var running = new List<Task>(calls.Count);
        foreach (WarmCall call in calls)
        {
            await slots.WaitAsync().ConfigureAwait(false);
            running.Add(
                Task.Run(async () =>
                {
                    try
                    {
                        await OneAsync(call with { Request = AsItIsNow(call.Request) }, shim, say).ConfigureAwait(false);
                    }
                    finally
                    {
                        slots.Release();
                        step();
                    }
                })
            );
        }
        await Task.WhenAll(running).ConfigureAwait(false);
    }

    private async Task OneAsync(WarmCall call, string shim, Action<string> say)
    {
        switch (Explain(call.Request))
        {
            case { Outcome: "hit" }:
                Interlocked.Increment(ref _there);
                return;
            case { Outcome: "bypass" } report:
                Skip($"not served ({report.Reason})");
                return;
        }
        try
        {
            // Files of --output-dir go into a directory of our own, which is then removed: warming changes nothing but the cache.
            HelmOutcome made = await HelmRun
                .AgainAsync(call.Request with { HelmPath = shim, Environment = Variables(call.Request) })
                .ConfigureAwait(false);
            if (made.ExitCode != 0)
                Fail(call.Name, $"helm ended with exit code {made.ExitCode}");
            else if (Explain(call.Request) is { Outcome: "hit" } now)
            {
                Interlocked.Increment(ref _rendered);
                say($"{call.Name}: {now.RenderMilliseconds:0} ms");
            }
            else
                Skip("whose output is not stored");
        }
        catch (HelmRunException e)
        {
            Fail(call.Name, e.Message);
        }
    }

    /// <summary>
    /// The call with helm and its directory as they are now: another file or directory of that name may have taken the place.
    /// </summary>
    private static Message.Render AsItIsNow(Message.Render request)
    {
        Libc.StatPlace(request.Directory, out FileStamp directory);
        return HelmLocator.Problem(request.HelmPath, out FileStamp helm) is not null
            ? request
            : request with
            {
                HelmStamp = helm,
                DirectoryDevice = directory.Device,
                DirectoryInode = directory.Inode,
                DirectoryMount = directory.Mount,
            };
    }

    /// <summary>What the shim needs to ask the same: no more of this process's variables than that.</summary>
    private static Dictionary<string, string> Variables(Message.Render request)
    {
        var variables = new Dictionary<string, string>(request.Environment, StringComparer.Ordinal)
        {
            [Client.Endpoint.HomeVariable] = AdminConnection.Endpoint().Home,
            [HelmLocator.Variable] = request.HelmPath,
        };
        if (request.Flags.HasFlag(RenderFlags.Freeze))
            variables["HELMCACHED_IMPURE"] = "freeze";
        return variables;
    }

    private ExplainReport Explain(Message.Render request)
    {
        var question = new Message.Explain(request);
        string? answer = AdminConnection.Ask(question);
        if (answer is null)
        {
            lock (_gate)
                answer = StartCommand.Run(quiet: true) == ExitCodes.Ok ? AdminConnection.Ask(question) : null;
        }
        return JsonSerializer.Deserialize(answer ?? throw new IOException("the daemon does not answer"), ReportJson.Default.ExplainReport)!;
    }
}
