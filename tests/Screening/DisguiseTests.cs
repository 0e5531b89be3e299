using System.Text;
using CacheDaemon.Daemon.Screening;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Screening;

/// <summary>Ways to hide a name from a search for it: each really runs in a helm, and each is doubted.</summary>
[Trait("needs", "helm")]
public sealed class DisguiseTests
{
    [Theory]
    [InlineData(3, "t: !!binary e3sgdXVpZHY0IH19")]
    [InlineData(4, "t: !!binary e3sgdXVpZHY0IH19")]
    [InlineData(3, "t: !!bin%61ry e3sgdXVpZHY0IH19")]
    [InlineData(4, "t: !!bin%61ry e3sgdXVpZHY0IH19")]
    [InlineData(3, "t: !<tag:yaml.org,2002:binary> e3sgdXVpZHY0IH19")]
    [InlineData(3, "%TAG !y! tag:yaml.org,2002:bin\n---\nt: !y!ary e3sgdXVpZHY0IH19")]
    [InlineData(3, "t: \"{{ uu\\\n  idv4 }}\"")]
    [InlineData(4, "t: \"{{ uu\\\n  idv4 }}\"")]
    [InlineData(3, "t: \"{\\\n  { uuidv4 }}\"")]
    [InlineData(3, "t: \"\\x7b{ uuidv4 }}\"")]
    [InlineData(4, "t: \"{{ \\u0075uidv4 }}\"")]
    [InlineData(3, "t: \"{{ \\U00000075uidv4 }}\"")]
    public void A_disguised_call_is_doubtful(int major, string values) => AssertDoubted(major, Encoding.UTF8.GetBytes(values + "\n"));

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Values_in_utf16_are_doubtful(int major) =>
        AssertDoubted(major, [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes("t: '{{ uuidv4 }}'\n")]);

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void A_backslash_that_set_drops_is_doubtful(int major)
    {
        using TrialChart chart = TrialChart.Of("{{ tpl .Values.t . }}").WithArguments("--set", "t=\\{\\{ uu\\idv4 \\}\\}");
        AssertDoubted(major, chart);
    }

    [Fact]
    public void Common_text_is_no_disguise()
    {
        const string Text = "a: !!str 5\nb: Hello! #!/bin/sh !important !Ref x\nc: \"\\n \\x0a \\u00e9 \\\\x6e\"\nd: |\n  make \\\n    all\n";
        Assert.Same(ScreenFacts.Empty, FileScreen.Scan(Encoding.UTF8.GetBytes(Text), FileRole.Text));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void An_address_in_the_output_is_found(int major)
    {
        using TrialChart chart = TrialChart.Of("{{ include \"p\" . | quote }}").With("templates/_h.tpl", "{{ define \"p\" }}{{ . }}{{ end }}");
        Assert.IsType<Verdict.Pure>(chart.Judge()); // Reading the text does not tell, which is why output is looked at too.
        Assert.True(PrintedAddress.In(Encoding.UTF8.GetBytes(chart.Render(major).Stdout)));
        Assert.False(PrintedAddress.In("flags: 0xc0ffee, 0xc0 0xdeadbeef"u8));
    }

    private static void AssertDoubted(int major, byte[] values)
    {
        using TrialChart chart = TrialChart.Of("{{ tpl .Values.t . }}").With("values.yaml", values);
        AssertDoubted(major, chart);
    }

    private static void AssertDoubted(int major, TrialChart chart)
    {
        HelmRun one = chart.Render(major);
        Assert.True(one.ExitCode == 0, one.Stderr);
        Assert.NotEqual(one.Stdout, chart.Render(major).Stdout);
        Verdict verdict = chart.Judge();
        Verdict.Doubtful? doubt = verdict as Verdict.Doubtful ?? (verdict as Verdict.Mentions)?.Doubt;
        Assert.Equal(DoubtReason.DisguisedText, doubt?.Reason);
    }
}
