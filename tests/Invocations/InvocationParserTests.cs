using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Invocations;
using Xunit;

namespace CacheDaemon.Tests.Invocations;

public sealed class InvocationParserTests
{
    [Theory]
    // Flags, docs/key.md
    [InlineData("template r --bogus c", BypassReason.UnknownFlag, "")]
    [InlineData("template r c --set", BypassReason.BadFlagValue, "set")]
    [InlineData("template", BypassReason.WrongArgumentCount, "")]
    [InlineData("template r c d", BypassReason.WrongArgumentCount, "")]
    [InlineData("template -g r c", BypassReason.WrongArgumentCount, "generate-name")]
    [InlineData("template r c --name-template x", BypassReason.WrongArgumentCount, "name-template")]
    [InlineData("template c --name-template {{randAlpha|5}}", BypassReason.NameTemplate, "name-template")]
    [InlineData("--set a=1 template r c", BypassReason.FlagBeforeCommand, "")]
    [InlineData("--include-crds template r c", BypassReason.FlagBeforeCommand, "")]
    [InlineData("template r c -v 6", BypassReason.LoggingFlag, "v")]
    [InlineData("-v=6 template r c", BypassReason.LoggingFlag, "v")]
    [InlineData("template r c --skip-headers=false", BypassReason.LoggingFlag, "skip-headers")]
    [InlineData("template r c -h", BypassReason.HelpRequested, "help")]
    [InlineData("install r c", BypassReason.NotTemplate, "")]
    [InlineData("", BypassReason.NotTemplate, "")]
    // Flags that are never served, docs/key.md
    [InlineData("template r c --verify", BypassReason.VerifyRequested, "verify")]
    [InlineData("template r c --repo x", BypassReason.RemoteChart, "repo")]
    [InlineData("template r c --ca-file x", BypassReason.TlsFiles, "ca-file")]
    [InlineData("template r c --cert-file x", BypassReason.TlsFiles, "cert-file")]
    [InlineData("template r c --key-file x", BypassReason.TlsFiles, "key-file")]
    [InlineData("template r c --username x", BypassReason.Credentials, "username")]
    [InlineData("template r c --password x", BypassReason.Credentials, "password")]
    [InlineData("template r c --pass-credentials", BypassReason.Credentials, "pass-credentials")]
    [InlineData("template r c --dependency-update", BypassReason.DependencyUpdate, "dependency-update")]
    [InlineData("template r c --output-dir d/ --release-name", BypassReason.OutputDirectory, "output-dir")]
    [InlineData("template r c --output-dir ../d --release-name", BypassReason.OutputDirectory, "output-dir")]
    [InlineData("template --output-dir d -- r c", BypassReason.OutputDirectory, "output-dir")]
    [InlineData("template r c --post-renderer p", BypassReason.PostRenderer, "post-renderer")]
    [InlineData("template r c --post-renderer-args p", BypassReason.PostRenderer, "post-renderer-args")]
    [InlineData("template r c --validate", BypassReason.ClusterAccess, "validate")]
    [InlineData("template r c --validate=false --validate", BypassReason.ClusterAccess, "validate")]
    [InlineData("template r c --dry-run=server", BypassReason.ClusterAccess, "dry-run")]
    [InlineData("template r c --dry-run=none", BypassReason.ClusterAccess, "dry-run")]
    [InlineData("template r c --dry-run=false", BypassReason.ClusterAccess, "dry-run")]
    [InlineData("template r c --dry-run=", BypassReason.ClusterAccess, "dry-run")]
    [InlineData("template r c --dry-run=server --dry-run=client", BypassReason.ClusterAccess, "dry-run")]
    [InlineData("template r c --enable-dns", BypassReason.DnsEnabled, "enable-dns")]
    // charts
    [InlineData("template r ftp://x/c.tgz", BypassReason.RemoteChart, "")]
    [InlineData("template r s3://x/c", BypassReason.RemoteChart, "")]
    [InlineData("template r file:///x", BypassReason.RemoteChart, "")]
    [InlineData("template r ''", BypassReason.RemoteChart, "")]
    [InlineData("template r /proc/self/cwd/c", BypassReason.ChartSpecialFile, "")]
    [InlineData("template r /x/../dev/fd/3", BypassReason.ChartSpecialFile, "")]
    // values
    [InlineData("template r c -f http://x/y", BypassReason.RemoteValues, "values")]
    [InlineData("template r c -f secrets://y", BypassReason.RemoteValues, "values")]
    [InlineData("template r c -f a,HTTP:x", BypassReason.RemoteValues, "values")]
    [InlineData("template r c -f :x", BypassReason.RemoteValues, "values")]
    [InlineData("template r c -f a%zz", BypassReason.BadFlagValue, "values")]
    [InlineData("template r c -f a,", BypassReason.BadFlagValue, "values")]
    [InlineData("template r c -f //h/x", BypassReason.BadFlagValue, "values")]
    [InlineData("template r c -f /dev/stdin", BypassReason.ValuesThroughProc, "values")]
    [InlineData("template r c -f /dev/fd/63", BypassReason.ValuesThroughProc, "values")]
    [InlineData("template r c -f ../../proc/self/fd/0", BypassReason.ValuesThroughProc, "values")]
    [InlineData("template r c -f /proc", BypassReason.ValuesThroughProc, "values")]
    [InlineData("template r c -f -", BypassReason.ValuesNotRegular, "values")]
    [InlineData("template r c --set-file k=http://x/y", BypassReason.RemoteValues, "set-file")]
    [InlineData("template r c --set-file k=/dev/stdin", BypassReason.ValuesThroughProc, "set-file")]
    [InlineData("template r c --set-file k=a%4", BypassReason.BadFlagValue, "set-file")]
    [InlineData("template r c --set-file a=x,b", BypassReason.SetFileSyntax, "set-file")]
    [InlineData("template r c --set-file a=x,", BypassReason.SetFileSyntax, "set-file")]
    [InlineData("template r c --set-file a={x", BypassReason.SetFileSyntax, "set-file")]
    [InlineData("template r c --set-file a={x}b=y", BypassReason.SetFileSyntax, "set-file")]
    [InlineData("template r c --set-file a={}", BypassReason.SetFileSyntax, "set-file")]
    [InlineData("template r c --set-file a[x]=y", BypassReason.SetFileSyntax, "set-file")]
    [InlineData("template r c --set-file a\"=x", BypassReason.SetFileSyntax, "set-file")]
    [InlineData("template r c --set-file a", BypassReason.SetFileSyntax, "set-file")]
    [InlineData("template r c --set-file a=", BypassReason.SetFileSyntax, "set-file")]
    [InlineData("template r c\uFFFD", BypassReason.NameNotUtf8, "")]
    public void Unfit_command_lines_bypass(string line, BypassReason reason, string detail)
    {
        var bypassed = Assert.IsType<InvocationResult.Bypassed>(Calls.Parse(line));
        Assert.Equal(reason, bypassed.Reason);
        Assert.Equal(detail, bypassed.Detail);
    }

