using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Screening;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>Each function that can vary, through the published binaries: once called, its output is never served.</summary>
public sealed class ImpureFunctionTests
{
    /// <summary>Map order is left out: there every order is one that helm gives, and one of them is kept.</summary>
    private static readonly Dictionary<string, string> Expressions = ImpureCalls.Varying.Concat(ImpureCalls.Dated).Concat(ImpureCalls.Coarse)
        .Where(call => call.Key is not ("keys" or "values")).ToDictionary();

    public static IEnumerable<object[]> Calls => from major in (int[])[3, 4] from name in Expressions.Keys select new object[] { major, name };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Output_of_a_called_function_is_never_served(int major, string function)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        string directory = home.At("work");
        Chart("web").WithConfigMap("c", "v: {{ " + Expressions[function] + " | toString | quote }}")
            .WithValues(Keys.Values).WriteTo(directory);

        Command command = home.Shim(directory, "template", "r", "web");
        Assert.Equal(0, (await command.RunAsync()).ExitCode);
        await Eventually.IsTrueAsync("the proof is in", async () => (await home.StatsAsync()) is { } s && (s.ProofRuns > 0 || s.Bypasses > 0));
        Assert.Equal(0, (await command.RunAsync()).ExitCode);
        Assert.Equal(0, (await command.RunAsync()).ExitCode);

        Stats stats = await home.StatsAsync();
        Assert.Equal((0L, 0L), (stats.Hits, stats.Entries));
        Assert.True(stats.BypassReasons.Keys.Any(reason => reason is "known-to-vary" or "mentions-impure-function"), stats.ToString());
    }
}
