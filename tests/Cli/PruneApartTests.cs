using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary>
/// <c>helmcached prune</c> in a home with daemons of several kinds of callers: the store, and what one with other mounts keeps in memory.
/// </summary>
[Trait("Needs", "programs")]
public sealed class PruneApartTests
{
    [MountTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task M_prune_reaches_the_store_and_the_daemons_apart_from_wherever_it_is_run(bool inside)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        int first = await fake.Home.DaemonIdAsync();
        await fake.Template().RunAsync();
        await (fake.Home.Admin("start") with { File = "unshare", Arguments = ["-m", fake.Home.DaemonPath, "start"] }).RunAsync();
        int apart = fake.Home.DaemonIds().Single(id => id != first);
        await Inside(apart, fake.Template()).RunAsync();
        await Inside(apart, fake.Template()).RunAsync();
        Assert.Equal(2, fake.Runs);

        Command other = fake.Home.Admin("prune", "--chart", "other");
        CommandResult kept = await (inside ? Inside(apart, other) : other).RunAsync();
        Assert.StartsWith("No entries match (", kept.StdoutText, System.StringComparison.Ordinal);
        Command prune = fake.Home.Admin("prune", "--all");
        CommandResult pruned = await (inside ? Inside(apart, prune) : prune).RunAsync();
        Assert.StartsWith("Deleted 2 entries ", pruned.StdoutText, System.StringComparison.Ordinal);

        await fake.Template().RunAsync();
        await Inside(apart, fake.Template()).RunAsync();
        Assert.Equal(4, fake.Runs);
    }

    /// <summary>One that hangs is told, and the store is pruned all the same.</summary>
    [MountFact]
    public async Task M_daemon_apart_that_does_not_answer_does_not_keep_the_store()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        int first = await fake.Home.DaemonIdAsync();
        await fake.Template().RunAsync();
        await (fake.Home.Admin("start") with { File = "unshare", Arguments = ["-m", fake.Home.DaemonPath, "start"] }).RunAsync();
        int apart = fake.Home.DaemonIds().Single(id => id != first);
        Signals.Send([apart], Signals.Stop);
        try
        {
            CommandResult pruned = await fake.Home.Admin("prune", "--all").RunAsync();
            Assert.Equal(1, pruned.ExitCode);
            Assert.Contains($"process {apart}", pruned.StderrText, System.StringComparison.Ordinal);
            Assert.Equal(0, (await fake.Home.StatsAsync()).Entries);
        }
        finally
        {
            Signals.Send([apart], Signals.Continue);
        }
    }

    private static Command Inside(int process, Command command) =>
        command with
        {
            File = "nsenter",
            // Entered there: a directory that was opened outside is not the one of that name inside.
            Arguments =
            [
                "-t",
                $"{process}",
                "-m",
                "sh",
                "-c",
                "cd \"$0\" && exec \"$@\"",
                command.Directory,
                command.File,
                .. command.Arguments,
            ],
        };
}
