using System;
using System.CommandLine;
using System.IO;
using BenchmarkDotNet.Running;
using CacheDaemon.Bench;
using CacheDaemon.Bench.Charts;
using CacheDaemon.Bench.EndToEnd;

var quick = new Option<bool>("--quick") { Description = "Fewer rounds" };
var only = new Option<string[]>("--only")
{
    Description = "Some rows, and no files: " + string.Join(' ', EndToEndBench.Rows),
    HelpName = "ROW...",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [],
};
only.AcceptOnlyFromAmong([.. EndToEndBench.Rows]);
var load = new Option<int>("--load") { Description = "So many processes keep the processors busy meanwhile", HelpName = "N" };
load.Validators.Add(result =>
{
    if (result.Tokens is [var token] && !(int.TryParse(token.Value, out int processes) && processes is >= 0 and <= 1000))
        result.AddError("--load takes a number from 0 to 1000");
});
var endToEnd = new Command("e2e", "Measures whole processes against real helm and the floor; writes bench/results/") { quick, only, load };
endToEnd.SetAction(parsed => EndToEndBench.Run(parsed.GetValue(quick), parsed.GetValue(only)!, parsed.GetValue(load)));

var results = new Argument<string?>("results")
{
    Description = "A JSON of bench/results; else the newest",
    Arity = ArgumentArity.ZeroOrOne,
};
var plot = new Command("plot", "Draws the curves of a result into docs/plots") { results };
plot.SetAction(parsed => Plot.Run(parsed.GetValue(results)));

var directory = new Argument<string>("directory");
var charts = new Command("charts", "Writes the charts of e2e, to look at and to time by other means") { directory };
charts.SetAction(parsed =>
{
    foreach (Func<string, string> write in BenchCharts.All)
        Console.WriteLine(Path.Combine(parsed.GetValue(directory)!, write(parsed.GetValue(directory)!)));
});

var chart = new Argument<string>("chart");
var passes = new Argument<int>("passes");
var library = new Command(LibraryPasses.Command, "What e2e runs to measure the library") { chart, passes };
library.Hidden = true;
library.SetAction((parsed, _) => LibraryPasses.RunAsync(parsed.GetValue(chart)!, parsed.GetValue(passes)));

var passedOn = new Argument<string[]>("arguments")
{
    Description = "For BenchmarkDotNet, e.g. --filter '*Fingerprint*' --job short",
    Arity = ArgumentArity.ZeroOrMore,
};
var micro = new Command("micro", "Runs BenchmarkDotNet over the parts") { passedOn };
micro.TreatUnmatchedTokensAsErrors = false;
micro.SetAction(_ => BenchmarkSwitcher.FromAssembly(typeof(EndToEndBench).Assembly).Run(args.Length == 1 ? ["--filter", "*"] : args[1..]));

return new RootCommand("Benchmarks of helmcached") { endToEnd, plot, charts, library, micro }
    .Parse(args)
    .Invoke();