    [Theory]
    [InlineData("HELM_DRIVER", "memory", BypassReason.HelmDriver)]
    [InlineData("HELM_DRIVER", "secret", BypassReason.HelmDriver)]
    [InlineData("HELM_PPROF_CPU_PROFILE", "x", BypassReason.Profiling)]
    [InlineData("HELM_PPROF_MEM_PROFILE", "x", BypassReason.Profiling)]
    [InlineData("GODEBUG", "http2debug=1", BypassReason.GoDebug)]
    [InlineData("GOMEMLIMIT", "garbage", BypassReason.GoVariable)]
    [InlineData("GOMEMLIMIT", "+5", BypassReason.GoVariable)]
    [InlineData("GOMEMLIMIT", "1KB", BypassReason.GoVariable)]
    [InlineData("GOMEMLIMIT", "9999999TiB", BypassReason.GoVariable)]
    [InlineData("GOMAXPROCS", "999999", BypassReason.GoVariable)]
    [InlineData("ZONEINFO", "/z", BypassReason.GoVariable)]
    [InlineData("HELM_PLUGINS", "/a*", BypassReason.BadFlagValue)]
    [InlineData("HELM_NAMESPACE", "\uFFFD", BypassReason.NameNotUtf8)]
    public void Unfit_variables_bypass_by_name(string name, string value, BypassReason reason)
    {
        var bypassed = Assert.IsType<InvocationResult.Bypassed>(Calls.Parse("template r c", (name, value)));
        Assert.Equal(reason, bypassed.Reason);
        Assert.Equal(name, bypassed.Detail);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void P4_without_home_everything_is_below_the_working_directory(string? home)
    {
        Dictionary<string, string> variables = home is null ? [] : new() { ["HOME"] = home };
        Invocation call = Assert
            .IsType<InvocationResult.Served>(InvocationParser.Parse(["template", "c"], "/w", variables, hasStdin: false))
            .Invocation;
        Assert.Equal(["/w/.kube/config"], call.Namespace.KubeconfigPaths);
        Assert.Equal(["/w/.local/share/helm/plugins"], call.Startup.PluginDirectories);
        Assert.Equal(
            ("/w/.config/helm/repositories.yaml", "/w/.config/helm/registry/config.json"),
            (call.Startup.RepositoriesFile, call.Startup.RegistryConfig)
        );
        Assert.True(call.Startup.DockerInAccountHome);
    }

    [Theory]
    [InlineData("a=x,b=y", "a x|b y")]
    [InlineData("a={x,y}", "a{1/2} x|a{2/2} y")]
    [InlineData("a={x},b=y", "a{1/1} x|b y")]
    [InlineData(@"a=x\,y", "a x,y")]
    [InlineData(@"a\.b=x\\y", @"a\.b x\y")]
    [InlineData("a[0]=x,a[1].b=y", "a[0] x|a[1].b y")]
    [InlineData("a=x=y", "a x=y")]
    [InlineData("a=x{y}", "a x{y}")]
    public void P4_files_of_set_file_are_found_as_helm_does(string text, string files)
    {
        var items = new List<SetFileItem>();
        Assert.True(SetFileSyntax.TryParse(text, items));
        Assert.Equal(files, string.Join('|', items.Select(item => item.Label + " " + item.Path)));
    }

    // What a plugin finds in its environment, and what helm reads without effect: the call of a plugin meets the user's entry.
    [Theory]
    [InlineData("HELM_BIN", "helm"), InlineData("HELM_PLUGIN_DIR", "/p"), InlineData("HELM_PLUGIN_NAME", "diff")]
    [InlineData("HELM_DEBUG", "false"), InlineData("HELM_DEBUG", "junk"), InlineData("HELM_DRIVER", "")]
    [InlineData("HELM_MAX_HISTORY", "10"), InlineData("HELM_BURST_LIMIT", "100"), InlineData("HELM_QPS", "0.00")]
    [InlineData("HELM_KUBETOKEN", ""), InlineData("HELM_KUBEINSECURE_SKIP_TLS_VERIFY", "false"), InlineData("HELM_KUBECONTEXT", "")]
    [InlineData("HELM_NAMESPACE", ""), InlineData("HELM_COLOR", "always"), InlineData("HELM_CONTENT_CACHE", "/x")]
    [InlineData("HELM_REPOSITORY_CACHE", "/x"), InlineData("HELM_CACHE_HOME", "/home/u/.cache/helm")]
    [InlineData("HELM_PLUGINS", "/home/u/.local/share/helm/plugins"), InlineData("HELM_DATA_HOME", "/home/u/.local/share/helm")]
    [
        InlineData("HELM_REGISTRY_CONFIG", "/home/u/.config/helm/registry/config.json"),
        InlineData("HELM_CONFIG_HOME", "/home/u/.config/helm")
    ]
    [InlineData("HELM_REPOSITORY_CONFIG", "/home/u/.config/helm/repositories.yaml"), InlineData("HELM_NO_PLUGINS", "0")]
    [InlineData("NO_COLOR", "1"), InlineData("LANG", "C"), InlineData("KUBE_FEATURE_X", "1"), InlineData("KUBECONFIG", "")]
    [
        InlineData("GODEBUG", ""),
        InlineData("GOMEMLIMIT", "off"),
        InlineData("GOMEMLIMIT", "4GiB"),
        InlineData("GOMAXPROCS", "2"),
        InlineData("GOGC", "x"),
        InlineData("HELMCACHED_TRACE", "1"),
        InlineData("XDG_CONFIG_HOME", ""),
        InlineData("DOCKER_CONFIG", "")
    ]
    public void Variables_without_effect_change_nothing(string name, string value)
    {
        Invocation plain = Calls.Served("template r c");
        Invocation noisy = Calls.Served("template r c", (name, value));
        Assert.Equal(Calls.Describe(plain), Calls.Describe(noisy));
    }

    [Theory]
    [InlineData("HELM_NAMESPACE", "x"), InlineData("HELM_KUBECONTEXT", "x"), InlineData("HELM_KUBETOKEN", "x")]
    [InlineData("HELM_KUBECAFILE", "x"), InlineData("HELM_KUBEASGROUPS", "x"), InlineData("HELM_KUBEINSECURE_SKIP_TLS_VERIFY", "true")]
    [InlineData("HELM_PLUGINS", "/x"), InlineData("HELM_PLUGINS", ""), InlineData("HELM_NO_PLUGINS", "1"), InlineData("HELM_NEW", "x")]
    [
        InlineData("HELM_NEW", ""),
        InlineData("HELM_CONFIG_HOME", "/x"),
        InlineData("HELM_DATA_HOME", "/x"),
        InlineData("XDG_DATA_HOME", "/x")
    ]
    [InlineData("HELM_REGISTRY_CONFIG", "/x"), InlineData("HELM_REPOSITORY_CONFIG", "/x"), InlineData("DOCKER_CONFIG", "/x")]
    [
        InlineData("TZ", ""),
        InlineData("TZ", "UTC"),
        InlineData("GOROOT", "/g"),
        InlineData("KUBECONFIG", "/k"),
        InlineData("POD_NAMESPACE", "p")
    ]
    [InlineData("HOME", "/other")]
    public void Variables_with_effect_are_kept(string name, string value) =>
        Assert.NotEqual(Calls.Describe(Calls.Served("template r c")), Calls.Describe(Calls.Served("template r c", (name, value))));

    [Theory]
    [InlineData("template r c", "r", "c")]
    [InlineData("template c", "release-name", "c")]
    [InlineData("template -g c", "release-name", "c")]
    [InlineData("template -g=false r c", "r", "c")]
    [InlineData("template c --name-template foo", "foo", "c")]
    [InlineData("template r c --name-template=", "r", "c")]
    [InlineData("template UPPER c", "UPPER", "c")]
    [InlineData("template r -- -c", "r", "-c")]
    public void Name_and_chart_are_found_as_helm_does(string line, string name, string chart)
    {
        Invocation call = Calls.Served(line);
        Assert.Equal(name, call.ReleaseName);
        Assert.Equal(chart, call.Charts[0].Typed);
    }

    [Theory]
    [InlineData("template r c --set a=1", "template r c --set=a=1")]
    [InlineData("template r c --set a=1", "template --set a=1 r c")]
    [InlineData("template r c -f x.yaml", "template r c --values=x.yaml")]
    [InlineData("template r c -f x.yaml -f y.yaml", "template r c -f x.yaml,y.yaml")]
    [InlineData("template r c -f x.yaml", "template r c -fx.yaml")]
    [InlineData("template r c -f x.yaml", "template r c -f '' -f x.yaml")]
    [InlineData("template r c -f x.yaml", "template r c -f \"x.yaml\"")]
    [InlineData("template r c -a x,y", "template r c -a x --api-versions=y")]
    [InlineData("template r c --kube-version 1", "template r c --kube-version 2 --kube-version 1")]
    [InlineData("template r c --include-crds", "template r c --include-crds=false --include-crds=T")]
    [InlineData("template r c -s a -a b", "template r c -a b -s a")]
    [InlineData("template r c -n foo", "-n foo template r c")]
    [InlineData("template r c --set a=1 --set b=2", "template r c --set b=2 --set a=1")]
    [InlineData("template r c --set a.x=1 --set a.y=2", "template r c --set a.y=2 --set a.x=1")]
    [InlineData("template r c --set-string a=1 --set-string b=2", "template r c --set-string b=2 --set-string a=1")]
    [InlineData("template r c --set-file a=f --set-file b=g", "template r c --set-file b=g --set-file a=f")]
    [InlineData("template r c --repository-cache /x", "template r c")]
    [InlineData("template r c --kube-token x", "template r c --kube-token y")]
    [InlineData("template c", "template release-name c")]
    public void Spelling_does_not_matter(string one, string other) =>
        Assert.Equal(Calls.Describe(Calls.Served(one)), Calls.Describe(Calls.Served(other)));

    [Theory]
    [InlineData("template r c --set a=1", "template r c --set-string a=1")]
    [InlineData("template r c --set a=1", "template r c --set a=2")]
    [InlineData("template r c --set a=1 --set a=2", "template r c --set a=2 --set a=1")]
    [InlineData("template r c --set a=1 --set a.b=2", "template r c --set a.b=2 --set a=1")]
    [InlineData("template r c --set a[0]=1 --set b=2", "template r c --set b=2 --set a[0]=1")]
    [InlineData("template r c --set a=1,b=2 --set c=3", "template r c --set c=3 --set a=1,b=2")]
    [InlineData("template r c --set-json a=1 --set-json b=2", "template r c --set-json b=2 --set-json a=1")]
    [InlineData("template r c --set-file a=f --set-file a=g", "template r c --set-file a=g --set-file a=f")]
    [InlineData("template r c -f x -f y", "template r c -f y -f x")]
    [InlineData("template r c -a x,y", "template r c -a y,x")]
    [InlineData("template r c -a x,y", "template r c -a \"x,y\"")]
    [InlineData("template r c -s x -s y", "template r c -s y -s x")]
    [InlineData("template r c -s x,y", "template r c -s x -s y")]
    [InlineData("template r c", "template r c --include-crds")]
    [InlineData("template r c", "template r c --include-crds=false")]
    [InlineData("template r c", "template q c")]
    [InlineData("template r c", "template r c -n default")]
    [InlineData("template r c", "template r c --atomic")]
    [InlineData("template r c --atomic", "template r c --atomic --atomic")]
    [InlineData("template r c --atomic --force", "template r c --force --atomic")]
    [InlineData("template r c --color auto --colour bad", "template r c --colour bad --color auto")]
    [InlineData("template r c --timeout bad --timeout 5m", "template r c --timeout 5m")]
    [InlineData("template r c --labels a", "template r c")]
    [InlineData("template r c --wait", "template r c --wait=watcher")]
    [InlineData("template r c --dry-run", "template r c --dry-run=client")]
    [InlineData("template r c --dry-run", "template r c")]
    [InlineData("template r c --force-replace=false", "template r c")]
    [InlineData("template r c --server-side", "template r c")]
    [InlineData("template r c --content-cache x", "template r c")]
    [InlineData("template r c --keyring x", "template r c")]
    [InlineData("template r c --kube-token x", "template r c")]
    [InlineData("template r c --validate=false", "template r c")]
    [InlineData("template r c --description x", "template r c")]
    [InlineData("template r c --version x", "template r c --version y")]
    [InlineData("template r c --kube-context x", "template r c")]
    [InlineData("template r c --kubeconfig x", "template r c")]
    [InlineData("template r c --registry-config x", "template r c")]
    [InlineData("template r c --repository-config x", "template r c")]
    public void What_can_change_the_outcome_is_kept(string one, string other) =>
        Assert.NotEqual(Calls.Describe(Calls.Served(one)), Calls.Describe(Calls.Served(other)));

    // Each flag of the table either bypasses, changes the description, or is the one that only matters to remote charts.
    [Fact]
    public void Every_flag_of_the_table_is_taken_or_declined()
    {
        string plain = Calls.Describe(Calls.Served("template c"));
        foreach (HelmFlag row in HelmCommands.Find("template", "")!.Flags.Rows)
        {
            string line = "template c --" + row.Name + (row.Arity == FlagArity.Value ? "=k=1" : "");
            if (Calls.Parse(line) is InvocationResult.Served served && row.Name != "repository-cache")
                Assert.NotEqual(plain, Calls.Describe(served.Invocation));
        }
    }

    [Theory]
    [InlineData("template r c --debug", "0", true)]
    [InlineData("--debug template r c", null, true)]
    [InlineData("template r c --debug=false", "1", false)]
    [InlineData("template r c", "1", true)]
    [InlineData("template r c", "T", true)]
    [InlineData("template r c", "junk", false)]
    [InlineData("template r c", null, false)]
    public void Debugging_is_known(string line, string? variable, bool debugs) =>
        Assert.Equal(debugs, (variable is null ? Calls.Served(line) : Calls.Served(line, ("HELM_DEBUG", variable))).Debugs);

    [Theory]
    [InlineData("template r c --output-dir d", true)]
    [InlineData("template r c --output-dir ./d/", true)]
    [InlineData("template r c --output-dir a/d --release-name", true)]
    [InlineData("template r c --output-dir d --output-dir=", false)]
    [InlineData("template r c", false)]
    public void Calls_that_write_files_are_known(string line, bool writes) => Assert.Equal(writes, Calls.Served(line).WritesFiles);

    [Fact]
    public void Secrets_are_in_no_option()
    {
        Invocation call = Calls.Served("template r c --kube-token s3cret --kube-as-user s3cret --keyring s3cret");
        Assert.DoesNotContain(call.Options, o => o.Value.Contains("s3cret", StringComparison.Ordinal));
    }

    [Fact]
    public void Only_the_first_dash_is_standard_input()
    {
        var served = (InvocationResult.Served)
            InvocationParser.Parse(["template", "c", "--set-file", "k=-", "-f", "a, -"], "/w", Calls.Variables(), hasStdin: true);
        Assert.Equal([InputKind.File, InputKind.Stdin], served.Invocation.Values.Select(v => v.Kind));
        Assert.Equal(InputKind.SpentStdin, served.Invocation.SetFiles.Single().Source.Kind);
    }

    [Theory]
    [InlineData("c", "/w/c", "")]
    [InlineData("./c", "/w/c", "")]
    [InlineData(".", "/w", "")]
    [InlineData("c/", "/w/c", "/w/c/")]
    [InlineData("/a//c", "/a/c", "")]
    [InlineData("../c", "/c", "/w/../c /logical/c")]
    [InlineData("l/../c", "/w/c", "/w/l/../c /logical/d/c")]
    public void Chart_path_is_made_absolute_as_go_does(string typed, string path, string aliases)
    {
        Invocation call = Calls.Served("template r " + typed, ("PWD", "/logical/d"));
        Assert.Equal(path, call.Charts[0].Path);
        Assert.Equal(aliases, string.Join(' ', call.Charts[0].Aliases));
    }

    [Theory]
    [InlineData("x.yaml", "/w/x.yaml"), InlineData("../x", "/w/../x"), InlineData("/a/../x", "/a/../x"), InlineData("./a:b", "/w/./a:b")]
    public void Values_are_opened_as_typed(string typed, string path) =>
        Assert.Equal(new InputFile(InputKind.File, typed, path), Calls.Served("template r c -f " + typed).Values.Single());

    [Fact]
    public void Namespace_inputs_follow_flags_then_variables()
    {
        Assert.Equal("f", Calls.Served("template r c -n f", ("HELM_NAMESPACE", "e")).Namespace.Explicit);
        Assert.Equal("e", Calls.Served("template r c", ("HELM_NAMESPACE", "e")).Namespace.Explicit);
        Assert.Null(Calls.Served("template r c --namespace=", ("HELM_NAMESPACE", "e")).Namespace.Explicit);
        Assert.Null(Calls.Served("template r c --kube-context= -n x", ("HELM_KUBECONTEXT", "e")).Namespace.Context);
        Assert.Equal(["/home/u/.kube/config"], Calls.Served("template r c").Namespace.KubeconfigPaths);
        Assert.Equal(["/a", "/w/b"], Calls.Served("template r c", ("KUBECONFIG", "/a::b:/a")).Namespace.KubeconfigPaths);
        NamespaceInputs byFlag = Calls.Served("template r c --kubeconfig k", ("KUBECONFIG", "/a")).Namespace;
        Assert.Equal(["/w/k"], byFlag.KubeconfigPaths);
        Assert.True(byFlag.KubeconfigIsExplicit);
        NamespaceInputs pod = Calls
            .Served("template r c", ("KUBERNETES_SERVICE_HOST", "1"), ("KUBERNETES_SERVICE_PORT", "2"), ("POD_NAMESPACE", "p"))
            .Namespace;
        Assert.True(pod.InClusterVariables);
        Assert.Equal("p", pod.PodNamespace);
        Assert.False(Calls.Served("template r c", ("KUBERNETES_SERVICE_HOST", "1")).Namespace.InClusterVariables);
        Assert.True(Calls.Served("template r c --kube-as-group g").Namespace.HasOverrides);
    }
}
