using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Daemon.Screening;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Screening;

/// <summary>The tables against the real helms: what they list exists, and what they call impure varies.</summary>
[Trait("needs", "helm")]
public sealed class ImpureFunctionsTests
{
    [Fact]
    public void Every_impure_function_but_network_has_a_trial_call()
    {
        IEnumerable<string> tried = ImpureCalls.Varying.Keys.Concat(ImpureCalls.Dated.Keys).Concat(ImpureCalls.Coarse.Keys);
        IEnumerable<string> listed = ImpureFunctions.All.Where(static f => f.Class != FunctionClass.Network).Select(static f => f.Name);
        Assert.Equal(listed.Order(), tried.Order());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_word_is_defined_by_a_helm(int major)
    {
        IEnumerable<string> functions = Vocabulary.All.Where(static w => !w.Traits.HasFlag(FunctionTraits.Keyword)).Select(static w => w.Name);
        if (major == 3)
            functions = functions.Where(static name => name != "mustToYaml");
        using TrialChart chart = TrialChart.Of("1{{ if false }}" + string.Concat(functions.Select(static name => "{{ " + name + " }}")) + "{{ end }}");
        HelmRun run = chart.Render(major);
        Assert.True(run.ExitCode == 0, run.Stderr);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_random_function_varies(int major)
    {
        using TrialChart chart = Keys.Chart();
        chart.With("templates/x.yaml", string.Concat(ImpureCalls.Varying.Select(static call => $"{call.Key}: {{{{ {call.Value} | quote }}}}\n")));
        Assert.Equal(ImpureCalls.Varying.Keys.Order(), VaryingLines(Enumerable.Range(0, 6).Select(_ => chart.Render(major))));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_dated_function_follows_the_calendar(int major)
    {
        // 26 hours apart: at any moment the two zones have different dates.
        using TrialChart chart = new TrialChart().With("templates/x.yaml", string.Concat(ImpureCalls.Dated.Select(static call => $"{call.Key}: {{{{ {call.Value} | quote }}}}\n")));
        Assert.Equal(ImpureCalls.Dated.Keys.Order(), VaryingLines([chart.Render(major, "Etc/GMT+12"), chart.Render(major, "Etc/GMT-14")]));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Network_functions_answer_nothing(int major)
    {
        using TrialChart chart = TrialChart.Of("{{ list (lookup \"v1\" \"Pod\" \"a\" \"b\") (getHostByName \"localhost\") | toJson }}");
        Assert.Contains("a: [{},\"\"]", chart.Render(major).Stdout);
    }

    [Theory]
    [InlineData(3, "env \"HOME\"")]
    [InlineData(3, "expandenv \"$HOME\"")]
    [InlineData(4, "env \"HOME\"")]
    [InlineData(4, "expandenv \"$HOME\"")]
    public void The_environment_cannot_be_read(int major, string call)
    {
        using TrialChart chart = TrialChart.Of("{{ " + call + " }}");
        Assert.Contains("not defined", chart.Render(major).Stderr);
    }

    private static IEnumerable<string> VaryingLines(IEnumerable<HelmRun> runs)
    {
        List<string[]> outputs = [.. runs.Select(static run =>
        {
            Assert.True(run.ExitCode == 0, run.Stderr);
            return run.Stdout.Split('\n');
        })];
        return outputs[0].Select((line, i) => (Name: line.Split(':')[0], Varies: outputs.Any(other => other[i] != line)))
            .Where(static line => line.Varies).Select(static line => line.Name).Order();
    }
}
