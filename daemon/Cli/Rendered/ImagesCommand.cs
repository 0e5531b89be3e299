using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Text;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Manifests;

namespace CacheDaemon.Daemon.Cli.Rendered;

/// <summary>Prints the images that a render names.</summary>
internal static class ImagesCommand
{
    private static readonly string[] s_headings = ["image", "kind", "name", "container", "role"];

    public static System.CommandLine.Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON array." };
        var quiet = new Option<bool>("--quiet") { Description = "Print each image once, one per line, sorted." };
        Argument<string[]> call = RenderedCall.Argument();
        var images = new System.CommandLine.Command(
            "images",
            "Print the images that a render uses, from the cache if possible: helmcached images -- template …"
        )
        {
            json,
            quiet,
            call,
        };
        images.SetAction(parsed => Run(parsed.GetValue(call) ?? [], parsed.GetValue(json), parsed.GetValue(quiet)));
        return images;
    }

    private static int Run(string[] call, bool json, bool quiet)
    {
        if (json && quiet)
            return Terminal.WrongUsage("use either --json or --quiet, not both");
        if (RenderedCall.Problem(ref call) is { } wrong)
            return Terminal.WrongUsage(wrong);
        if (RenderedCall.Make(call, out int code) is not { } read)
            return code;
        List<ImageUse> images = ImageFinder.Of(read.Manifests);
        if (json)
            WriteJson(read, images);
        else if (quiet)
            WriteNames(read, images);
        else
            WriteTable(images);
        return RenderedOutput.Tell(read.Problems);
    }

    private static void WriteNames(ReadOutput read, List<ImageUse> images)
    {
        string[] names = [.. images.ConvertAll(static image => image.Image)];
        Array.Sort(names, StringComparer.Ordinal);
        var text = new StringBuilder();
        for (int i = 0; i < names.Length; i++)
            if (i == 0 || names[i] != names[i - 1])
                text.Append(Terminal.Harmless(names[i])).Append('\n');
        RenderedOutput.Print(read, ViewName.ImagesQuiet, Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static void WriteTable(List<ImageUse> images) =>
        RenderedOutput.Table(
            s_headings,
            images.ConvertAll(static image => (string[])[image.Image, image.Kind, image.Name, image.Container, image.Role]),
            "no images"
        );

    private static void WriteJson(ReadOutput read, List<ImageUse> images) =>
        RenderedOutput.Json(
            read,
            ViewName.ImagesJson,
            json =>
            {
                foreach (ImageUse image in images)
                {
                    json.WriteStartObject();
                    json.WriteString("image", image.Image);
                    json.WriteString("kind", image.Kind);
                    json.WriteString("name", image.Name);
                    json.WriteString("container", image.Container);
                    json.WriteString("role", image.Role);
                    json.WriteEndObject();
                }
            }
        );
}
