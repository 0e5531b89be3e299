using System;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Shim;

/// <summary>
/// Whether helm would come to read any values: what it checks before, as far as it can fail. In doubt the answer is no, and helm itself
/// decides.
/// </summary>
internal static class BeforeValues
{
    /// <summary>Flags of both helms that cannot fail before values are read, whatever their value is.</summary>
    private static readonly string[] s_harmless =
    [
        "values",
        "set",
        "set-file",
        "set-json",
        "set-literal",
        "set-string",
        "namespace",
        "api-versions",
        "show-only",
        "include-crds",
        "is-upgrade",
        "no-hooks",
        "release-name",
        "skip-crds",
        "skip-schema-validation",
        "skip-tests",
        "version",
        "kubeconfig",
        "kube-context",
        "create-namespace",
        "description",
        "output-dir",
        "devel",
        "disable-openapi-validation",
        "render-subchart-notes",
        "wait-for-jobs",
        "quiet",
        "strict",
        "with-subcharts",
    ];

    /// <summary>True when nothing is known that would end helm first.</summary>
    public static bool AreSurelyPassed(ParsedCommandLine call)
    {
        // One or two positional arguments, the last one the chart (action.NameAndChart). Without a path helm 4 lints nothing.
        if (
            call.Command.ReadsValuesFirst
                ? call.Positionals.Count == 0
                : call.Positionals.Count is not (1 or 2) || Libc.Stat(call.Positionals[^1].Trim(), follow: true, out _) != 0
        )
            return false;
        foreach (FlagUse use in call.Flags)
            if (!IsHarmless(call.Row(use).Name, use.Value, call.Positionals.Count))
                return false;
        return true;
    }

    private static bool IsHarmless(string flag, string? value, int positionals) =>
        flag switch
        {
            "kube-version" => IsVersion(value),
            "timeout" => IsDuration(value),
            // Beside a name it is an error; with actions it is a template, which may be a wrong one.
            "name-template" => positionals == 1 && value is not null && !value.Contains("{{", StringComparison.Ordinal),
            _ => Array.IndexOf(s_harmless, flag) >= 0,
        };

    /// <summary><c>5m0s</c>, <c>300s</c>: whole numbers with a unit each, few enough to stay below Go's 292 years.</summary>
    private static bool IsDuration(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 12)
            return false;
        while (text.Length > 0)
        {
            int digits = text.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 5 || text[digits] is not ('h' or 'm' or 's'))
                return false;
            text = text[(digits + 1)..];
        }
        return true;
    }

    /// <summary><c>1.29</c>, <c>v1.29.0</c>: the plain forms, which every parser of versions takes.</summary>
    private static bool IsVersion(ReadOnlySpan<char> text)
    {
        if (text.StartsWith('v'))
            text = text[1..];
        int parts = 0;
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> part = text[range];
            if (part.Length is 0 or > 5 || part.ContainsAnyExceptInRange('0', '9') || (part.Length > 1 && part[0] == '0'))
                return false;
            parts++;
        }
        return parts is 2 or 3;
    }
}
