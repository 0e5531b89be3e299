using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Client.Helm;

namespace CacheDaemon.Tests.Invocations;

/// <summary>
/// Random legal and illegal <c>template</c> calls from the flag table, and variations of one: other spellings, other order, repeats, and
/// small changes. Whether a variation means the same is for the parser to say.
/// </summary>
internal sealed class RandomCalls(Random random, string directory)
{
    // Values worth trying where any text would do are x, y and the empty text.
    private static readonly FlagTable s_flags = HelmCommands.Find("template", "")!.Flags;
    private static readonly Dictionary<string, string[]> s_values = new()
    {
        ["set"] =
        [
            "a=1",
            "a=2",
            "a.b=1",
            "b=x",
            "b=y",
            "c={1,2}",
            "d=null",
            "e=1,f=2",
            "g[0]=1",
            "h=a\\,b",
            "",
            "a",
            "-n=foo",
            "sub.k=v",
            "sub.j=w",
            "x.y=1",
            "x-y=2",
            "x/y=3",
        ],
        ["set-string"] = ["a=1", "b=true", "e=1,f=2", "sub.k=2", "sub.j=3", "z=", "a.b=c"],
        ["set-json"] = ["a=1", "a={\"b\":2}", "{\"z\":1}", "b=[1,2]", "bad"],
        ["set-literal"] = ["a=b,c", "z=1", "b={x}"],
        ["set-file"] =
        [
            "k=v1.yaml",
            "k=v2.yaml",
            "m=v1.yaml",
            "m.n=v2.yaml",
            "k=-",
            "m=-",
            "k=v1.yaml,m=v2.yaml",
            "k=nofile",
            "k=./v1.yaml",
        ],
        ["values"] =
        [
            "v1.yaml",
            "v2.yaml",
            "v1.yaml,v2.yaml",
            "",
            "\"v1.yaml\"",
            "-",
            "v2.yaml,-",
            "nofile.yaml",
            "./v1.yaml",
            "copy/v1.yaml",
            ",",
            "v%31.yaml",
            "nv.yaml",
        ],
        ["api-versions"] = ["x/v1", "x/v1,y/v2", "\"p,q\"", "", "y/v2", "a\"b"],
        ["show-only"] = ["templates/a.yaml", "templates/b.yaml", "templates/*.yaml", "nope"],
        ["kube-version"] = ["1.30.0", "v1.31", "bogus", ""],
        ["name-template"] = ["foo", "", "Bad", "{{ 1 }}"],
        ["namespace"] = ["ns1", "ns2", ""],
        ["kube-context"] = ["a", "b", "zz", ""],
        ["kubeconfig"] = ["k1", "k2", "nofile", ""],
        ["repository-config"] = ["repos.yaml", "nofile", ""],
        ["labels"] = ["a=b", "owner=x", "bad", "a=b,c=d"],
        ["timeout"] = ["5m", "1h", "bad"],
        ["burst-limit"] = ["10", "-1", "bad"],
        ["qps"] = ["1.5", "bad"],
        ["description"] = ["x", "--debug", ""],
        ["dry-run"] = ["client", "true", "server", "unset"],
        ["wait"] = ["true", "false", "hookOnly", "watcher", "bad"],
        ["color"] = ["auto", "never", "always", "bad"],
        ["colour"] = ["auto", "never", "bad"],
        ["registry-config"] = ["nofile", "registry.json", ""],
    };

    // Flags that interact: most flags of one call come from one theme.
    private static readonly string[][] s_themes =
    [
        ["set", "set-string", "set-json", "set-literal", "values"],
        ["set", "set-string"],
        ["set-file", "values"],
        ["namespace", "kubeconfig", "kube-context"],
        ["name-template", "generate-name"],
        ["atomic", "force", "validate", "wait", "rollback-on-failure", "force-replace", "force-conflicts"],
        ["dry-run", "validate", "server-side"],
        ["color", "colour"],
        ["api-versions", "kube-version", "show-only", "include-crds", "no-hooks", "skip-tests"],
        ["timeout", "labels", "burst-limit", "qps", "description"],
        ["repository-config", "registry-config", "debug"],
    ];

    private static readonly string[] s_truths = ["true", "T", "1", "TRUE", "false", "F", "0", "maybe"];

    private static readonly string[] s_strangers =
    [
        "--bogus",
        "--sett=a=1",
        "-x",
        "-gx",
        "--name-templ=x",
        "---set=a=1",
        "--=a",
        "--Set=a=1",
        "--hide-secret",
    ];

    private string[] _theme = s_themes[0];

    /// <summary>One call, as positional words and flags in order.</summary>
    internal sealed record Call(List<(string Name, string? Value)> Flags, List<string> Positionals, bool EndFlags, List<int> Places);

