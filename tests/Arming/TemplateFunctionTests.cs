using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Arming;

/// <summary>The table of template functions against the binaries, and against their armed copies.</summary>
[Trait("Needs", "programs")]
public sealed partial class TemplateFunctionTests
{
    private const string Values = """
        text: hello
        map: {a: 1, b: {c: 2.5}}
        list: [b, a, b]
        one: {a: 1}

        """;

    /// <summary>What the calls of the table use besides the values.</summary>
    private const string Prologue = """
        {{ $time := toDate "2006-01-02 15:04" "2020-02-29 12:30" }}{{ $cert := .Files.Get "cert.pem" }}{{ $key := .Files.Get "key.pem" }}{{ $ca := buildCustomCert (b64enc $cert) (b64enc $key) }}

        """;

    private static readonly Lazy<(string Certificate, string Key)> s_authority = new(MakeAuthority);

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Table_names_exactly_the_functions_that_helm_knows(int major)
    {
        string[] table = [.. TemplateFunctions.Of(major).Select(function => function.Name).Distinct().Order(StringComparer.Ordinal)];
        SortedSet<string> read = GoNames.In(RealHelms.Of(major));
        Assert.Empty(table.Except(read));

        // One run for all: a chart for each name, which fails to parse when there is no such function.
        using var directory = new TemporaryDirectory();
        string[] names = [.. read.Union(["env", "expandenv"]).Union(TemplateFunctions.All.Select(function => function.Name)).Distinct()];
        foreach (string name in names)
            Chart("c-" + name).WithTemplate("a.yaml", $"x: {{{{ if false }}}}{{{{ {name} }}}}{{{{ end }}}}\n").WriteTo(directory.Location);
        CommandResult result = await Helm(RealHelms.Of(major), directory.Location, ["lint", .. names.Select(name => "c-" + name)])
            .RunAsync();
        string[] tried = [.. Linted().Matches(result.StdoutText).Select(match => match.Groups[1].Value)];
        Assert.Equal(names.Order(StringComparer.Ordinal), tried.Order(StringComparer.Ordinal));
        IEnumerable<string> unknown = NotDefined().Matches(result.StdoutText + result.StderrText).Select(match => match.Groups[1].Value);
        Assert.Equal(table, names.Except(unknown).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Every_function_that_varies_ends_in_a_trap_of_its_name(int major)
    {
        ArmingRecord armed = await ArmedHelms.OfAsync(RealHelms.Of(major));
        var wrong = new ConcurrentBag<string>();
        using var directory = new TemporaryDirectory();
        await Parallel.ForEachAsync(
            Calls(major, FunctionClass.Varies),
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            async (call, _) =>
            {
                CommandResult result = await RenderAsync(armed.Copy, directory.At(Guid.NewGuid().ToString()), [call]);
                string? shown = armed.Traps.ElementAtOrDefault(result.ExitCode - ArmingPlan.FirstExitCode);
                if (shown != call.Shown || result.StdoutText.Length + result.StderrText.Length > 0)
                    wrong.Add($"{call.Call}: {shown}, {result}{result.StdoutText}");
            }
        );
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Every_other_function_answers_as_with_real_helm(int major)
    {
        ArmingRecord armed = await ArmedHelms.OfAsync(RealHelms.Of(major));
        using var directory = new TemporaryDirectory();
        TemplateFunction[] calls = [.. Calls(major, FunctionClass.Pure, FunctionClass.Order, FunctionClass.Network, FunctionClass.Cluster)];
        CommandResult real = await RenderAsync(RealHelms.Of(major), directory.At("all"), calls);
        Assert.True(
            real.ExitCode == 0 && calls.All(call => real.StdoutText.Contains("\n" + call.Name, StringComparison.Ordinal)),
            real.ToString()
        );
        Assert.Null((await RenderAsync(armed.Copy, directory.At("all"), calls)).DifferenceFrom(real));
        foreach (TemplateFunction call in Calls(major, FunctionClass.Fails))
        {
            real = await RenderAsync(RealHelms.Of(major), directory.At("fails"), [call]);
            Assert.Equal(1, real.ExitCode);
            Assert.Null((await RenderAsync(armed.Copy, directory.At("fails"), [call])).DifferenceFrom(real));
        }
    }

    private static IEnumerable<TemplateFunction> Calls(int major, params FunctionClass[] classes) =>
        TemplateFunctions.Of(major).Where(function => classes.Contains(function.Class));

    /// <summary>A chart that makes these calls, each on a line of its own.</summary>
    private static Task<CommandResult> RenderAsync(string helm, string directory, IEnumerable<TemplateFunction> calls)
    {
        (string certificate, string key) = s_authority.Value;
        IEnumerable<string> lines = calls.Select((call, index) => $"{call.Name}_{index}: {{{{ print ({call.Call}) | quote }}}}\n");
        Chart("web")
            .WithValues(Values)
            .WithFile("cert.pem", certificate)
            .WithFile("key.pem", key)
            .WithTemplate("_names.tpl", "{{ define \"web.name\" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}")
            .WithTemplate("a.yaml", Prologue + string.Concat(lines))
            .WriteTo(directory);
        return Helm(helm, directory, ["template", "r", "web"]).RunAsync();
    }

    private static Command Helm(string helm, string directory, string[] arguments) =>
        new(helm, arguments)
        {
            Directory = directory,
            Environment = new Dictionary<string, string?> { ["HOME"] = directory },
        };

    private static (string Certificate, string Key) MakeAuthority()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true)
        );
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem() + "\n", key.ExportECPrivateKeyPem() + "\n");
    }

    [GeneratedRegex(@"^==> Linting c-(\S+)$", RegexOptions.Multiline)]
    private static partial Regex Linted();

    [GeneratedRegex("function \"(\\S+)\" not defined")]
    private static partial Regex NotDefined();
}
