using System;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Screening;
using Xunit;

namespace CacheDaemon.Tests.Screening;

public sealed class FileScreenTests
{
    private static ScreenFacts Template(string text) => FileScreen.Scan(Encoding.UTF8.GetBytes(text), FileRole.Template);

    [Theory]
    [InlineData("{{ now }}")]
    [InlineData("{{now}}")]
    [InlineData("{{- now -}}")]
    [InlineData("{{ quote now }}")]
    [InlineData("{{ (now).Year }}")]
    [InlineData("{{ now.Year }}")]
    [InlineData("{{ \"x\" | now }}")]
    [InlineData("{{ $x := now }}")]
    [InlineData("{{ if and .Values.a\r\n\t(now) }}{{ end }}")]
    [InlineData("{{ template \"x\" now }}")]
    [InlineData("{{ \"\\\" }}\" | now }}")]
    [InlineData("{{ `}}` | now }}")]
    [InlineData("{{ '}' | now }}")]
    [InlineData("{{/* a */}}{{ now }}")]
    [InlineData("{{ /* a */ now }}")]
    [InlineData("{{ range now }}{{ end }}")]
    [InlineData("{{ else if now }}")]
    [InlineData("{{ ((((now)))) }}")]
    [InlineData("{{ .Values.a ) now }}")]
    [InlineData("{{ 1 , = now }}")]
    public void A_call_is_mentioned(string text) => Assert.Equal("now", Assert.Single(Template(text).Actions).Function);

    [Theory]
    [InlineData("now {{ .Values.a }} now")]
    [InlineData("{{ .Values.now }}")]
    [InlineData("{{ $now }}")]
    [InlineData("{{ $.now }}")]
    [InlineData("{{ (dict).now }}")]
    [InlineData("{{ \"now\" }}")]
    [InlineData("{{ `now` }}")]
    [InlineData("{{ \"a\\\" now\" }}")]
    [InlineData("{{/* now */}}")]
    [InlineData("{{- /* now\n {{ now }} */ -}}")]
    [InlineData("{{ define \"now\" }}{{ end }}")]
    [InlineData("{ { now }}")]
    public void No_call_is_not_mentioned(string text) => Assert.Empty(Template(text).Actions);

    [Theory]
    [InlineData("{{ \"abc\n now }}")]
    [InlineData("{{ `abc now }}")]
    [InlineData("{{ 'a\n now }}")]
    [InlineData("{{ .Values.a now")]
    [InlineData("{{/* now */ }}")]
    [InlineData("{{ % now }}")]
    public void What_go_refuses_to_read_is_read_word_by_word(string text) => Assert.Contains(Template(text).Actions, static m => m.Function == "now");

    [Theory]
    [InlineData("{{ noSuchFunction 1 }}")]
    [InlineData("{{ .Values.a | uuidv7 }}")]
    public void A_name_no_helm_defines_needs_proof(string text) =>
        Assert.Equal(FunctionClass.Unknown, Assert.Single(Template(text).Actions).Class);

    [Fact]
    public void Lines_count_from_one()
    {
        ScreenFacts facts = Template("a\n{{ randAlpha 5 }}\n\n{{ now }}{{ now }}\n");
        Assert.Equal([new Mention("randAlpha", FunctionClass.Random, 2), new Mention("now", FunctionClass.Clock, 4)], facts.Actions);
    }

    [Theory]
    [InlineData("a: 1\n")]
    [InlineData("{{ .Values.a | quote | nindent 4 }}{{ if eq .Values.b 1 }}{{ end }}")]
    [InlineData("{{ include \"x\" . }}{{ printf \"%s-%s\" .Release.Name .Chart.Name | trunc 63 }}")]
    [InlineData("{{ range .Values.list }}{{ . }}{{ end }}{{ with .Values.x }}{{ . | toString | sha256sum }}{{ end }}")]
    [InlineData("{{ include (print $.Template.BasePath \"/x.yaml\") . | sha256sum }}")]
    public void A_file_that_says_nothing_shares_the_empty_facts(string text) => Assert.Same(ScreenFacts.Empty, Template(text));

    [Theory]
    [InlineData("plain text about now and date")]
    [InlineData("a: '{{ .Values.now }} {{ $now }}' # now")]
    [InlineData("{\"a\":{\"b\":\"now\"}}")]
    public void Text_outside_braces_is_not_mentioned(string text) =>
        Assert.Same(ScreenFacts.Empty, FileScreen.Scan(Encoding.UTF8.GetBytes(text), FileRole.Text));