    public Call New()
    {
        _theme = s_themes[random.Next(s_themes.Length)];
        var flags = new List<(string, string?)>();
        for (int n = random.Next(7); n > 0; n--)
            flags.Add(Flag());
        List<string> positionals = random.Next(12) switch
        {
            0 => [],
            1 or 2 or 3 => [Chart()],
            4 => ["r", Chart(), "extra"],
            5 => ["Bad Name", Chart()],
            _ => ["r", Chart()],
        };
        return new Call(flags, positionals, random.Next(10) == 0, [.. positionals.Select(_ => random.Next(7))]);
    }

    /// <summary>The same or nearly the same call.</summary>
    public Call Vary(Call call)
    {
        var flags = call.Flags.ToList();
        for (int n = random.Next(3); n > 0; n--)
        {
            int i = flags.Count == 0 ? -1 : random.Next(flags.Count);
            switch (random.Next(i < 0 ? 2 : 7))
            {
                case 0:
                    flags.Insert(random.Next(flags.Count + 1), Flag());
                    break;
                case 1:
                    flags.Insert(random.Next(flags.Count + 1), random.Next(2) == 0 ? ("repository-cache", "x") : ("values", ""));
                    break;
                case 2:
                    flags.RemoveAt(i);
                    break;
                case 3:
                    int j = random.Next(flags.Count);
                    (flags[i], flags[j]) = (flags[j], flags[i]);
                    break;
                case 4:
                    flags.Insert(random.Next(i + 1), (flags[i].Name, ValueFor(flags[i].Name)));
                    break;
                case 5:
                    flags[i] = (flags[i].Name, ValueFor(flags[i].Name));
                    break;
                default:
                    flags.Insert(random.Next(flags.Count + 1), flags[i]);
                    break;
            }
        }
        // Kinds mix freely; order within a kind stays.
        if (random.Next(2) == 0)
            flags = [.. flags.GroupBy(f => f.Name).OrderBy(_ => random.Next()).SelectMany(g => g)];
        List<string> positionals =
        [
            .. call.Positionals.Select(p => p.EndsWith('c') || p.EndsWith("c/", StringComparison.Ordinal) ? Chart() : p),
        ];
        return new Call(flags, positionals, random.Next(10) == 0, [.. positionals.Select(_ => random.Next(7))]);
    }

    /// <summary>argv without argv[0], each flag in a random spelling.</summary>
    public string[] Spell(Call call)
    {
        var words = new List<string>();
        bool before = true;
        var rest = new List<string[]>();
        foreach ((string name, string? value) in call.Flags)
        {
            HelmFlag row = s_flags[s_flags.FindLong(name)];
            string[] spelled = SpellFlag(row, value);
            before &= row.IsGlobal && random.Next(3) == 0;
            if (before || random.Next(60) == 0)
                words.AddRange(spelled);
            else
                rest.Add(spelled);
        }
        words.Add("template");
        if (random.Next(40) == 0)
            rest.Add([s_strangers[random.Next(s_strangers.Length)]]);
        int next = 0;
        if (call.EndFlags)
        {
            words.AddRange(rest.SelectMany(r => r));
            words.Add("--");
            words.AddRange(call.Positionals);
            return [.. words];
        }
        // Positionals keep their order but stand anywhere.
        int[] places = [.. call.Places.Order()];
        for (int i = 0; i <= rest.Count; i++)
        {
            while (next < places.Length && (places[next] <= i || i == rest.Count))
                words.Add(call.Positionals[next++]);
            if (i < rest.Count)
                words.AddRange(rest[i]);
        }
        return [.. words];
    }

    private string[] SpellFlag(HelmFlag row, string? value)
    {
        string name = "--" + row.Name,
            letter = "-" + row.Shorthand;
        bool useLetter = row.Shorthand != '\0' && random.Next(2) == 0;
        if (value is null)
            return [useLetter ? letter : name];
        if (row.Arity != FlagArity.Value)
            return [(useLetter ? letter : name) + "=" + value];
        return (useLetter, random.Next(3)) switch
        {
            (true, 0) when value.Length > 0 => [letter + value],
            (true, 1) when value.Length > 0 => [letter + "=" + value],
            (true, _) => [letter, value],
            (false, 0) => [name + "=" + value],
            _ => [name, value],
        };
    }

    private (string Name, string? Value) Flag()
    {
        string name = random.Next(4) != 0 ? _theme[random.Next(_theme.Length)] : s_flags[random.Next(s_flags.Count)].Name;
        return (name, ValueFor(name));
    }

    private string? ValueFor(string name)
    {
        HelmFlag row = s_flags[s_flags.FindLong(name)];
        if (row.Arity == FlagArity.Switch)
            return random.Next(2) == 0 ? null : s_truths[random.Next(s_truths.Length)];
        if (row.Arity == FlagArity.OptionalByEquals && random.Next(2) == 0)
            return null;
        string[] values = s_values.GetValueOrDefault(name) ?? ["x", "y", ""];
        return values[random.Next(values.Length)];
    }

    private string Chart() =>
        ((string[])["c", "./c", "c/", directory + "/c", "copy/c", "copy/../c", "../" + System.IO.Path.GetFileName(directory) + "/c"])[
            random.Next(7)
        ];
}
