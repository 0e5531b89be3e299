using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Invocations;

namespace CacheDaemon.Daemon.Proving;

/// <summary>What a proof run gave.</summary>
/// <param name="Stdout">Digest of standard output when helm ended with exit code 0; else null.</param>
/// <param name="Detail">Why there is none, for people; never values.</param>
internal readonly record struct ProofOutcome(Digest? Stdout, string Detail);

/// <summary>
/// Renders a private copy of a call in which impure functions cannot be called without failing. That the copy succeeds
/// and gives the same output proves that the original called none (<c>docs/repeatability.md</c>).
/// </summary>
internal sealed class ProofRun
{
    /// <summary>Longest time for the copy's render. Nobody waits for it; a render that takes longer stays unproved.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private readonly string _directory;
    private readonly TimeProvider _time;
    private int _copies;

    /// <param name="directory">An empty private directory (0700); the caller removes it.</param>
    /// <param name="time">The clock that decides which stamps are trusted.</param>
    public ProofRun(string directory, TimeProvider time)
    {
        _directory = directory;
        _time = time;
    }

    /// <summary>Carries out the proof in this process's environment and working directory, which must be the caller's.</summary>
    /// <param name="helm">The real helm.</param>
    /// <param name="arguments">The caller's arguments after argv[0].</param>
    /// <param name="variables">The caller's variables.</param>
    /// <param name="stdin">What the caller's helm read from standard input, or null.</param>
    public async Task<ProofOutcome> RunAsync(string helm, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> variables, byte[]? stdin)
    {
        try
        {
            if (InvocationParser.Parse(arguments, Environment.CurrentDirectory, variables, stdin is not null) is not InvocationResult.Served { Invocation: { } invocation })
                return new ProofOutcome(null, "the call is not one that is served");
            var loader = new ChartTreeLoader<ChartFileScreen>(new DigestMemo<ChartContent<ChartFileScreen>>(), ChartFileScreen.Of, _time);
            if (loader.Load(System.Text.Encoding.UTF8.GetBytes(invocation.ChartPath)) is not ChartLoad<ChartFileScreen>.Loaded { Tree: { } tree })
                return new ProofOutcome(null, "the chart cannot be loaded any more");

            List<string> rewritten = Copy(invocation, tree, arguments, stdin);
            return await RenderAsync(helm, rewritten).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ProofException or IOException or UnauthorizedAccessException)
        {
            return new ProofOutcome(null, e is ProofException ? e.Message : e.GetType().Name);
        }
    }

    private List<string> Copy(Invocation invocation, ChartTree<ChartFileScreen> tree, IReadOnlyList<string> arguments, byte[]? stdin)
    {
        var inputs = new Dictionary<string, InputFile>(StringComparer.Ordinal);
        foreach (InputFile file in invocation.Values)
            inputs.TryAdd(file.Typed, file);
        foreach (SetFile file in invocation.SetFiles)
            inputs.TryAdd(file.Source.Typed, file.Source);

        // Text is changed whenever tpl occurs: what it runs may come from anywhere, and a difference only costs the proof.
        bool inTextToo = UsesTpl(tree);
        var copy = new ChartCopy(inTextToo);
        string chart = _directory + "/chart";
        copy.Write(invocation.ChartPath, tree, chart);
        byte[]? unread = stdin;
        return ProofCommandLine.Rewrite(arguments, chart, typed =>
        {
            string target = $"{_directory}/input{++_copies}";
            InputFile file = inputs.TryGetValue(typed, out InputFile known) ? known : throw new ProofException("an input file is not known");
            byte[] content = file.Kind == InputKind.File ? copy.ReadFile(file.Path) : Interlocked.Exchange(ref unread, null) ?? [];
            copy.WriteText(target, content);
            return target;
        }, inTextToo);
    }

    private static bool UsesTpl(ChartTree<ChartFileScreen> tree)
    {
        foreach (ChartFileFacts<ChartFileScreen> file in tree.Facts)
            if (file.Facts.AsTemplate.CallsTpl)
                return true;
        return false;
    }

    private static async Task<ProofOutcome> RenderAsync(string helm, List<string> arguments)
    {
        var start = new ProcessStartInfo(helm, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start) ?? throw new ProofException("helm cannot be started");
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(Deadline);
        using var stdout = new MemoryStream();
        try
        {
            await Task.WhenAll(
                CopyAsync(process.StandardOutput.BaseStream, stdout, deadline.Token),
                process.StandardError.BaseStream.CopyToAsync(Stream.Null, deadline.Token)).ConfigureAwait(false);
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            return new ProofOutcome(null, $"the proof took longer than {Deadline}");
        }
        // Any failure may be our "fail" reached: standard error is not looked at, since its texts belong to charts.
        return process.ExitCode == 0 ? new ProofOutcome(Digest.Of(stdout.GetBuffer().AsSpan(0, (int)stdout.Length)), "") : new ProofOutcome(null, "called");
    }

    private static async Task CopyAsync(Stream from, MemoryStream to, CancellationToken cancellation)
    {
        byte[] buffer = new byte[64 * 1024];
        int count;
        while ((count = await from.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            if (to.Length + count > Frame.MaxCapturedBytes)
                throw new ProofException("the output is too large");
            to.Write(buffer, 0, count);
        }
    }
}
