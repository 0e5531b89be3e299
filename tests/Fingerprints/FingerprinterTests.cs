using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Fingerprints;

/// <summary>
/// What enters the key of a call, input by input: each edit of <see cref="s_edits"/> misses, each of <see cref="s_noise"/> still hits.
/// A change to the recipe adds a row to both tables.
/// </summary>
public sealed class FingerprinterTests : IDisposable
{
    private const string Line = "template r ./web -f v.yaml -f w.yaml -f - --set-file s=s.txt --set x=1 --set y=2 --kube-version 1.30";

    private static readonly (string Name, string? Value)[] s_zone = [("TZ", "@/zone")];

    /// <summary>What is done to the site, and the call after it.</summary>
    private static readonly Dictionary<string, Func<CallSite, Message.Render>> s_edits = new()
    {
        ["a byte of a template"] = site => Written(site, "work/web/templates/c.yaml", text => text.Replace("ConfigMap", "Configmap")),
        ["the chart's values"] = site => Written(site, "work/web/values.yaml", _ => "a: 2\n"),
        ["the chart's version"] = site => Written(site, "work/web/Chart.yaml", text => text.Replace("1.0.0", "1.0.1")),
        ["a file that .Files can read"] = site => Added(site, "work/web/config/app.conf", "x"),
        ["an empty file more"] = site => Added(site, "work/web/templates/empty.yaml", ""),
        ["a subchart more"] = site => Added(site, "work/web/charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\n"),
        ["a values file"] = site => Written(site, "work/v.yaml", _ => "v: 2\n"),
        ["values files in another order"] = site => Call(site, Line.Replace("-f v.yaml -f w.yaml", "-f w.yaml -f v.yaml")),
        ["a values file twice"] = site => Call(site, Line.Replace("-f v.yaml", "-f v.yaml -f v.yaml")),
        ["a values file less"] = site => Call(site, Line.Replace("-f w.yaml ", "")),
        ["the content of a set-file"] = site => Written(site, "work/s.txt", _ => "other"),
        ["the key of a set-file"] = site => Call(site, Line.Replace("s=s.txt", "t=s.txt")),
        ["standard input"] = site => site.Request(Line, "i: 2\n"u8.ToArray(), s_zone),
        ["the release"] = site => Call(site, Line.Replace("template r", "template q")),
        ["a value of --set"] = site => Call(site, Line.Replace("x=1", "x=2")),
        ["--set-string for --set"] = site => Call(site, Line.Replace("--set x", "--set-string x")),
        ["--kube-version"] = site => Call(site, Line.Replace("1.30", "1.31")),
        ["--api-versions"] = site => Call(site, Line + " --api-versions v9"),
        ["--include-crds"] = site => Call(site, Line + " --include-crds"),
        ["-n"] = site => Call(site, Line + " -n other"),
        ["HELM_NAMESPACE"] = site => site.Request(Line, Input(), [.. s_zone, ("HELM_NAMESPACE", "another")]),
        ["the namespace in the kubeconfig"] = site => Written(site, "home/.kube/config", text => text.Replace("team", "crew")),
        ["another kubeconfig"] = site =>
        {
            site.Write("kube2", Kubeconfig("troop"));
            return site.Request(Line, Input(), [.. s_zone, ("KUBECONFIG", "@/kube2")]);
        },
        ["a HELM_ variable that nobody knows"] = site => site.Request(Line, Input(), [.. s_zone, ("HELM_SOMETHING_NEW", "1")]),
        ["TZ"] = site => site.Request(Line, Input(), ("TZ", "")),
        ["TZ unset"] = site => site.Request(Line, Input(), ("TZ", null)),
        ["the content of the time zone"] = site => Written(site, "zone", _ => "TZif 2"),
        ["a plugin.yaml"] = site => Written(site, "home/.local/share/helm/plugins/p/plugin.yaml", _ => "name: q\n"),
        ["a plugin more"] = site => Added(site, "home/.local/share/helm/plugins/z/plugin.yaml", "name: z\n"),
        ["a plugin of another name"] = site =>
        {
            Directory.Move(site.At("home/.local/share/helm/plugins/p"), site.At("home/.local/share/helm/plugins/o"));
            return Call(site, Line);
        },
        ["the repositories file"] = site => Written(site, "home/.config/helm/repositories.yaml", _ => "repositories: [x]\n"),
        ["no repositories file"] = site =>
        {
            File.Delete(site.At("home/.config/helm/repositories.yaml"));
            return Call(site, Line);
        },
        ["an empty repositories file"] = site => Written(site, "home/.config/helm/repositories.yaml", _ => ""),
        ["the registry's configuration"] = site => Written(site, "home/.config/helm/registry/config.json", _ => "{"),
        ["Docker's configuration"] = site => Written(site, "home/.docker/config.json", _ => "["),
        ["the helm binary"] = site => Written(site, "bin/helm", _ => CallSite.HelmContent + ".1"),
    };

