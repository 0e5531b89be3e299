using System;
using System.IO;
using CacheDaemon.Tests.Support;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>
/// What one fault did to its callers: the row of <c>docs/reliability.md</c>. Printed by the test, and appended to
/// <c>artifacts/test/faults.tsv</c>, from which that page is made.
/// </summary>
internal sealed record FaultReport(string Fault, string How, int Calls, int Wrong, int Failed, TimeSpan WorstAdded)
{
    private static readonly object s_gate = new();

    public void Print(ITestOutputHelper output)
    {
        string row = $"{Fault}\t{How}\t{Calls}\t{Wrong}\t{Failed}\t{Math.Max(0, WorstAdded.TotalMilliseconds):0}";
        output.WriteLine(row);
        string file = Path.Combine(Repository.Root, "artifacts", "test", "faults.tsv");
        lock (s_gate)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.AppendAllText(file, row + "\n");
        }
    }
}
