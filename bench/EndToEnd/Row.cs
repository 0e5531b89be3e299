using System.Collections.Generic;
using System.Globalization;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>One number of a budget.</summary>
/// <param name="Unit">What it counts: <c>× floor</c>, <c>ms over helm</c>.</param>
/// <param name="Value">Measured.</param>
/// <param name="Limit">The budget.</param>
/// <param name="AtLeast">True when more is better.</param>
internal sealed record Check(string Unit, double Value, double Limit, bool AtLeast = false)
{
    /// <summary>Whether the budget is met.</summary>
    public bool Met => AtLeast ? Value >= Limit : Value <= Limit;

    /// <summary>The budget as text.</summary>
    public string Budget => (AtLeast ? "≥ " : "≤ ") + Format(Limit) + " " + Unit;

    /// <summary>The measured number as text.</summary>
    public string Measured => Format(Value) + " " + Unit;

    private static string Format(double value) =>
        value.ToString(value is >= 1000 or <= -1000 ? "#,0" : "0.##", CultureInfo.InvariantCulture);
}

/// <summary>One row of the table of budgets, measured.</summary>
/// <param name="What">What was done.</param>
/// <param name="Checks">Budget beside measured.</param>
/// <param name="Times">The spread of each contender, in milliseconds.</param>
/// <param name="Note">What a reader needs to know to judge it.</param>
internal sealed record Row(string What, IReadOnlyList<Check> Checks, IReadOnlyDictionary<string, Samples> Times, string Note = "")
{
    /// <summary>A row without times of its own.</summary>
    public static IReadOnlyDictionary<string, Samples> NoTimes { get; } = new Dictionary<string, Samples>();
}
