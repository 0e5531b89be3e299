using System;
using CacheDaemon.Bench.EndToEnd;

return args switch
{
    ["e2e", ..] => EndToEndBench.Run(args),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        bench e2e [--quick] [--only ROW...]   whole processes against real helm and the floor; writes bench/results/
        """);
    return 2;
}
