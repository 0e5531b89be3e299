using System;
using System.Buffers;
using System.Collections.Generic;
using System.CommandLine;
using System.ComponentModel;
using System.IO;
using System.Text.Json;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Manifests;

namespace CacheDaemon.Daemon.Cli.Rendered;

/// <summary>Prints what differs between two renders, resource by resource. Its exit codes are those of diff(1): 0 for no difference, 1 for some, 2 for trouble.</summary>
internal static class DiffCommand
{
    /// <summary>What stands between two calls.</summary>
    private const string Between = "---";

    private const int Differs = 1, Trouble = 2;

    /// <summary>Digits of a digest in place of a Secret's value.</summary>
    private const int MaskDigits = 12;

    public static System.CommandLine.Command Create()
    {
        Argument<string[]> calls = RenderedCall.Argument();
        calls.Description = "After --: a call as helm would get it, and after --- a second one; of one call the result that was stored last before it is the first.";
        var diff = new System.CommandLine.Command("diff", "Print what differs between two renders, or since the last one: helmcached diff -- template … [--- template …]. Exit code 0: nothing, 1: something, 2: trouble") { calls };
        diff.SetAction(parsed =>
        {
            try
            {
                return Run(parsed.GetValue(calls) ?? []);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception or InvalidOperationException)
            {
                return Fail(e.Message);
            }
        });
        return diff;
    }

    private static int Run(string[] calls)
    {
        int between = Array.IndexOf(calls, Between);
        string[] first = between < 0 ? calls : calls[..between], second = between < 0 ? [] : calls[(between + 1)..];
        if (Array.IndexOf(second, Between) >= 0)
            return Terminal.WrongUsage($"diff compares two calls, not more: one {Between} only");
        if (RenderedCall.Problem(ref first) is { } wrong || (between >= 0 && RenderedCall.Problem(ref second) is { } alsoWrong && (wrong = alsoWrong) is not null))
            return Terminal.WrongUsage(wrong);
        ReadOutput? before, after;
        if (between < 0)
        {
            (before, after) = (Earlier(first, out byte[]? input), RenderedCall.Make(first, out _, input));
        }
        else if (RenderedCall.ReadsInput(first) && RenderedCall.ReadsInput(second))
        {
            return Terminal.WrongUsage("one of two calls can read standard input, not both");
        }
        else
        {
            before = RenderedCall.Make(first, out _);
            after = before is null ? null : RenderedCall.Make(second, out _);
        }
        if (before is null || after is null)
            return Trouble;
        List<ResourceChange> changes = RenderDifference.Of(before.Manifests, after.Manifests, Mask());
        DiffOutput.Print(changes);
        return RenderedOutput.Tell([.. before.Problems, .. after.Problems]) != ExitCodes.Ok ? Trouble : changes.Count > 0 ? Differs : ExitCodes.Ok;
    }

    /// <summary>What the release of the call looked like before.</summary>
    /// <exception cref="IOException">There is nothing to compare with; the message says why.</exception>
    private static ReadOutput Earlier(string[] call, out byte[]? input)
    {
        HelmLocation helm = HelmLocator.Find();
        if (helm.Path is null)
            throw new IOException(helm.Problem);
        Message.Render request = CallerContext.Request(call, helm);
        if (request.Descriptors.Count > 0)
            throw new IOException("values that come through a descriptor, such as <(…), can be read once only; write them into a file, or give a second call after ---");
        input = request.Stdin?.ToArray();
        var question = new Message.Earlier(request);
        Message? answer = AdminConnection.Exchange(question);
        if (answer is null && StartCommand.Run(quiet: true) == ExitCodes.Ok)
            answer = AdminConnection.Exchange(question);
        if (answer is not Message.Result result)
            throw new IOException(answer is Message.Failed failed ? Terminal.Harmless(failed.Reason) : "no daemon answers, and only it knows earlier results; give a second call after ---");
        if (Terminal.IsRich)
            Console.Error.WriteLine($"compared with {Convert.ToHexStringLower(result.Key.Span)}, stored {Format.Duration(TimeSpan.FromMicroseconds(result.Microseconds))} ago");
        return ReadOutput.Of(result.Stdout.Span);
    }

    /// <summary>Digests under a key of this run alone: a bare one would tell a short password to whoever tries all of them.</summary>
    private static Func<object?, string> Mask()
    {
        // Guids come from the system's random numbers, and need no OpenSSL.
        byte[] key = [.. Guid.NewGuid().ToByteArray(), .. Guid.NewGuid().ToByteArray()];
        return value =>
        {
            var json = new ArrayBufferWriter<byte>();
            json.Write(key);
            using (var writer = new Utf8JsonWriter(json))
                ManifestJson.Write(writer, value);
            return $"*** {Sha256.OfOnce(json.WrittenSpan).ToString()[..MaskDigits]}";
        };
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"helmcached: {message}");
        return Trouble;
    }
}
