using System;
using System.Collections.Generic;
using System.Linq;

namespace CacheDaemon.Daemon.Configuration;

/// <summary>One setting: what it is called, what it takes, and how it becomes part of <see cref="DaemonOptions"/>.</summary>
/// <param name="Key">Name in the file; a dot stands for a section.</param>
/// <param name="Purpose">What it decides, in one line, for <c>helmcached config --example</c>.</param>
/// <param name="Allowed">What it takes, for messages.</param>
/// <param name="Example">A value other than the default.</param>
/// <param name="Parse">The options with this setting changed; null when the values are not understood.</param>
/// <param name="Show">The value in some options, as it could stand in the file.</param>
public sealed record Setting(
    string Key,
    string Purpose,
    string Allowed,
    string Example,
    Func<DaemonOptions, IReadOnlyList<string>, DaemonOptions?> Parse,
    Func<DaemonOptions, string> Show
)
{
    /// <summary>The environment variable of the same meaning; it goes before the file.</summary>
    public string Variable => "HELMCACHED_" + Key.Replace('.', '_').ToUpperInvariant();

    /// <summary>Takes a list: a sequence in the file, separated by colons in the variable.</summary>
    public bool IsList { get; init; }

    /// <summary>The items have colons in them: the variable separates them by commas, spaces or new lines.</summary>
    public bool HasColons { get; init; }

    /// <summary>
    /// The variable is the shim's, call by call. The daemon must not take it from the caller that happens to start it: it would
    /// then hold for all others.
    /// </summary>
    public bool PerCall { get; init; }

    /// <summary>What a person is told whose value the setting does not take.</summary>
    /// <param name="value">As it was given; null for something that is no value at all, such as a mapping.</param>
    public string Refusal(string? value)
    {
        const int MaxShown = 60;
        if (value is null)
            return $"{Key}: not a value; expected {Allowed}";
        string shown = new([.. value.Take(MaxShown).Select(static c => char.IsControl(c) ? '?' : c)]);
        return $"{Key}: invalid value \"{shown}{(value.Length > MaxShown ? "…" : "")}\"; expected {Allowed}";
    }

    /// <summary>What holds when nobody says anything.</summary>
    public string Default => Show(new DaemonOptions());
}
