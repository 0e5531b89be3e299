using System.Collections.Generic;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Screening;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Screening;

[Trait("needs", "helm")]
public sealed class SubstitutionTests
{
    public static IEnumerable<object[]> Calls =>
        ImpureCalls.Varying.Where(static call => call.Key is not ("keys" or "values")).Concat(ImpureCalls.Dated).Concat(ImpureCalls.Coarse)
            .SelectMany(static call => new object[][] { [3, call.Key, call.Value], [4, call.Key, call.Value] });

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_call_is_mentioned_and_its_proof_fails(int major, string function, string call)
    {
        using TrialChart chart = Keys.Chart().With("templates/x.yaml", "a: {{ " + call + " | quote }}\n");
        var mentions = Assert.IsType<Verdict.Mentions>(chart.Judge());
        Assert.Equal(function, mentions.Function);
        Assert.Equal(0, chart.Render(major).ExitCode);
        using TrialChart copy = chart.Substituted(mentions);
        HelmRun proof = copy.Render(major);
        Assert.Equal((1, ""), (proof.ExitCode, proof.Stdout));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void What_is_not_called_is_proved(int major, string function, string call)
    {
        const string Template = "a: {{ .Release.Name }}{{ if .Values.off }}{{ CALL }}{{ end }}\nb: {{ and .Values.off (CALL) | quote }}\nc: {{ .Values.m.FUNCTION }}\n{{ define \"unused\" }}{{ CALL }}{{ end }}";
        using TrialChart chart = Keys.Chart().With("templates/x.yaml", Template.Replace("CALL", call).Replace("FUNCTION", function));
        var mentions = Assert.IsType<Verdict.Mentions>(chart.Judge());
        using TrialChart copy = chart.Substituted(mentions);
        HelmRun real = chart.Render(major);
        Assert.True(real.ExitCode == 0, real.Stderr);
        Assert.Equal(real, copy.Render(major));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void In_a_comment_or_a_literal_it_is_pure(int major, string function, string call)
    {
        string template = "a: {{ .Release.Name }}{{/* " + call + " {{ " + function + " }} */}} {{ \"" + function + "\" }} {{ `" + call + "` | quote }}\n";
        using TrialChart chart = Keys.Chart().With("templates/x.yaml", template);
        Assert.IsType<Verdict.Pure>(chart.Judge());
        HelmRun real = chart.Render(major);
        Assert.True(real.ExitCode == 0, real.Stderr);
        Assert.Equal(real, chart.Render(major));
    }

    [Theory]
    [InlineData("{{ quote now }}")]
    [InlineData("{{ now.Year }}")]
    [InlineData("{{ (now).Year }}")]
    [InlineData("{{ randAlpha }}")]
    [InlineData("{{ randAlpha 1 2 3 }}")]
    [InlineData("{{ \"x\" | default now }}")]
    [InlineData("{{ default \"x\" (now) }}")]
    [InlineData("{{ coalesce \"x\" now }}")]
    [InlineData("{{ ternary \"x\" now true }}")]
    [InlineData("{{ or false (now) }}")]
    [InlineData("{{ required \"r\" now }}")]
    [InlineData("{{ empty now }}")]
    [InlineData("{{ kindOf now }}")]
    [InlineData("{{ fromYaml (toYaml now) }}")]
    [InlineData("{{ toJson (dict \"a\" now) }}")]
    [InlineData("{{ with now }}{{ end }}")]
    [InlineData("{{ range list now }}{{ end }}")]
    [InlineData("{{ range $i, $e := list now }}{{ end }}")]
    [InlineData("{{ $x := now }}")]
    [InlineData("{{ template \"t\" now }}")]
    [InlineData("{{ include \"t\" now }}")]
    [InlineData("{{ block \"u\" now }}{{ end }}")]
    [InlineData("{{ include \"n\" . }}")]
    [InlineData("{{ template \"n\" . }}")]
    [InlineData("{{ include \"n\" . | fromYaml | toJson }}")]
    [InlineData("{{ tpl \"{{ include \\\"n\\\" . }}\" . }}")]
    [InlineData("{{ tpl \"{{ now }}\" . }}")]
    [InlineData("{{ tpl `{{ \"x\" | default now }}` . }}")]
    [InlineData("{{ $m := dict }}{{ $_ := set $m \"a\" now }}")]
    [InlineData("{{ if and true (not (eq now nil)) }}{{ end }}")]
    [InlineData("{{ regexReplaceAll \"a\" \"b\" (now | toString) }}")]
    public void No_construct_swallows_a_call(string template)
    {
        foreach (int major in (int[])[3, 4])
        {
            using TrialChart chart = new TrialChart().With("templates/x.yaml", "a: 1\n#" + template)
                .With("templates/_h.tpl", "{{ define \"n\" }}{{ now }}{{ end }}{{ define \"t\" }}{{ end }}");
            using TrialChart copy = chart.Substituted(Assert.IsType<Verdict.Mentions>(chart.Judge()));
            Assert.Equal(1, copy.Render(major).ExitCode);
        }
    }

    [Theory]
    [InlineData("{{ tpl .Values.t . }}", true)]
    [InlineData("{{ tpl (toYaml .Values.t) . }}", true)]
    [InlineData("{{ tpl (.Files.Get \"f.txt\") . }}", true)]
    [InlineData("{{ tpl .Values.s . }}", true)]
    [InlineData("{{ tpl .Chart.Description . }}", true)]
    [InlineData("{{ tpl \"{{ uuidv4 }}\" . }}", true)]
    [InlineData("{{ tpl (b64dec .Values.enc) . }}", false)]
    [InlineData("{{ tpl (printf \"{{ uuid%s }}\" \"v4\") . }}", false)]
    [InlineData("{{ tpl (include \"made\" .) . }}", false)]
    public void Tpl_never_makes_a_random_render_pure(string template, bool provable)
    {
        foreach (int major in (int[])[3, 4])
        {
            using TrialChart chart = new TrialChart().With("templates/x.yaml", "a: " + template + "\n")
                .With("Chart.yaml", "apiVersion: v2\nname: trial\nversion: 0.1.0\ndescription: '{{ uuidv4 }}'\n")
                .With("values.yaml", "t: '{{ uuidv4 }}'\nenc: e3sgdXVpZHY0IH19\n").With("f.txt", "{{ uuidv4 }}")
                .With("templates/_h.tpl", "{{ define \"made\" }}{{ \"{{\" }} {{ print \"uuid\" \"v4\" }} {{ \"}}\" }}{{ end }}")
                .WithArguments("--set-literal", "s={{ uuidv4 }}");
            Assert.NotEqual(chart.Render(major).Stdout, chart.Render(major).Stdout);
            var mentions = Assert.IsType<Verdict.Mentions>(chart.Judge()); // The values mention it in each case.
            Assert.Equal(provable, mentions.Doubt is null);
            using TrialChart copy = chart.Substituted(mentions);
            if (provable)
                Assert.Equal(1, copy.Render(major).ExitCode);
        }
    }

    [Fact]
    public void Only_the_names_change()
    {
        const string Template = "now {{/* now */}}{{- now | date `{{now}} now` -}}{{ .now }}{{ $now }}{{ fooV9 }} \"{{ \"now {{ $now uuidv4 }}\" }}";
        byte[] bytes = Encoding.UTF8.GetBytes(Template);
        Assert.Equal(
            "now {{/* now */}}{{- fail | fail `{{now}} now` -}}{{ .now }}{{ $now }}{{ fail }} \"{{ \"now {{ $now uuidv4 }}\" }}",
            Encoding.UTF8.GetString(Substitution.Apply(bytes, inLiteralsToo: false)));
        Assert.Equal(
            "now {{/* now */}}{{- fail | fail `{{fail}} now` -}}{{ .now }}{{ $now }}{{ fail }} \"{{ \"now {{ $now fail }}\" }}",
            Encoding.UTF8.GetString(Substitution.Apply(bytes, inLiteralsToo: true)));
        Assert.Equal("now {{ fail }} {{ humanize }}", Encoding.UTF8.GetString(Substitution.ApplyToText("now {{ ago }} {{ humanize }}"u8)));
    }
}
