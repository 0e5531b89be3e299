using System;
using System.Collections.Generic;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Shim;

/// <summary>
/// Whether helm would come to read standard input. What makes it fail before that must not have us wait for the end of an open pipe, or take what the
/// next command of a script is to read. In doubt the answer is no, and helm itself decides.
/// </summary>
/// <remarks>
/// helm's order, by strace on 3.17.3 and 4.1.4 (<c>pkg/cmd/template.go</c>, <c>install.go</c>, <c>pkg/cli/values/options.go</c>): flags, positional
/// arguments, the chart's path, then values: each <c>-f</c>, <c>--set-json</c>, <c>--set</c>, <c>--set-string</c>, <c>--set-file</c>.
/// </remarks>
internal static class StandardInput
{
    /// <summary>Flags of both helms that cannot fail before values are read, whatever their value is.</summary>
    private static readonly string[] s_harmless =
    [
        "values", "set", "set-file", "set-json", "set-literal", "set-string", "namespace", "api-versions", "show-only", "include-crds", "is-upgrade", "no-hooks",
        "release-name", "skip-crds", "skip-schema-validation", "skip-tests", "version", "kubeconfig", "kube-context",
        "create-namespace", "description", "devel", "disable-openapi-validation", "render-subchart-notes", "wait-for-jobs",
    ];

    /// <summary>True when nothing is known that would end helm first. A call of <see cref="CommandLine.ReadsStdin"/>.</summary>
    public static bool IsDue(ParsedCommandLine call)
    {
        // One or two positional arguments, the last one the chart (action.NameAndChart).
        if (call.Positionals.Count is not (1 or 2) || Libc.Stat(call.Positionals[^1].Trim(), follow: true, out _) != 0)
            return false;
        foreach (FlagUse use in call.Flags)
            if (!IsHarmless(HelmFlags.All[use.Flag].Name, use.Value, call.Positionals.Count))
                return false;
        return ValuesComeToIt(call);
    }

    private static bool IsHarmless(string flag, string? value, int positionals) => flag switch
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

    /// <summary>Whether all that helm reads before its standard input can be read.</summary>
    private static bool ValuesComeToIt(ParsedCommandLine call)
    {
        var items = new List<string>();
        bool sets = false;
        foreach (FlagUse use in call.Flags)
        {
            FlagRole role = HelmFlags.All[use.Flag].Role;
            if (role == FlagRole.ValuesFile && !GoSyntax.TryReadCsv(use.Value!, items))
                return false;
            sets |= role is FlagRole.Set or FlagRole.SetString or FlagRole.SetJson;
        }
        foreach (string item in items)
        {
            if (CommandLine.IsStdin(item))
                return true;
            if (!CanBeRead(item))
                return false;
        }
        // Not among the values: it is for a --set-file, before which the others are parsed.
        if (sets)
            return false;
        foreach (FlagUse use in call.Flags)
        {
            if (HelmFlags.All[use.Flag].Role != FlagRole.SetFile)
                continue;
            var files = new List<SetFileItem>();
            if (!SetFileSyntax.TryParse(use.Value!, files))
                return false;
            foreach (SetFileItem file in files)
            {
                if (CommandLine.IsStdin(file.Path))
                    return true;
                if (!CanBeRead(file.Path))
                    return false;
            }
        }
        return false;
    }

    /// <summary>A regular file that this user may read, and by a name that is no URL to helm and no error to its parser of URLs.</summary>
    private static bool CanBeRead(string file)
    {
        foreach (char c in file)
            if (c is ':' or '%' || char.IsControl(c))
                return false;
        byte[] path = Libc.PathBytes(file);
        if (Libc.Stat(path, follow: true, out FileStamp stamp) != 0 || stamp.Kind != FileKind.Regular || Libc.Open(path, out int descriptor) != 0)
            return false;
        Libc.Close(descriptor);
        return true;
    }
}
