using CacheDaemon.Daemon.Screening;
using Xunit;

namespace CacheDaemon.Tests.Screening;

public sealed class ChartScreenTests
{
    [Fact]
    public void A_plain_chart_is_pure()
    {
        using TrialChart chart = TrialChart.Of("{{ .Values.m.a }}");
        Assert.Equal(new Verdict.Pure(false, false), chart.Judge());
    }

    [Fact]
    public void A_mention_names_its_file_and_line()
    {
        using TrialChart chart = TrialChart.Of("{{ .Values.m.a }}").With("charts/kid/templates/_h.tpl", "\n{{ uuidv4 }}");
        var mentions = Assert.IsType<Verdict.Mentions>(chart.Judge());
        Assert.Equal(("uuidv4", "charts/kid/templates/_h.tpl", 2), (mentions.Function, mentions.File, mentions.Line));
        Assert.False(mentions.InTextToo);
        Assert.Null(mentions.Doubt);
    }

    [Fact]
    public void Text_counts_only_where_tpl_is_used()
    {
        using TrialChart chart = TrialChart.Of("{{ .Values.t }}").With("values.yaml", "t: '{{ now }}'\n").With("files/a.txt", "{{ uuidv4 }}");
        Assert.IsType<Verdict.Pure>(chart.Judge());
        chart.With("charts/kid/templates/_h.tpl", "{{ tpl .Values.t . }}");
        Assert.True(Assert.IsType<Verdict.Mentions>(chart.Judge()).InTextToo);
    }

    [Fact]
    public void Order_is_kept_and_reported()
    {
        using TrialChart chart = TrialChart.Of("{{ keys .Values.m | first }}");
        Assert.Equal(new Verdict.Pure(true, false), chart.Judge());
    }

    [Fact]
    public void An_opaque_archive_is_doubtful() =>
        Assert.Equal(
            new Verdict.Doubtful(DoubtReason.OpaqueArchive, "charts/kid.tgz", 0),
            ChartScreen.Judge([("charts/kid.tgz", ScreenFacts.Opaque)], [], ScreenFacts.Empty));

    [Theory]
    [InlineData("{{ tpl (printf \"{{ rand%s 5 }}\" \"Alpha\") . }}", DoubtReason.TplOfMadeText)]
    [InlineData("{{ tpl (b64dec .Values.t) . }}", DoubtReason.TplOfMadeText)]
    [InlineData("{{ $x := .Values.t | replace \"X\" \"\" }}{{ tpl $x . }}", DoubtReason.TplOfMadeText)]
    [InlineData("{{ tpl (include \"x\" .) . }}", DoubtReason.TplOfMadeText)]
    [InlineData("{{ tpl (tpl .Values.t .) . }}", DoubtReason.TplOfMadeText)]
    [InlineData("{{ tpl (default (join \"\" .Values.l) .Values.t) . }}", DoubtReason.TplOfMadeText)]
    [InlineData("{{ with lower .Values.t }}{{ tpl . $ }}{{ end }}", DoubtReason.TplOfMadeText)]
    [InlineData("{{ range list (lower .Values.t) }}{{ tpl . $ }}{{ end }}", DoubtReason.TplOfMadeText)]
    [InlineData("{{ tpl ((dict \"a\" (lower .Values.t)).a) . }}", DoubtReason.TplOfMadeText)]
    [InlineData("{{ tpl (cat \"{{\" .Values.t \"}}\") . }}", DoubtReason.HalfAction)]
    [InlineData("{{ $_ := set .Values \"t\" (lower .Values.t) }}{{ tpl .Values.t . }}", DoubtReason.MadeTextStored)]
    [InlineData("{{ define \"r\" }}{{ tpl .v .c }}{{ end }}{{ include \"r\" (dict \"v\" (lower .Values.t) \"c\" $) }}", DoubtReason.MadeTextReachesTpl)]
    [InlineData("{{ define \"r\" }}{{ tpl .v .c }}{{ end }}{{ define \"s\" }}{{ include \"r\" . }}{{ end }}{{ template \"s\" dict \"v\" (lower .Values.t) \"c\" $ }}", DoubtReason.MadeTextReachesTpl)]
    [InlineData("{{ tpl .Values.s . }}{{ include .Values.n (dict \"v\" (lower .Values.t)) }}", DoubtReason.MadeTextReachesTpl)]
    internal void Tpl_of_text_that_is_made_is_doubtful(string template, DoubtReason reason)
    {
        using TrialChart chart = TrialChart.Of(template);
        Assert.Equal(new Verdict.Doubtful(reason, "templates/x.yaml", 1), chart.Judge());
    }

    [Theory]
    [InlineData("{{ tpl .Values.t . }}")]
    [InlineData("{{ .Values.t | toYaml | indent 2 | default \"x\" | quote }}{{ tpl (toYaml .Values.t) $ | lower }}")]
    [InlineData("{{ tpl (.Files.Get \"a.txt\") . }}{{ printf \"%s-%s\" .Release.Name \"x\" | trunc 63 }}")]
    [InlineData("{{ define \"r\" }}{{ if contains \"{{\" (toJson .v) }}{{ tpl (ternary .v (toYaml .v) (kindIs \"string\" .v)) .c }}{{ end }}{{ end }}{{ include \"r\" (dict \"v\" .Values.t \"c\" $) }}{{ include \"o\" (dict \"v\" (lower .Values.t)) }}{{ define \"o\" }}{{ .v }}{{ end }}")]
    [InlineData("{{ \"{{\" }} $labels.pod {{ \"}}\" }}{{ tpl .Values.t . }}")]
    public void Tpl_of_text_that_was_screened_is_pure(string template)
    {
        using TrialChart chart = TrialChart.Of(template).With("values.yaml", "t: '{{ .Release.Name }} now'\n").With("a.txt", "{{ .Chart.Name }} date");
        Assert.IsType<Verdict.Pure>(chart.Judge());
    }

    [Fact]
    public void Roles_follow_the_tree_of_subcharts()
    {
        Assert.Equal(FileRole.Template, FileRoles.Of("templates/a/b.txt"));
        Assert.Equal(FileRole.Template, FileRoles.Of("charts/kid/charts/kid2/templates/_h.tpl"));
        Assert.Equal(FileRole.Text, FileRoles.Of("charts/templates"));
        Assert.Equal(FileRole.Text, FileRoles.Of("files/templates/a"));
        Assert.Equal(FileRole.Text, FileRoles.Of("charts/kid/values.yaml"));
    }
}
