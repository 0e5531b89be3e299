using System;
using System.Collections.Generic;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Invocations;

namespace CacheDaemon.Daemon.Proving;

/// <summary>
/// The daemon's part of a proof: the private copy of a call in which impure functions cannot be called without failing, made while
/// the caller's files are surely still there. Thread-safe.
/// </summary>
internal sealed class ProofCopies
{
    private readonly Endpoint _endpoint;
    private readonly Action<string> _report;

    /// <param name="endpoint">Whose home holds the copies.</param>
    /// <param name="report">Told what could not be removed.</param>
    public ProofCopies(Endpoint endpoint, Action<string> report)
    {
        _endpoint = endpoint;
        _report = report;
    }

    /// <summary>Copies the inputs of a call to the place of a proof. What is there after a failure is for <see cref="Discard"/>.</summary>
    /// <param name="id">The number of the proof.</param>
    /// <param name="request">The call; known to be one that is served.</param>
    /// <param name="tree">Its chart.</param>
    /// <exception cref="ProofException">The call cannot be proved; the message says why.</exception>
    /// <exception cref="IOException">The home cannot be written.</exception>
    public void Make(long id, Message.Render request, ChartTree<ChartFileScreen> tree)
    {
        if (InvocationParser.Parse(request.Arguments, request.Directory, request.Environment, request.Stdin is not null) is not InvocationResult.Served { Invocation: { } invocation })
            throw new ProofException("the call is not one that is served");
        string directory = ProofDirectory.Create(_endpoint, id);
        var inputs = new Dictionary<string, InputFile>(StringComparer.Ordinal);
        foreach (InputFile file in invocation.Values)
            inputs.TryAdd(file.Typed, file);
        foreach (SetFile file in invocation.SetFiles)
            inputs.TryAdd(file.Source.Typed, file.Source);

        // Text is changed whenever tpl occurs: what it runs may come from anywhere, and a difference only costs the proof.
        bool inTextToo = UsesTpl(tree);
        var copy = new ChartCopy(inTextToo);
        string chart = directory + "/chart";
        copy.Write(invocation.ChartPath, tree, chart);
        ReadOnlyMemory<byte>? unread = request.Stdin;
        int copies = 0;
        ProofDirectory.WriteCall(directory, ProofCommandLine.Rewrite(request.Arguments, chart, typed =>
        {
            string target = $"{directory}/input{++copies}";
            InputFile file = inputs.TryGetValue(typed, out InputFile known) ? known : throw new ProofException("an input file is not known");
            if (file.Kind == InputKind.File)
            {
                copy.WriteText(target, copy.ReadFile(file.Path));
            }
            else
            {
                copy.WriteText(target, unread is { } stdin ? stdin.Span : []);
                unread = null; // helm finds nothing more in it.
            }
            return target;
        }, inTextToo));
    }

    /// <summary>Removes the copy of a proof that is no longer waited for. Never throws.</summary>
    public void Discard(long id)
    {
        try
        {
            ProofDirectory.Remove(_endpoint, id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _report($"the copy of a proof was left behind: {e.Message}");
        }
    }

    private static bool UsesTpl(ChartTree<ChartFileScreen> tree)
    {
        foreach (ChartFileFacts<ChartFileScreen> file in tree.Facts)
            if (file.Facts.AsTemplate.CallsTpl)
                return true;
        return false;
    }
}
