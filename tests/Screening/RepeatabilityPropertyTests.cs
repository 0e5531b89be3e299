using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Screening;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Screening;

/// <summary>
/// Random charts, judged by the screen and then rendered by real helm at two dates and again: what the screen calls pure, and what the
/// proof accepts, must never differ. Order alone may (design 6.4), so no piece shows the order of keys.
/// </summary>
[Trait("needs", "helm")]
public sealed class RepeatabilityPropertyTests
{
    private const int ChartsPerHelm = 40;

    // Each piece is one YAML value; {0} is a call, {1} a helper's name.
    private static readonly string[] s_pieces =
    [
        "{{{{ .Release.Name | quote }}}}",
        "{{{{ {0} | quote }}}}",
        "{{{{/* {0} */}}}}1",
        "{{{{ \"{{{{ {1} }}}}\" | quote }}}}",
        "{{{{ if .Values.on }}}}{{{{ {0} | quote }}}}{{{{ else }}}}2{{{{ end }}}}",
        "{{{{ if not .Values.on }}}}{{{{ {0} | quote }}}}{{{{ else }}}}3{{{{ end }}}}",
        "{{{{ .Values.set | default ({0}) | quote }}}}",
        "{{{{ if .Values.set }}}}{{{{ .Values.set }}}}{{{{ else }}}}{{{{ {0} | quote }}}}{{{{ end }}}}",
        "{{{{ include \"helper\" . | quote }}}}",
        "{{{{ include (printf \"%s%s\" \"hel\" \"per\") . | quote }}}}",
        "{{{{ tpl .Values.text . | quote }}}}",
        "{{{{ tpl (.Files.Get \"f.txt\") . | quote }}}}",
        "{{{{ tpl (printf \"{{{{ uuid%s }}}}\" \"v4\") . | quote }}}}",
        "{{{{ tpl (b64dec .Values.enc) . | quote }}}}",
        "{{{{ $x := .Values.text }}}}{{{{ tpl $x . | quote }}}}",
        "{{{{ include \"render\" (dict \"v\" .Values.text \"c\" $) | quote }}}}",
        "{{{{ include \"render\" (dict \"v\" (.Values.enc | b64dec) \"c\" $) | quote }}}}",
        "{{{{ include \"passes\" (dict \"v\" (cat .Values.text \"x\") \"c\" $) | quote }}}}",
        "{{{{ print .Chart | sha256sum }}}}",
        "{{{{ .Values.text | sha256sum }}}}",
        "{{{{ len (keys .Values.m) }}}}",
        "{{{{ and .Values.off ({0}) | quote }}}}",
        "{{{{ or .Values.on ({0}) | quote }}}}",
        "{{{{ toDate \"2006-01-02\" \"2020-01-01\" | unixEpoch }}}}",
    ];

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void What_is_called_pure_or_proved_never_varies(int major)
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        var outcomes = new Dictionary<string, int>();
        for (int i = 0; i < ChartsPerHelm; i++)
        {
            using TrialChart chart = Compose(random, out string text);
            string outcome = Check(chart, major, $"seed {seed}, chart {i}:\n{text}");
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }
        // All kinds must occur, or the property says nothing.
        Assert.All((string[])["pure", "proved", "not proved"], kind => Assert.True(outcomes.ContainsKey(kind), $"seed {seed}: no chart was {kind}"));
    }

    private static string Check(TrialChart chart, int major, string context)
    {
        Verdict verdict = chart.Judge();
        HelmRun west = chart.Render(major, "Etc/GMT+12");
        Assert.True(west.ExitCode == 0, context + west.Stderr);
        // The same moment under another zone stands for another day; toDate and its like answer by the zone, rightly.
        HelmRun[] others = [chart.Render(major, "Etc/GMT-14"), chart.Render(major, "Etc/GMT+12")];
        bool same = others.All(other => WithoutZone(other) == WithoutZone(west));
        switch (verdict)
        {
            case Verdict.Pure:
                Assert.True(same, "pure, yet varies: " + context);
                return "pure";
            case Verdict.Mentions { Doubt: null } mentions:
                using (TrialChart copy = chart.Substituted(mentions))
                {
                    HelmRun proof = copy.Render(major, "Etc/GMT+12");
                    if (proof != west)
                        return "not proved";
                    Assert.True(same, "proved, yet varies: " + context);
                    return "proved";
                }
            default:
                return "doubtful";
        }
    }

    private static string WithoutZone(HelmRun run) =>
        string.Join('\n', run.Stdout.Split('\n').Where(static line => !line.StartsWith("zone", StringComparison.Ordinal)));

    private static TrialChart Compose(Random random, out string text)
    {
        KeyValuePair<string, string>[] calls = [.. ImpureCalls.Varying.Where(static c => c.Key is not ("keys" or "values") && !c.Value.Contains(".Values")), .. ImpureCalls.Dated];
        var template = new StringBuilder();
        int count = random.Next(1, 5);
        for (int i = 0; i < count; i++)
        {
            (string name, string call) = calls[random.Next(calls.Length)];
            string piece = s_pieces[random.Next(s_pieces.Length)];
            string label = piece.Contains("toDate") ? "zone" : "a";
            template.Append($"{label}{i}: {string.Format(piece, call, name)}\n");
        }
        string helper = random.Next(3) == 0 ? "{{ " + calls[random.Next(calls.Length)].Value + " }}" : "{{ .Release.Name }}";
        string value = random.Next(3) == 0 ? "{{ uuidv4 }}" : "{{ .Release.Name }} now";
        string on = random.Next(2) == 0 ? "true" : "false";
        string set = random.Next(2) == 0 ? "set: fixed\n" : "";
        string helpers = "{{ define \"helper\" }}" + helper + "{{ end }}{{ define \"render\" }}{{ tpl .v .c }}{{ end }}{{ define \"passes\" }}{{ include \"render\" . }}{{ end }}";
        string values = $"m: {{a: 1, b: 2}}\non: {on}\noff: false\n{set}text: '{value}'\nenc: e3sgdXVpZHY0IH19\n";
        if (!template.ToString().Contains("render") && !template.ToString().Contains("passes"))
            helpers = "{{ define \"helper\" }}" + helper + "{{ end }}";
        text = template + helpers + "\n" + values;
        return new TrialChart().With("templates/x.yaml", template.ToString()).With("templates/_h.tpl", helpers).With("values.yaml", values).With("f.txt", value);
    }
}