    [Theory]
    [InlineData("a: '{{ now }}'")]
    [InlineData("a: \"{{ \\\"x\\\" | now }}\"")]
    [InlineData("a: {{`now`}}")]
    [InlineData("a: '{{ \"}}\" | now }}'")]
    [InlineData("a: '{{ `}}` | now }}'")]
    [InlineData("a: '{{ \"\\\"}}\" | now }}'")]
    [InlineData("a: \"{{ \\\"}}\\\" | now }}\"")]
    [InlineData("a: \"{{ \\\"\\\\\\\"}}\\\" | now }}\"")]
    [InlineData("a: '{{ .x' \nb: 'now }}'")]
    public void Text_inside_braces_is_mentioned(string text) =>
        Assert.Equal("now", Assert.Single(FileScreen.Scan(Encoding.UTF8.GetBytes(text), FileRole.Text).Texts).Function);

    [Theory]
    [InlineData("a: \"{{ \\x6eow }}\"", FileRole.Text)]
    [InlineData("a: \"{{ \\u006eow }}\"", FileRole.Text)]
    [InlineData("a: \"\\x7b{ now }}\"", FileRole.Text)]
    [InlineData("a: \"{{ n\\\n  ow }}\"", FileRole.Text)]
    [InlineData("a: !!binary e3sgbm93IH19", FileRole.Text)]
    [InlineData("a={{ n\\ow }}", FileRole.Argument)]
    [InlineData("a=\\{\\{ now }}", FileRole.Argument)]
    [InlineData("{{ tpl \"{{ n\\157w }}\" . }}", FileRole.Template)]
    internal void An_escape_that_spells_a_name_is_doubtful(string text, FileRole role) =>
        Assert.Contains(FileScreen.Scan(Encoding.UTF8.GetBytes(text), role).DoubtsWithTpl, static d => d.Reason == DoubtReason.DisguisedText);

    [Theory]
    [InlineData("a: \"\\n \\t \\\" \\\\x6e \\u00e9 \\x0a\"")]
    [InlineData("run: |\n  make \\\n    all\n")]
    public void Other_escapes_are_not(string text) =>
        Assert.Same(ScreenFacts.Empty, FileScreen.Scan(Encoding.UTF8.GetBytes(text), FileRole.Text));

    [Theory]
    [InlineData("{{ . }}")]
    [InlineData("{{ $ }}")]
    [InlineData("{{ .Chart }}")]
    [InlineData("{{ $.Chart | toString | sha256sum }}")]
    [InlineData("{{ $r := . }}{{ range .Values.x }}{{ $r | toString }}{{ end }}")]
    [InlineData("{{ with $ }}{{ . }}{{ end }}")]
    [InlineData("{{ dict \"a\" .Chart | quote }}")]
    [InlineData("{{ .Chart.Maintainers }}")]
    [InlineData("{{ printf \"%d\" . }}")]
    [InlineData("{{ printf \"%-3p\" .Values.m }}")]
    [InlineData("{{ define \"a\" }}{{ . | toString | sha256sum }}{{ end }}")]
    [InlineData("{{ define \"a\" }}{{ $x := print $ }}{{ $x | b64enc }}{{ end }}")]
    public void Printing_what_holds_pointers_is_doubtful(string text) =>
        Assert.Equal(DoubtReason.PrintsPointer, Assert.Single(Template(text).Doubts).Reason);

    [Fact]
    public void Time_zone_and_order_are_noted()
    {
        Assert.True(Template("{{ toDate \"2006\" \"2020\" }}").UsesTimeZone);
        Assert.True(Template("{{ keys .Values.m | sortAlpha }}").UsesOrder);
        Assert.Empty(Template("{{ keys .Values.m | sortAlpha }}").Actions);
    }

    [Fact]
    public void Any_cut_of_a_template_can_be_scanned()
    {
        const string Text = "{{- define \"a\" -}}{{- /* c */ -}}{{ if and (eq .a `x`) ($b.c) }}{{ $x, $y := tpl (printf \"%s\\\" }}\" 'c') . }}{{ else with .d }}{{ end }}{{ end }}{{ range $i, $v := list 1 -2.5e+3 }}{{ now }}{{ end }}";
        byte[] bytes = Encoding.UTF8.GetBytes(Text);
        for (int from = 0; from <= bytes.Length; from++)
        {
            for (int to = from; to <= bytes.Length; to++)
            {
                foreach (FileRole role in (FileRole[])[FileRole.Template, FileRole.Text, FileRole.Argument])
                    FileScreen.Scan(bytes.AsSpan(from, to - from), role);
            }
        }
        Assert.Equal("now", Template(Text).Actions.Single().Function);
    }
}
