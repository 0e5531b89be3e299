using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Tests.Inputs;

namespace CacheDaemon.Tests.Conformance;

/// <summary>All cases.</summary>
internal static class CaseTable
{
    /// <summary>Each group makes its cases anew, since an edit changes a case.</summary>
    private static readonly Func<IEnumerable<ConformanceCase>>[] Groups =
    [
        SubchartCases.All,
        ChartFileCases.All,
        ValuesCases.All,
        FlagCases.All,
        EnvironmentCases.All,
        FailureCases.All,
        OutputCases.All,
        RepeatabilityCases.All,
        CommandLineRowCases.All,
        EnvironmentRowCases.All,
        ChartRowCases.All,
        ForeignAnswerCases.All,
        ServedMoreCases.All,
        CommandCases.All,
        LintCases.All,
        DependencyCases.All,
    ];

    /// <summary>The group of each name: a test makes the cases of one group, not of all.</summary>
    private static readonly Lazy<Dictionary<string, Func<IEnumerable<ConformanceCase>>>> LazyIndex = new(() =>
        Groups.SelectMany(group => group().Select(@case => (@case.Name, group))).ToDictionary(pair => pair.Name, pair => pair.group)
    );

    /// <summary>Fresh copies of all cases for one helm.</summary>
    public static IEnumerable<ConformanceCase> All(int major) => Groups.SelectMany(group => group()).Where(@case => @case.AppliesTo(major));

    /// <summary>The names of the cases for one helm; the name alone travels through xunit.</summary>
    public static IEnumerable<object[]> Names(int major)
    {
        var seen = new HashSet<string>();
        foreach (ConformanceCase @case in Groups.SelectMany(group => group()))
        {
            if (!seen.Add(@case.Name))
                throw new InvalidOperationException($"two conformance cases are called '{@case.Name}'");
            if (@case.AppliesTo(major))
                yield return [@case.Name];
        }
    }

    /// <summary>A fresh copy of the case called <paramref name="name"/>.</summary>
    public static ConformanceCase Get(string name) => LazyIndex.Value[name]().Single(c => c.Name == name);
}
