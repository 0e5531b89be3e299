// Renders a chart for each values file of a directory, as many at a time as there are processors, into one file each:
//     dotnet run -- CHART ENVIRONMENTS OUTPUT
// Renders that the cache has come from it; the others are helm's.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client;

if (args is not [var chart, var environments, var target])
{
    Console.Error.WriteLine("usage: environments CHART ENVIRONMENTS OUTPUT");
    return 2;
}

var cache = new HelmCache();
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
Directory.CreateDirectory(target);
int hits = 0,
    failures = 0;
string[] files = [.. Directory.GetFiles(environments, "*.yaml").Order(StringComparer.Ordinal)];
await Parallel.ForEachAsync(
    files,
    stop.Token,
    async (file, cancellation) =>
    {
        string name = Path.GetFileNameWithoutExtension(file);
        HelmRender render = await cache.RenderAsync(new HelmCall("template", "shop", chart, "--namespace", name, "-f", file), cancellation);
        if (render.ExitCode != 0)
        {
            Interlocked.Increment(ref failures);
            await using Stream errors = Console.OpenStandardError();
            await errors.WriteAsync(render.StandardError, cancellation);
            return;
        }
        if (render.IsHit)
            Interlocked.Increment(ref hits);
        await File.WriteAllBytesAsync(Path.Combine(target, name + ".yaml"), render.StandardOutput, cancellation);
    }
);
Console.WriteLine($"{files.Length - failures} rendered, {hits} of them from the cache");

// The same as data: which kinds does the first one have?
if (files.Length > 0 && failures == 0)
{
    string name = Path.GetFileNameWithoutExtension(files[0]);
    ResourceMap resources = await cache.ResourcesAsync(
        new HelmCall("template", "shop", chart, "--namespace", name, "-f", files[0]),
        stop.Token
    );
    IEnumerable<string> kinds = resources
        .GroupBy(resource => resource.Kind)
        .OrderBy(kind => kind.Key, StringComparer.Ordinal)
        .Select(kind => $"{kind.Count()} {kind.Key}");
    Console.WriteLine($"{name} has {string.Join(", ", kinds)}");
}
return failures == 0 ? 0 : 1;
