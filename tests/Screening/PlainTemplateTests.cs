using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Screening;
using FsCheck.Xunit;
using Xunit;

namespace CacheDaemon.Tests.Screening;

/// <summary>Which templates are surely plain ones: for helms that have no armed copy.</summary>
public sealed class PlainTemplateTests
{
    private static readonly string[] s_pieces =
    [
        "{{",
        "}}",
        " ",
        ".",
        "$",
        "end",
        "range",
        "with",
        "else",
        "define",
        "\"x\"",
        "`",
        "(",
        ")",
        "|",
        "printf",
        "%",
        "\n",
        "{{-",
        "-}}",
        "/*",
        "*/",
        "é",
        "include",
        ":=",
        "\\",
    ];

    [Theory]
    [InlineData("no action at all, randAlphaNum 5")]
    [InlineData("{{ .Values.a | quote }} {{ .Release.Name }} {{ .Chart.Name }}-{{ .Chart.Version | replace \"+\" \"_\" }}")]
    [InlineData("{{- include \"web.labels\" . | nindent 4 }}{{ template \"x\" $ }}")]
    [InlineData("{{ printf \"%s-%s\" .Release.Name .Values.name | trunc 63 | trimSuffix \"-\" }}")]
    [InlineData("{{ printf \"%d%%p\" 1 }}{{ printf \"plain p\" }}")]
    [InlineData("{{ with .Values.resources }}{{ toYaml . | nindent 2 }}{{ end }}")]
    [InlineData("{{ range .Values.list }}- {{ . | quote }}{{ end }}")]
    [InlineData("{{ range $k, $v := .Values.map }}{{ $k }}: {{ $v }}{{ else }}none{{ end }}")]
    [InlineData("{{ if .Values.a }}{{ else if eq .Values.b 1 }}{{ end }}{{/* now */}}")]
    [InlineData("{{ .Values.now }} {{ $x := .Values.tpl }}{{ $x.randAlpha }}")]
    [InlineData("{{ .Capabilities.KubeVersion.Version }}{{ if .Capabilities.APIVersions.Has \"v1\" }}{{ end }}")]
    [InlineData("{{ (.Files.Glob \"*.txt\").AsConfig | indent 2 }}{{ define \"a\" }}{{ .Values.x }}{{ end }}")]
    public void Plain(string template) => Assert.Null(Find(template));

    [Theory]
    [InlineData("{{ randAlphaNum 5 }}", "randAlphaNum")]
    [InlineData("{{ if false }}{{ now }}{{ end }}", "now")]
    [InlineData("{{ .Values.x | default uuidv4 }}", "uuidv4")]
    [InlineData("{{ tpl .Values.x $ }}", "tpl")]
    [InlineData("{{ date \"2006\" .Values.x }}", "date")]
    [InlineData("{{ functionOfTomorrow }}", "functionOfTomorrow")]
    [InlineData("{{ printf \"%p\" .Values }}", "printf")]
    [InlineData("{{ printf \"%-20[1]p\" .Values }}", "printf")]
    [InlineData("{{ printf \"%\\x70\" .Values }}", "printf")]
    [InlineData("{{ printf \"%!%p\" 1 .Values }}", "printf")]
    [InlineData("{{ printf \"%5-%p\" 1 .Values }}", "printf")]
    [InlineData("{{ printf \"%[a]%%p\" .Values }}", "printf")]
    [InlineData("{{ printf .Values.format .Values }}", "printf")]
    [InlineData("{{ \"%p\" | printf }}", "printf")]
    [InlineData("{{ . | toString | sha256sum }}", ".")]
    [InlineData("{{ $ }}", "$")]
    [InlineData("{{ $root := . }}{{ $root }}", ".")]
    [InlineData("{{ dict \"root\" . }}", ".")]
    [InlineData("{{ include (print \"x\") . }}", ".")]
    [InlineData("{{ define \"x\" }}{{ . }}{{ end }}", ".")]
    [InlineData("{{ define \"x\" }}{{ range . }}{{ . }}{{ end }}{{ end }}", ".")]
    [InlineData("{{ with $ }}{{ . }}{{ end }}", "$")]
    [InlineData("{{ with .Values.a }}{{ . }}{{ else }}{{ . }}{{ end }}", ".")]
    [InlineData("{{ .Chart }}", ".Chart")]
    [InlineData("{{ .Chart.Maintainers }}", ".Chart")]
    [InlineData("{{ $.Capabilities | quote }}", ".Capabilities")]
    [InlineData("{{ .Subcharts.db }}", ".Subcharts")]
    [InlineData("{{ set .Values \"x\" .Chart }}", ".Chart")]
    [InlineData("{{ index $ \"Chart\" }}", "$")]
    [InlineData("{{ \"never closed", "a form that is not understood")]
    [InlineData("{{ end }}", "a block that is not understood")]
    [InlineData("{{ ~ }}", "a form that is not understood")]
    public void An_obstacle_is_named(string template, string what)
    {
        Obstacle? obstacle = Find("first line\n" + template);
        Assert.NotNull(obstacle);
        Assert.Equal((what, 2), (obstacle.What, obstacle.Line));
    }

    /// <summary>Whatever the bytes are, there is an answer.</summary>
    [Property(MaxTest = 20_000)]
    public void Noise_is_no_exception(byte[] pieces) => Find(string.Concat(pieces.Select(p => s_pieces[p % s_pieces.Length])));

    private static Obstacle? Find(string template) => PlainTemplate.FindObstacle(Encoding.UTF8.GetBytes(template));
}