    private static readonly Dictionary<string, Func<CallSite, Message.Render>> s_noise = new()
    {
        ["another checkout and another home"] = site =>
        {
            site.MoveToCopies();
            return Call(site, Line);
        },
        ["another working directory"] = site =>
        {
            Message.Render there = Call(
                site,
                Line.Replace("./web", "@/work/web")
                    .Replace(" v.yaml", " @/work/v.yaml")
                    .Replace(" w.yaml", " ../work/w.yaml")
                    .Replace("=s.txt", "=@/work/s.txt")
            );
            Assert.Equal(0, Libc.StatPlace(site.Home, out FileStamp home));
            return there with
            {
                Directory = site.Home,
                DirectoryDevice = home.Device,
                DirectoryInode = home.Inode,
                DirectoryMount = home.Mount,
            };
        },
        ["helm elsewhere"] = site =>
        {
            site.Helm = site.Write("opt/helm-3", CallSite.HelmContent);
            return Call(site, Line);
        },
        ["-f spelled differently"] = site => Call(site, Line.Replace("-f v.yaml -f w.yaml", "--values=./v.yaml,@/work/../work/w.yaml")),
        ["values with other names"] = site =>
        {
            File.Move(site.At("work/v.yaml"), site.At("work/renamed.yml"));
            return Call(site, Line.Replace("v.yaml", "renamed.yml"));
        },
        ["the chart's path spelled differently"] = site => Call(site, Line.Replace("./web", "web")),
        ["a chart directory of another name"] = site =>
        {
            Directory.Move(site.At("work/web"), site.At("work/web-2"));
            return Call(site, Line.Replace("./web", "./web-2"));
        },
        ["--set in another order"] = site => Call(site, Line.Replace("--set x=1 --set y=2", "--set y=2 --set x=1")),
        ["flags in another place"] = site =>
            Call(site, "template --kube-version=1.30 --set x=1 r --set y=2 --set-file s=s.txt -f v.yaml -f w.yaml ./web -f -"),
        ["a namespace said and configured"] = site => Call(site, Line + " -n team"),
        ["variables that no render reads"] = site =>
            site.Request(
                Line,
                Input(),
                [
                    .. s_zone,
                    ("LANG", "de_DE"),
                    ("HELM_BURST_LIMIT", "7"),
                    ("HELM_BUILD_ID", "7"),
                    ("XDG_CACHE_HOME", "@/c"),
                    ("PWD", "@/work"),
                ]
            ),
        ["times of files"] = site =>
        {
            foreach (string file in Directory.EnumerateFiles(site.At(), "*", SearchOption.AllDirectories))
                File.SetLastWriteTimeUtc(file, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            return Call(site, Line);
        },
        ["modes of files"] = site =>
        {
            foreach (string file in Directory.EnumerateFiles(site.At("work"), "*", SearchOption.AllDirectories))
                File.SetUnixFileMode(file, UnixFileMode.UserRead);
            return Call(site, Line);
        },
        ["files written again"] = site =>
        {
            foreach (string file in Directory.EnumerateFiles(site.At("work"), "*", SearchOption.AllDirectories))
            {
                File.Copy(file, file + "~");
                File.Move(file + "~", file, overwrite: true);
            }
            return Call(site, Line);
        },
        ["a file beside the chart"] = site => Added(site, "work/notes.txt", "x"),
        ["a file that .helmignore names"] = site => Added(site, "work/web/scratch.bak", "x"),
        ["a directory without plugin.yaml"] = site => Added(site, "home/.local/share/helm/plugins/draft/readme", "x"),
        ["a registry login"] = site => Added(site, "home/.config/helm/registry/config.json", """{"auths":{"x":{"auth":"dTpw"}}}"""),
        ["a Docker login"] = site => Added(site, "home/.docker/config.json", """{"auths":{"x":{}},"credsStore":"pass"}"""),
        ["helm's caches"] = site => Added(site, "home/.cache/helm/repository/x-index.yaml", "x"),
        ["the umask"] = site => Call(site, Line) with { Umask = 63 },
        ["recache"] = site => Call(site, Line) with { Flags = RenderFlags.Recache },
    };

    private readonly CallSite _site = new();

    public FingerprinterTests() => Furnish(_site);

    public static TheoryData<string> Edits => [.. s_edits.Keys];

    public static TheoryData<string> Noise => [.. s_noise.Keys];

    public void Dispose() => _site.Dispose();

    [Theory]
    [MemberData(nameof(Edits))]
    public void This_edit_misses(string what)
    {
        Fingerprinter fingerprinter = Fingerprinter(TimeProvider.System);
        CacheKey before = Known(fingerprinter, Call(_site, Line)).Key;
        Message.Render after = s_edits[what](_site);
        Assert.NotEqual(before, Known(fingerprinter, after).Key);
        // And it is the inputs that count, not what this fingerprinter remembers.
        Assert.Equal(Known(Fingerprinter(TimeProvider.System), after).Key, Known(fingerprinter, after).Key);
    }

    [Theory]
    [MemberData(nameof(Noise))]
    public void This_noise_still_hits(string what)
    {
        Fingerprinter fingerprinter = Fingerprinter(TimeProvider.System);
        CacheKey before = Known(fingerprinter, Call(_site, Line)).Key;
        Assert.Equal(before, Known(fingerprinter, s_noise[what](_site)).Key);
    }

    [Fact]
    public void No_two_edits_meet_in_one_key()
    {
        var keys = new Dictionary<CacheKey, string>();
        foreach ((string what, Func<CallSite, Message.Render> edit) in s_edits)
        {
            // The same paths for all, since TZ shows one.
            _site.Reset();
            Furnish(_site);
            CacheKey key = Known(Fingerprinter(TimeProvider.System), edit(_site)).Key;
            Assert.True(keys.TryAdd(key, what), $"{what} has the key of: {keys.GetValueOrDefault(key)}");
        }
    }

    [Theory]
    [InlineData("../../..@/zone")]
    [InlineData(":../../..@/zone")]
    [InlineData("@/zone")]
    public void A7_zone_file_counts_wherever_TZ_leads(string zone)
    {
        Fingerprinter fingerprinter = Fingerprinter(TimeProvider.System);
        CacheKey before = Known(fingerprinter, _site.Request(Line, Input(), ("TZ", zone))).Key;
        _site.Write("zone", "TZif 2");
        Assert.NotEqual(before, Known(fingerprinter, _site.Request(Line, Input(), ("TZ", zone))).Key);
    }

    [Fact]
    public void A7_zone_by_name_is_looked_for_in_all_places_of_Go()
    {
        _site.Write("go/lib/time/zoneinfo.zip", "x");
        Fingerprint named = Known(
            Fingerprinter(TimeProvider.System),
            _site.Request(Line, Input(), ("TZ", ":Asia/Tokyo"), ("GOROOT", "@/go"))
        );
        string[] labels =
        [
            .. named
                .Material.Items.Select(item => item.Label)
                .Where(label =>
                    label.Contains("time zones", StringComparison.Ordinal) || label.Contains(" in /", StringComparison.Ordinal)
                ),
        ];
        Assert.Equal(
            [
                "start-up time zone in /usr/share/zoneinfo/",
                "start-up time zone in /usr/share/lib/zoneinfo/",
                "start-up time zone in /usr/lib/locale/TZ/",
                "start-up time zone in /etc/zoneinfo/",
                "start-up time zones of GOROOT",
            ],
            labels
        );
        _site.Write("go/lib/time/zoneinfo.zip", "y");
        Assert.NotEqual(
            named.Key,
            Known(Fingerprinter(TimeProvider.System), _site.Request(Line, Input(), ("TZ", ":Asia/Tokyo"), ("GOROOT", "@/go"))).Key
        );
    }

    [Fact]
    public void Key_with_paths_tells_checkouts_apart()
    {
        Fingerprinter fingerprinter = Fingerprinter(TimeProvider.System);
        Fingerprint here = Known(fingerprinter, Call(_site, Line)),
            again = Known(fingerprinter, Call(_site, Line));
        _site.MoveToCopies();
        Fingerprint there = Known(fingerprinter, Call(_site, Line));
        Assert.Equal(here.Key, there.Key);
        Assert.Equal(here.PathKey, again.PathKey);
        Assert.NotEqual(here.PathKey, there.PathKey);
        Assert.NotEqual(here.Key, here.PathKey);
    }

    [Theory]
    [InlineData("template r ./web -f v.yaml", "template r ./web -f ./v.yaml")]
    [InlineData("template r ./web --set-file s=s.txt", "template r ./web --set-file s=./s.txt")]
    [InlineData("template r ./web", "template r web")]
    public void Key_with_paths_tells_spellings_apart_that_helm_repeats(string one, string other)
    {
        Fingerprinter fingerprinter = Fingerprinter(TimeProvider.System);
        Fingerprint first = Known(fingerprinter, _site.Request(one)),
            second = Known(fingerprinter, _site.Request(other));
        Assert.Equal(first.Key, second.Key);
        Assert.NotEqual(first.PathKey, second.PathKey);
    }

    [Theory]
    [InlineData("work/web/values.yaml")]
    [InlineData("work/v.yaml")]
    [InlineData("work/s.txt")]
    [InlineData("home/.kube/config")]
    [InlineData("home/.config/helm/repositories.yaml")]
    public void Edit_that_was_taken_back_is_another_world(string file)
    {
        Fingerprinter fingerprinter = Fingerprinter(TimeProvider.System);
        Fingerprint before = Known(fingerprinter, Call(_site, Line));
        Assert.True(before.HasSameInputsAs(Known(fingerprinter, Call(_site, Line))));
        byte[] content = File.ReadAllBytes(_site.At(file));
        File.WriteAllText(_site.At(file), "other: 1\n");
        File.WriteAllBytes(_site.At(file), content);
        // The clock of a file system may stand still for some milliseconds; a tick later it has not.
        File.SetLastWriteTimeUtc(_site.At(file), DateTime.UtcNow.AddSeconds(1));
        Fingerprint after = Known(fingerprinter, Call(_site, Line));
        Assert.Equal(before.Key, after.Key);
        Assert.False(before.HasSameInputsAs(after));
    }

    [Fact]
    public void Edits_are_seen_when_all_stamps_are_old()
    {
        var clock = new ManualClock(DateTimeOffset.UtcNow.AddHours(1));
        Fingerprinter fingerprinter = Fingerprinter(clock);
        var keys = new HashSet<CacheKey> { Known(fingerprinter, Call(_site, Line)).Key };
        foreach (string file in (string[])["work/web/values.yaml", "work/v.yaml", "work/s.txt", "home/.docker/config.json", "zone"])
        {
            _site.Append(file, "# more\n");
            Assert.True(keys.Add(Known(fingerprinter, Call(_site, Line)).Key), file);
        }
    }

    [Theory]
    [InlineData("#!/bin/sh\nexec helm.sh/helm/v3\n")]
    [InlineData("\u007fELF of something else")]
    [InlineData("")]
    public void File_that_is_not_helm_is_declined(string content)
    {
        _site.Helm = _site.Write("bin/other", content);
        AssertDeclined(BypassReason.HelmNotABinary, Call(_site, Line));
    }

    [Fact]
    public void Helm_that_was_replaced_after_the_caller_looked_is_declined()
    {
        Message.Render request = Call(_site, Line);
        _site.Append("bin/helm", "2");
        AssertDeclined(BypassReason.HelmNotABinary, request);
    }

    [Fact]
    public void Directory_of_the_same_name_elsewhere_is_declined() =>
        AssertDeclined(BypassReason.DirectoryMismatch, Call(_site, Line) with { DirectoryInode = 1 });

    [Theory]
    [InlineData("work/v.yaml", BypassReason.ValuesMissing)]
    [InlineData("work/s.txt", BypassReason.ValuesMissing)]
    [InlineData("work/web", BypassReason.ChartMissing)]
    public void Missing_input_is_left_to_helm(string path, BypassReason reason)
    {
        Directory.Move(_site.At(path), _site.At("gone"));
        AssertDeclined(reason, Call(_site, Line));
    }

    [Fact]
    public void Values_that_are_a_device_or_a_pipe_are_left_to_helm()
    {
        AssertDeclined(BypassReason.ValuesThroughProc, _site.Request("template r ./web -f /dev/null"));
        File.CreateSymbolicLink(_site.At("work/link.yaml"), "/proc/self/environ");
        AssertDeclined(BypassReason.ValuesThroughProc, _site.Request("template r ./web -f link.yaml"));
        AssertDeclined(BypassReason.ValuesNotRegular, _site.Request("template r ./web -f web"));
    }

    [Fact]
    public void Material_names_every_input_and_no_value()
    {
        Fingerprint fingerprint = Known(
            Fingerprinter(TimeProvider.System),
            _site.Request("template r ./web -f v.yaml --set password=hunter2")
        );
        string[] labels = [.. fingerprint.Material.Items.Select(item => item.Label)];
        Assert.Contains("values [1]", labels);
        Assert.Contains("chart templates/c.yaml", labels);
        Assert.Contains("start-up repositories", labels);
        Assert.DoesNotContain(labels, label => label.Contains("hunter2", StringComparison.Ordinal));
        Assert.Equal(fingerprint.Material.Items, KeyMaterial.Deserialise(fingerprint.Material.Serialise()));
    }

    private static void Furnish(CallSite site)
    {
        site.Write("work/v.yaml", "v: 1\n");
        site.Write("work/w.yaml", "w: 1\n");
        site.Write("work/s.txt", "set");
        site.Write("work/web/.helmignore", "*.bak\n");
        site.Write("zone", "TZif 1");
        site.Write("home/.kube/config", Kubeconfig("team"));
        site.Write("home/.local/share/helm/plugins/p/plugin.yaml", "name: p\n");
        site.Write("home/.config/helm/repositories.yaml", "repositories: []\n");
        site.Write("home/.config/helm/registry/config.json", "{}");
        site.Write("home/.docker/config.json", "{}");
    }

    private static string Kubeconfig(string @namespace) =>
        $$"""
            apiVersion: v1
            kind: Config
            current-context: c
            contexts:
            - name: c
              context: {cluster: k, user: u, namespace: {{@namespace}}}
            clusters:
            - name: k
              cluster: {server: "https://k"}
            users:
            - name: u
              user: {}

            """;

    private static byte[] Input() => "i: 1\n"u8.ToArray();

    private static Message.Render Call(CallSite site, string line) => site.Request(line, Input(), s_zone);

    private static Message.Render Written(CallSite site, string file, Func<string, string> change)
    {
        string before = File.ReadAllText(site.At(file)),
            after = change(before);
        Assert.NotEqual(before, after);
        site.Write(file, after);
        return Call(site, Line);
    }

    private static Message.Render Added(CallSite site, string file, string text)
    {
        site.Write(file, text);
        return Call(site, Line);
    }

    private static Fingerprinter Fingerprinter(TimeProvider clock) => new(clock, new HelmBinaries());

    private static Fingerprint Known(Fingerprinter fingerprinter, Message.Render request)
    {
        FingerprintOutcome outcome = fingerprinter.Compute(request);
        return outcome is FingerprintOutcome.Known known ? known.Fingerprint : throw new Xunit.Sdk.XunitException($"declined: {outcome}");
    }

    private static void AssertDeclined(BypassReason reason, Message.Render request) =>
        Assert.Equal(reason, Assert.IsType<FingerprintOutcome.Declined>(Fingerprinter(TimeProvider.System).Compute(request)).Reason);
}
