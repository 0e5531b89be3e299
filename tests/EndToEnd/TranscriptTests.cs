using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using System.Xml.Linq;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary><c>eng/transcript.sh</c>: a new user's way, from an empty home and back to it, and the picture that is made of it.</summary>
[Trait("Needs", "programs")]
public sealed class TranscriptTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_tour_shows_each_thing_that_it_is_for(bool terminal)
    {
        CommandResult result = await Script(terminal ? ["--terminal"] : []).RunAsync();
        Assert.True(result.ExitCode == 0, result + result.StdoutText);
        string text = result.StdoutText;
        int at = 0;
        foreach (
            string next in (string[])
                [
                    "install --write",
                    "~/.bashrc has the PATH line",
                    "helmcached: miss",
                    "(new; stored)",
                    "helmcached: hit memory",
                    "the same bytes",
                    "explain --",
                    "chart values.yaml changed",
                    "(chart values.yaml changed; stored)",
                    "self-test: miss",
                    "all checks passed",
                    "helmcached stats",
                    "hits",
                    "time saved",
                    "helm still works",
                    "store.max_size",
                    "a size such as",
                    "uninstall --purge",
                    "helmcached lines removed",
                    "cache deleted",
                    "helm is /usr/bin/helm",
                ]
        )
        {
            int found = text.IndexOf(next, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"{next} is missing after {text[..at]}, in:\n{text[at..]}");
            at = found;
        }
        Assert.Equal(terminal, text.Contains('\u001b', StringComparison.Ordinal));
        Assert.DoesNotContain(".local", text[at..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_picture_is_well_formed_and_has_the_first_half()
    {
        using var directory = new TemporaryDirectory();
        string file = directory.At("tour.svg");
        CommandResult result = await Script("--svg", file).RunAsync();
        Assert.True(result.ExitCode == 0, result + result.StdoutText);
        foreach (string picture in (string[])[file, Path.Combine(Repository.Root, "docs", "tour.svg")])
        {
            string text = XDocument.Load(picture).Root!.Value;
            Assert.Contains("helmcached: hit memory", text, StringComparison.Ordinal);
            Assert.Contains("chart values.yaml changed", text, StringComparison.Ordinal);
            Assert.Contains("all checks passed", text, StringComparison.Ordinal);
            Assert.Contains("export HELMCACHED_TRACE=1", text, StringComparison.Ordinal);
            Assert.Contains("time saved", text[text.IndexOf("helmcached stats", StringComparison.Ordinal)..], StringComparison.Ordinal);
        }
    }

    private static Command Script(params string[] arguments) =>
        new(Path.Combine(Repository.Root, "eng", "transcript.sh"), arguments)
        {
            Environment = new Dictionary<string, string?>
            {
                ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
                ["HOME"] = "/nonexistent",
                ["HELM"] = RealHelms.Helm3,
            },
        };
}
