using System;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>The recipe of docs/argo-cd.md, and what is said when a part of it is missing.</summary>
[Trait("Needs", "programs")]
public sealed class ArgoCdTests
{
    /// <summary>As the init container and the mounts of the recipe do it.</summary>
    private const string Recipe = """
        inside /opt/helmcached/helmcached install --into /helmcached >&2
        mount --bind helmcached/helm usr/local/bin/helm
        mount -o remount,ro,bind helmcached
        ours() { inside HELMCACHED_HOME=$home HELMCACHED_TRACE=/tmp/trace "$@"; }

        """;

    /// <summary>
    /// The calls of a repo-server for one application, each with a checkout and homes of its own, and the items of <c>--set</c> in another
    /// order: helm itself, then the shim three times. Prints how often helm's bytes differed, and what the trace says.
    /// </summary>
    private const string Calls = """
        ours /helmcached/helmcached start >&2
        cat > tmp/call <<'END'
        set -e
        helm=$1; round=$2
        app=/tmp/_argocd-repo/$round; homes=/tmp/helm$round
        mkdir -p /tmp/_argocd-repo "$homes"; cp -r /work/web "$app"; cd "$app"
        echo 'image: {tag: argo}' > /tmp/values-$round
        export XDG_CACHE_HOME=$homes XDG_CONFIG_HOME=$homes XDG_DATA_HOME=$homes HELM_CONFIG_HOME=$homes HELM_CACHE_HOME=/helm-working-dir HELM_DATA_HOME=/helm-working-dir
        one="--set a=1"; two="--set b=2"; [ $round != 2 ] || { one="--set b=2"; two="--set a=1"; }
        "$helm" version --short
        "$helm" template . --name-template shop --namespace ns --kube-version 1.31 $one $two --set-string c=3 --values values.yaml --values /tmp/values-$round --api-versions example.com/v7 --include-crds
        if "$helm" template missing --name-template shop 2>&1; then exit 1; fi
        "$helm" show chart .
        END
        ours /bin/sh /tmp/call /helmcached/libexec/helm 0 > tmp/0
        for round in 1 2 3; do
            ours /bin/sh /tmp/call helm $round > tmp/$round
            cmp tmp/0 tmp/$round || echo different
        done
        cat tmp/trace
        ours /helmcached/helmcached stop >&2

        """;

    [MountTheory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task I18_recipe_hits_from_the_second_call_on_and_leaves_no_daemon(int major)
    {
        using var pod = new ArgoCdPod(RealHelms.Of(major));
        Chart("web")
            .WithValues("image: {tag: one}\n")
            .WithConfigMap(
                "c",
                "a: {{ .Values.a | quote }}\n  b: {{ .Values.b | quote }}\n  c: {{ .Values.c | quote }}\n  tag: {{ .Values.image.tag }}"
            )
            .WriteTo(pod.Work);
        string said = await pod.RunAsync(Recipe + Calls);
        string[] lines =
        [
            .. said.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' ') is ["helmcached:", var outcome, ..] ? outcome : line),
        ];
        // version, template, template of a chart that is not there, show; three times.
        Assert.Equal(
            [
                "miss",
                "miss",
                "bypass",
                "miss",
                .. Enumerable.Repeat<string[]>(["hit", "hit", "bypass", "hit"], 2).SelectMany(round => round),
            ],
            lines
        );
        Assert.Empty(pod.DaemonIds());
    }

    [MountTheory]
    [InlineData(3, "v3.17.3")]
    [InlineData(4, "v4.1.4")]
    [InlineData(42, "v4.2.3")]
    public async Task I18_doctor_is_content_with_the_recipe(int major, string version)
    {
        using var pod = new ArgoCdPod(RealHelms.Of(major));
        string said = await pod.RunAsync(Recipe + "ours /helmcached/helmcached doctor || true");
        // The self-test arms a helm of its own, for which a busy machine may not have the time.
        Assert.DoesNotContain(
            said.Split('\n'),
            line => line.StartsWith("FAIL", StringComparison.Ordinal) && !line.Contains("self-test", StringComparison.Ordinal)
        );
        Assert.Contains("/usr/local/bin/helm was made for /helmcached", said, StringComparison.Ordinal);
        Assert.Contains("real helm: /helmcached/libexec/helm, " + version, said, StringComparison.Ordinal);
        Assert.Empty(pod.DaemonIds());
    }

    /// <summary>Each as someone would leave it out: the answer of helm (or that there is none), the trace, and doctor.</summary>
    [MountTheory]
    [InlineData(
        "only the shim, a plain copy",
        "cp opt/helmcached/helm helmcached/helm; mount --bind helmcached/helm usr/local/bin/helm",
        "home=$home",
        127,
        "no real helm found",
        "there is no helmcached next to it",
        "is mounted over the helm that was there, so real helm can no longer be run"
    )]
    [InlineData(
        "a plain copy, with real helm elsewhere",
        "cp opt/helmcached/helm helmcached/helm; mount --bind helmcached/helm usr/local/bin/helm; cp $helm work/helm",
        "HELMCACHED_HELM=/work/helm",
        0,
        "daemon-missing no helmcached beside /usr/local/bin/helm",
        "there is no helmcached next to it",
        "is mounted over the helm"
    )]
    [InlineData(
        "the volume is not mounted",
        "inside /opt/helmcached/helmcached install --into /helmcached >&2; cp helmcached/helm work/helm; umount helmcached; mount "
            + "--bind work/helm usr/local/bin/helm",
        "home=$home",
        127,
        "mount the volume that `helmcached install --into /helmcached` filled there",
        "was made for /helmcached, but there is no /helmcached/helmcached",
        "there is no /helmcached/libexec/helm, and /usr/local/bin/helm is mounted over the helm that was there"
    )]
    [InlineData(
        "no home is named",
        "inside /opt/helmcached/helmcached install --into /helmcached >&2; mount --bind helmcached/helm usr/local/bin/helm",
        "home=$home",
        0,
        "home-unusable cannot create /home/argocd/.cache/helmcached: ",
        "cache directory: cannot create /home/argocd/.cache/helmcached in /home/argocd: ",
        "set HELMCACHED_HOME to a writable directory"
    )]
    [InlineData(
        "the home is mounted read-only",
        "inside /opt/helmcached/helmcached install --into /helmcached >&2; mount --bind helmcached/helm usr/local/bin/helm; inside "
            + "mkdir -m 700 $home; mount -o remount,ro,bind cache",
        "HELMCACHED_HOME=$home",
        0,
        "home-unusable cannot write to /cache/",
        "cache directory: cannot write to /cache/",
        "set HELMCACHED_HOME to a writable directory"
    )]
    public async Task I18_doctor_and_trace_name_the_part_that_is_missing(
        string part,
        string arrange,
        string variable,
        int code,
        string trace,
        string check,
        string other
    )
    {
        using var pod = new ArgoCdPod(RealHelms.Helm3);
        string said = await pod.RunAsync(
            $"""
            {arrange}
            set +e
            inside {variable} HELMCACHED_TRACE=1 helm template shop 2>&1 >tmp/out; inside {variable} helm version --short >/dev/null 2>&1; echo "code $?"
            inside {variable} /opt/helmcached/helmcached doctor
            true

            """
        );
        Assert.Contains($"code {code}\n", said, StringComparison.Ordinal);
        foreach (string wanted in (string[])[trace, check, other])
            Assert.True(said.Contains(wanted, StringComparison.Ordinal), $"{part}: {wanted}\n{said}");
        Assert.Empty(pod.DaemonIds());
    }
}
