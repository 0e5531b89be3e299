using System;
using BenchmarkDotNet.Running;
using CacheDaemon.Bench;
using CacheDaemon.Bench.EndToEnd;

return args switch
{
    ["e2e", ..] => EndToEndBench.Run(args),
    ["micro", .. var rest] => Micro(rest),
    ["plot", ..] => Plot.Run(args),
    _ => Usage(),
};

static int Micro(string[] arguments)
{
    BenchmarkSwitcher.FromAssembly(typeof(EndToEndBench).Assembly).Run(arguments.Length == 0 ? ["--filter", "*"] : arguments);
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine("""
        bench e2e [--quick] [--only ROW...]   whole processes against real helm and the floor; writes bench/results/
        bench plot [RESULTS.json]             draws the curves of the newest, or of that, result into docs/plots
        bench micro [ARGUMENTS]               BenchmarkDotNet over the parts, e.g. --filter '*Fingerprint*' --job short
        """);
    return 2;
}
