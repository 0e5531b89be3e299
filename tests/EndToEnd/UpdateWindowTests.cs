using System;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.EndToEnd.RepositoryHome;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// <c>repo update</c> with <c>remote.fresh_for</c>: within the window nobody asks the server, and all that could make an old index wrong
/// has helm ask it.
/// </summary>
[Trait("Needs", "programs")]
public sealed class UpdateWindowTests
{
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Within_the_window_an_update_runs_nothing_and_prints_what_the_last_one_printed(int major)
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Of(major), "remote:\n  fresh_for: 1h\n");
        Command update = home.Shim("repo update").With("HELMCACHED_TRACE", home.Home.At("trace"));
        CommandResult first = AssertWell(await update.RunAsync());
        Assert.Null(first.DifferenceFrom(await home.Home.Real(home.Work, "repo", "update").RunAsync()));
        // Real helm has fetched another index, as the server marks each.
        await AssertRunsAsync(update, "another index");
        int before = home.Updates;
        for (int i = 0; i < 2; i++)
            Assert.Null(AssertWell(await update.RunAsync()).DifferenceFrom(first));
        Assert.Equal(before, home.Updates);
        Assert.Contains(" joined age=", await File.ReadAllTextAsync(home.Home.At("trace")), StringComparison.Ordinal);

        await AssertRunsAsync(update.With("HELMCACHED_RECACHE", "1"), "who asks for it");
        await AssertRunsAsync(home.Shim("repo update r"), "another call");
        // The index that it left is another than the one that is known: this server's indexes differ.
        await AssertRunsAsync(update, "after another call");
        File.Delete(home.IndexFile);
        await AssertRunsAsync(update, "an index that is gone");
        AssertWell(await home.Home.Real(home.Work, "repo", "add", "s", home.Server.Url).RunAsync());
        before = home.Updates;
        AssertWell(await update.RunAsync());
        Assert.Equal(before + 2, home.Updates);
        await home.Home.StopAsync();
        await home.Home.StartAsync();
        before = home.Updates;
        AssertWell(await update.RunAsync());
        AssertWell(await update.RunAsync());
        Assert.Equal(before + 2, home.Updates);

        // One that could not reach the repository opens none, whatever its exit code is.
        File.Delete(home.IndexFile);
        home.Server.Answer(ChartRepositoryServer.Index, 500);
        before = home.Updates;
        CommandResult failed = await update.RunAsync();
        // In which order helm names the two is chance.
        Assert.Equal(failed.ExitCode, (await update.RunAsync()).ExitCode);
        Assert.True(home.Updates >= before + 4, failed.ToString());

        async Task AssertRunsAsync(Command command, string what)
        {
            int requests = home.Updates;
            AssertWell(await command.RunAsync());
            Assert.True(home.Updates == requests + 1, what);
        }
    }
}
