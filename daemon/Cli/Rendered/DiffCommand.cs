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

/// <summary>
/// Prints what differs between two renders, resource by resource. Its exit codes are those of diff(1): 0 for no difference, 1 for some, 2
/// for trouble.
/// </summary>
internal static class DiffCommand
{
    /// <summary>What stands between two calls.</summary>
    private const string Between = "---";

    private const int Differs = 1,
        Trouble = 2;

    /// <summary>Digits of a digest in place of a Secret's value.</summary>
    private const int MaskDigits = 12;

    public static System.CommandLine.Command Create()
    {
        Argument<string[]> calls = RenderedCall.Argument();
        calls.Description =
            "After --: a call as you would give it to helm, and after --- a second one. A single call is compared with the last "
            + "result stored before it.";
        var diff = new System.CommandLine.Command(
            "diff",
            "Show what differs between two renders, or since the last one: helmcached diff -- template … [--- template …]. Exits "
                + "with 0 if nothing differs, 1 if something does, 2 on errors"
        )
        {
            calls,
        };
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
        string[] first = between < 0 ? calls : calls[..between],
            second = between < 0 ? [] : calls[(between + 1)..];
        if (Array.IndexOf(second, Between) >= 0)
            return Terminal.WrongUsage($"diff compares two calls; use {Between} only once");
        if (
            RenderedCall.Problem(ref first) is { } wrong
            || (between >= 0 && RenderedCall.Problem(ref second) is { } alsoWrong && (wrong = alsoWrong) is not null)
        )
            return Terminal.WrongUsage(wrong);
        ReadOutput? before,
            after;
        if (between < 0)
        {
            (before, after) = (Earlier(first, out byte[]? input), RenderedCall.Make(first, out _, input));
        }
        else if (RenderedCall.ReadsInput(first) && RenderedCall.ReadsInput(second))
        {
            return Terminal.WrongUsage("only one of the two calls can read standard input");
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
        return RenderedOutput.Tell([.. before.Problems, .. after.Problems]) != ExitCodes.Ok ? Trouble
            : changes.Count > 0 ? Differs
            : ExitCodes.Ok;
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
            throw new IOException(
                "values that come through a descriptor, such as <(…), can be read only once; write them into a file, or give a "
                    + "second call after ---"
            );
        input = request.Stdin?.ToArray();
        var question = new Message.Earlier(request);
        Message? answer = AdminConnection.Exchange(question);
        if (answer is null && StartCommand.Run(quiet: true) == ExitCodes.Ok)
            answer = AdminConnection.Exchange(question);
        if (answer is not Message.Result result)
            throw new IOException(
                answer is Message.Failed failed
                    ? Terminal.Harmless(failed.Reason)
                    : "the daemon does not answer, and only it has earlier results; give a second call after ---"
            );
        if (Terminal.IsRich)
            Console.Error.WriteLine(
                $"compared with {Convert.ToHexStringLower(result.Key.Span)}, stored "
                    + $"{Format.Duration(TimeSpan.FromMicroseconds(result.Microseconds))} ago"
            );
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
