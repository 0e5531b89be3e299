using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using CacheDaemon.Tests.Conformance;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Inputs;

/// <summary>
/// Which test covers which input of a render. The sections are those of docs/key.md, "Inputs by number"; an input without a test is a hole
/// in the promise never to be wrong. A reference is the name of a conformance case (which runs against helm 3 and 4), or
/// <c>Class.Method</c>. One that ends with <c>*</c> means all cases that begin so.
/// </summary>
public sealed class RowCoverage
{
    /// <summary>Enough that a whole group of cases cannot be lost without anyone seeing it.</summary>
    private const int LeastMutatedCases = 450;

    private static readonly (string Section, string Row, string[] Tests)[] s_rows =
    [
        (
            "1",
            "identity of the helm binary",
            ["FreshnessTests.Upgrade_of_helm_in_place_misses", "FreshnessTests.Two_helms_never_share_an_answer"]
        ),
        (
            "1",
            "arguments in canonical form",
            [
                "CommandLinePropertyTests.Calls_of_equal_meaning_have_equal_results",
                "InvocationParserTests.Spelling_does_not_matter",
                "InvocationParserTests.What_can_change_the_outcome_is_kept",
            ]
        ),
        (
            "1",
            "absolute chart path, where it shows",
            [
                "FreshnessTests.Symbolic_link_note_names_the_copy_that_was_asked_for",
                "ChartSnapshotTests.Directory_that_moves_under_its_link_is_noticed_because_helm_prints_its_path",
            ]
        ),
        (
            "1",
            "chart tree",
            [
                "ChartTreeEditTests.Edit_of_any_byte_of_any_file_changes_the_digest",
                "ChartTreeEditTests.Change_of_names_kinds_and_links_changes_the_digest",
                "ChartLoadingAgainstHelmTests.Helm_sees_exactly_the_files_that_the_loader_counts",
            ]
        ),
        (
            "1",
            "values, set-files, standard input",
            ["2.2 values misses", "2.2 set-file misses", "Values from standard input", "FreshnessTests.Edit_of_standard_input_misses"]
        ),
        ("1", "user and mount namespace", ["SurroundingsTests.Caller_in_another_mount_namespace_is_helms_alone"]),
        ("1", "working directory", ["SurroundingsTests.Working_directory_decides_what_a_relative_path_means"]),
        (
            "1",
            "no inputs: modes, times, empty directories",
            ["Empty directories and modes are no input", "ChartTreeEditTests.Noise_keeps_the_digest"]
        ),
        (
            "1",
            "no inputs: packing of archives",
            [
                "Packed subchart repacked with the same content is the same input",
                "ChartArchiveTests.Repacking_keeps_the_digest_and_other_entries_change_it",
            ]
        ),
        (
            "1",
            "no inputs: name of the chart's directory",
            ["1 other name of the chart's directory hits", "FreshnessTests.Copy_of_the_chart_elsewhere_with_values_in_another_file_hits"]
        ),
        ("1", "no inputs: argv[0]", ["SurroundingsTests.Name_by_which_helm_is_called_hits"]),
        ("1", "no inputs: locale", ["3.1 variable LANG hits", "3.1 variable LC_ALL hits"]),
        (
            "1",
            "spellings of the chart path",
            [
                "1 chart path with a dot hits",
                "1 chart path with a slash at the end hits",
                "1 absolute chart path hits",
                "Chart path with detours",
            ]
        ),
        (
            "2.1",
            "spellings of flags and their values",
            [
                "2.1 value after an equals sign hits",
                "2.1 value glued to its short flag hits",
                "Grouped short flags",
                "CommandLineTests.Flags_and_positionals_are_taken_apart",
            ]
        ),
        ("2.1", "no abbreviations", ["Abbreviated flag", "2.1 unknown short flag"]),
        ("2.1", "missing value", ["Flag without its value", "2.1 short flag without its value"]),
        ("2.1", "double dash and too many positionals", ["2.1 double dash hits", "Too many arguments"]),
        (
            "2.1",
            "flags before the command",
            [
                "2.1 flag before the command hits",
                "2.1 template-only boolean before the command",
                "Boolean of template before the command swallows a word",
                "2.1 template-only boolean with its value before the command",
            ]
        ),
        (
            "2.1",
            "booleans need an equals sign",
            ["2.1 boolean in other words hits", "Boolean that is none", "2.1 space instead of an equals sign makes a positional"]
        ),
        ("2.1", "last scalar wins", ["2.1 scalar overruled by a later one hits"]),
        (
            "2.1",
            "lists in CSV",
            [
                "2.1 values files in one list hits",
                "2.1 stray quote in a list",
                "2.1 comma alone as a list",
                "Values file whose name has a comma",
                "CommandLineTests.Csv_is_read_as_go_reads_it",
            ]
        ),
        (
            "2.1",
            "order within a kind",
            [
                "2.1 order of values files misses",
                "2.1 order of sets of one path misses",
                "2.1 order of API versions misses",
                "2.1 order of independent sets hits",
            ]
        ),
        ("2.1", "order between kinds", ["2.1 order between kinds of sets hits", "Kinds of sets are applied in helm's order"]),
        ("2.1", "hidden logging flags", ["2.1 logging flag *"]),
        ("2.1", "help", ["Help", "Help in the middle"]),
        (
            "2.1",
            "release name",
            [
                "2.1 release name misses",
                "2.1 constant name hits",
                "Generated name is a constant",
                "Generated name and a name",
                "Release name that is not allowed",
            ]
        ),
        ("2.1", "name template", ["Name by template", "2.2 name-template without actions misses"]),
        ("2.2", "values", ["2.2 values misses"]),
        (
            "2.2",
            "set-file",
            ["2.2 set-file misses", "2.2 key of a set-file misses", "Set-file twice in one argument", "Set-file from standard input"]
        ),
        (
            "2.2",
            "set, set-string, set-json, set-literal",
            [
                "2.2 set misses",
                "2.2 set-string misses",
                "2.2 set-json misses",
                "2.2 set-literal misses",
                "Set-json of a whole object fails in helm 3",
                "Set-json of a whole object works in helm 4",
            ]
        ),
        ("2.2", "namespace", ["2.2 namespace misses", "Namespace that is empty"]),
        ("2.2", "show-only", ["2.2 show-only misses", "2.2 order of show-only misses"]),
        ("2.2", "api-versions", ["2.2 api-versions misses"]),
        ("2.2", "kube-version", ["2.2 kube-version misses"]),
        (
            "2.2",
            "switches that show",
            [
                "2.2 include-crds misses",
                "2.2 skip-tests misses",
                "2.2 no-hooks misses",
                "2.2 is-upgrade misses",
                "2.2 skip-schema-validation misses",
            ]
        ),
        ("2.2", "switches that do not show", ["2.2 inert *"]),
        (
            "2.2",
            "description, labels, timeout",
            ["2.2 inert --description words", "2.2 inert --labels k=v", "2.2 reserved label", "Timeout that is none"]
        ),
        ("2.2", "wait", ["2.2 inert --wait", "2.2 inert --wait=watcher", "2.2 inert --wait=true"]),
        (
            "2.2",
            "switches of helm 4",
            ["2.2 inert --force-replace", "2.2 flags that exclude each other", "2.2 flags of helm 4 are unknown to helm 3"]
        ),
        ("2.2", "colour", ["2.2 inert --color never", "2.2 colour that is none"]),
        ("2.2", "content cache", ["2.2 inert --content-cache {dir}/cc"]),
        ("2.2", "version, devel", ["2.2 inert --devel", "2.2 inert --version 9.9.9"]),
        ("2.2", "verify, keyring", ["Verify", "2.2 inert --keyring {dir}/none"]),
        ("2.2", "repo", ["2.2 repo beside a local chart, helm 3", "2.2 repo beside a local chart, helm 4"]),
        ("2.2", "certificates", ["Files of a certificate", "2.2 certificate alone is not read", "2.2 certificate and key are read"]),
        ("2.2", "credentials", ["2.2 credentials", "InvocationParserTests.Secrets_are_in_no_option"]),
        ("2.2", "dependency-update", ["Dependency update", "ReplayTests.Checkov_is_left_to_helm"]),
        ("2.2", "output-dir", ["Output directory", "ReplayTests.Chartify_with_an_output_directory_hits"]),
        ("2.2", "post-renderer", ["Post renderer", "2.2 post-renderer that is no plugin"]),
        ("2.2", "validate", ["Validation asks a cluster", "2.2 inert --validate=false"]),
        (
            "2.2",
            "dry-run",
            [
                "2.2 inert --dry-run",
                "2.2 inert --dry-run=client",
                "Dry run on the server, helm 3",
                "Dry run on the server, helm 4",
                "2.2 dry-run none, helm 3",
                "2.2 dry-run none, helm 4",
            ]
        ),
        ("2.2", "enable-dns", ["Name resolution"]),
        ("2.2", "debug", ["Debug", "2.2 inert --debug=false"]),
        ("2.2", "kubeconfig, kube-context", ["Namespace of a kubeconfig by flag", "Namespace of a context by flag"]),
        ("2.2", "other settings of a cluster client", ["2.2 other token of the cluster hits", "2.2 inert --burst-limit 3 --qps 2"]),
        (
            "2.2",
            "registry and repository files",
            ["2.2 registry configuration by flag", "Retired stable repository is warned about", "2.2 repository cache hits"]
        ),
        (
            "2.2",
            "flags that are not in the table",
            ["Unknown flag", "2.2 hide-secret is not of template", "HelmFlagsTests.Table_has_every_flag_of_the_help_text"]
        ),
        ("2.3", "what exists is a local chart", ["2.3 reference becomes a local chart", "2.3 empty directory hides a reference"]),
        ("2.3", "file of any extension", ["Archive of any extension", "Archive that is none"]),
        (
            "2.3",
            "path that is not there",
            ["2.3 absolute path that is not there", "Chart that does not exist", "Chart that is no reference"]
        ),
        ("2.3", "no file scheme, names are trimmed", ["2.3 file scheme is none", "2.3 blanks around the chart's name"]),
        ("2.3", "remote references", ["Remote chart", "2.3 registry reference"]),
        ("3.1", "HELM_NAMESPACE", ["3.1 HELM_NAMESPACE misses", "3.1 empty HELM_NAMESPACE is none", "HELM_NAMESPACE loses to the flag"]),
        ("3.1", "KUBECONFIG, HELM_KUBECONTEXT", ["3.1 KUBECONFIG misses", "3.1 HELM_KUBECONTEXT misses"]),
        (
            "3.1",
            "homes",
            [
                "3.1 HOME misses for its kubeconfig",
                "3.1 variable HELM_CONFIG_HOME hits",
                "3.1 variable XDG_DATA_HOME hits",
                "FreshnessTests.Fresh_empty_homes_of_helm_hit",
                "GoPathTests.Start_up_paths_are_those_of_helm_env",
            ]
        ),
        ("3.1", "HELM_PLUGINS, HELM_NO_PLUGINS", ["3.1 HELM_PLUGINS misses for a broken plugin", "3.1 HELM_NO_PLUGINS misses"]),
        (
            "3.1",
            "configuration files by variable",
            ["3.1 HELM_REPOSITORY_CONFIG misses", "3.1 HELM_REGISTRY_CONFIG misses", "3.1 variable HELM_REPOSITORY_CACHE hits"]
        ),
        ("3.1", "HELM_DRIVER", ["3.1 HELM_DRIVER", "HELM_DRIVER that is none"]),
        ("3.1", "HELM_DEBUG", ["HELM_DEBUG switched on", "HELM_DEBUG that is no boolean"]),
        ("3.1", "profiles", ["3.1 profile of the processor", "3.1 profile of the memory"]),
        (
            "3.1",
            "cluster client and history",
            ["3.1 variable HELM_KUBETOKEN hits", "3.1 variable HELM_MAX_HISTORY hits", "3.1 variable HELM_QPS hits"]
        ),
        ("3.1", "colour", ["3.1 variable NO_COLOR hits", "3.1 variable HELM_COLOR hits"]),
        ("3.1", "TZ, ZONEINFO", ["6.2 local date of a number", "A7 *", "InvocationParserTests.Variables_with_effect_are_kept"]),
        ("3.1", "variables of a pod", ["Namespace inside a pod without a token is the default"]),
        ("3.1", "DOCKER_CONFIG", ["3.1 variable DOCKER_CONFIG hits", "3.3 Docker configuration is not read by helm 4"]),
        (
            "3.1",
            "proxies, certificates, GNUPGHOME",
            ["3.1 variable HTTP_PROXY hits", "3.1 variable SSL_CERT_FILE hits", "3.1 variable GNUPGHOME hits"]
        ),
        ("3.1", "Go's own", ["GODEBUG", "3.1 variable GOGC hits", "3.1 variable GOMAXPROCS hits", "A6 *"]),
        ("3.1", "locale and feature gates", ["3.1 variable LANG hits", "3.1 variable KUBE_FEATURE_X hits"]),
        ("3.1", "any variable", ["3.1 variable ANYTHING hits", "InvocationParserTests.Unfit_variables_bypass_by_name"]),
        ("3.2", "flag, then variable", ["3.2 namespace of the flag beats all", "HELM_NAMESPACE loses to the flag"]),
        (
            "3.2",
            "context of the merged kubeconfig",
            [
                "Namespace of a kubeconfig",
                "3.2 current context misses",
                "3.2 other token in the kubeconfig hits",
                "KubeconfigNamespaceTests.Several_kubeconfigs_are_merged",
            ]
        ),
        (
            "3.2",
            "unfit kubeconfig gives the default",
            [
                "Kubeconfig that is no YAML is the default namespace",
                "3.2 kubeconfig that is a directory gives the default",
                "Unknown context is the default namespace",
            ]
        ),
        ("3.2", "in a cluster", ["Namespace inside a pod without a token is the default"]),
        ("3.2", "no validation", ["3.2 namespace is not validated"]),
        ("3.2", "no HOME", ["3.1 unset HOME", "InvocationParserTests.P4_without_home_everything_is_below_the_working_directory"]),
        ("3.2", "mode of the kubeconfig", ["3.2 owner's mode of the kubeconfig hits"]),
        ("3.3", "plugins", ["Plugin that is broken is noted", "3.3 two plugins of one name", "3.3 file beside the plugins hits"]),
        ("3.3", "repositories file", ["Retired stable repository is warned about", "3.3 garbage among the repositories is ignored"]),
        ("3.3", "registry configuration", ["Broken registry configuration is fatal", "2.2 registry configuration by flag"]),
        ("3.3", "Docker configuration", ["3.3 Docker configuration is not read by helm 4"]),
        (
            "4.1",
            "every file that is not ignored",
            [
                "A file that nothing shows but its name",
                "4.1 licence and dotfiles are seen",
                "4.1 values and schema are no files",
                "4.1 provenance file of a subchart is seen",
            ]
        ),
        (
            "4.1",
            "requirements and locks",
            [
                "requirements.yaml in a v2 chart is noted on stderr",
                "Chart.lock is parsed and not compared",
                "Chart.lock that is no YAML",
                "ChartTreeEditTests.Lock_of_a_v2_chart_may_be_written_anew_at_another_time",
            ]
        ),
        (
            "4.1",
            "subcharts",
            [
                "Directories starting with underscore or dot in charts are no charts",
                "Subchart file that is none",
                "Packed subchart is read",
                "4.1 file among the subcharts that is a directory's",
            ]
        ),
        ("4.1", "CRDs", ["2.2 include-crds misses", "4.1 CRDs of three extensions"]),
        (
            "4.1",
            "partials and notes",
            ["Templates in directories, partials and odd extensions", "4.1 notes are rendered and not printed", "Notes that fail"]
        ),
        (
            "4.2",
            "built-in rule",
            [
                "4.2 hidden template below a directory is rendered",
                "4.2 hidden template of a subchart is rendered",
                "Directory chart does not render a hidden template",
            ]
        ),
        ("4.2", "names and patterns", ["4.2 bare name at any depth", "4.2 pattern at any depth", "4.2 rule of a class"]),
        ("4.2", "rooted rules", ["4.2 rooted name", "4.2 name with a slash is rooted", "4.2 dot before a slash matches nothing"]),
        ("4.2", "directory rules", ["4.2 directory rule", "4.2 ignored subchart"]),
        ("4.2", "one level, bad patterns", ["4.2 star stays in one level", "Double star in helmignore", "4.2 bad pattern"]),
        ("4.2", "negation", ["Negated helmignore rule ignores Chart.yaml"]),
        (
            "4.2",
            "blanks, comments, escapes, mark, case",
            ["4.2 blanks, comments and escapes", "4.2 byte order mark before the first rule", "4.2 case counts"]
        ),
        ("4.2", "removes what helm needs", ["Ignoring values.yaml and a template removes them"]),
        (
            "4.2",
            "only the root's, and not in archives",
            ["Subchart's own helmignore means nothing", "Packed chart renders a hidden template that a directory would not"]
        ),
        ("4.2", "may be a link", ["4.2 rules through a link"]),
        (
            "4.3",
            "links are followed and noted",
            [
                "Link to a file in the chart is noted on stderr",
                "Link to a file outside of the chart",
                "Link to a directory outside of the chart",
                "4.3 absolute link",
                "4.3 link to a link",
            ]
        ),
        ("4.3", "ignored links", ["Ignored link is noted all the same", "Ignored dangling link"]),
        ("4.3", "circles", ["4.3 link to itself", "4.3 link in a circle"]),
        ("4.3", "the chart itself is a link", ["Chart directory that is a link is not noted"]),
        ("4.3", "links in archives", ["ChartArchiveTests.Links_and_global_headers_are_plain"]),
        ("4.4", "special files", ["Named pipe in a chart", "4.4 ignored named pipe", "BadInputTests.Named_pipe_as_a_file_is_helms_alone"]),
        ("4.4", "unreadable files", ["ChartTreeTests.What_helm_would_refuse_is_declined_with_its_reason"]),
        ("4.4", "sizes", ["File above the size limit", "File of exactly the size limit"]),
        ("4.4", "byte order mark, carriage returns", ["4.4 byte order mark is stripped", "Carriage returns and a byte order mark"]),
        (
            "4.5",
            "what values may be",
            [
                "Standard input as JSON",
                "4.5 doubled key, the last wins",
                "4.5 bytes that are no text in values",
                "Values file that is a list",
                "Values file with a tab",
                "Null deletes a default",
            ]
        ),
        ("4.5", "several documents", ["Several documents in one values file", "4.5 several documents in the chart's values"]),
        (
            "4.6",
            "schema references",
            [
                "Schema that reads a file of the machine",
                "4.6 reference to the web",
                "4.6 relative reference",
                "4.6 reference inside the document",
                "ChartSchemaTests.Schema_that_may_read_something_else_is_flagged",
            ]
        ),
        ("4.6", "skipped schema", ["Schema skipped", "4.6 garbage"]),
        (
            "5",
            "schemes",
            [
                "Remote values",
                "5 remote set-file",
                "5 unknown scheme is a file's name",
                "5 scheme of a plugin that is not there",
                "5 bad percent sequence",
            ]
        ),
        ("5", "standard input", ["5 blanks around the dash", "5 second dash is empty", "Standard input that nobody asked for"]),
        (
            "5",
            "paths that mean the process",
            [
                "5 descriptor as a file",
                "5 process's own descriptor",
                "5 link to the process's own descriptor",
                "5 set-file from a descriptor",
                "BadInputTests.Other_ways_into_proc_are_helms_alone",
            ]
        ),
        (
            "6.1",
            "random functions",
            ["6.1 called *", "Random text is called", "Password hash is made", "ArmingTests.Real_helm_is_armed_and_passes_its_self_test"]
        ),
        (
            "6.1",
            "clock",
            [
                "Clock is called",
                "6.1 called ago of a constant",
                "6.1 called date of a text",
                "6.1 called day-granular clock",
                "ArmingTests.Real_helm_is_armed_and_passes_its_self_test",
            ]
        ),
        ("6.1", "order of maps", ["Keys in sorted order"]),
        ("6.1", "pointers", ["ArmingTests.Real_helm_is_armed_and_passes_its_self_test"]),
        ("6.1", "network and cluster", ["Lookup without a cluster is empty", "Host name without resolution is empty"]),
        ("6.1", "pure functions", ["6.1 pure *", "Hash, derived password and encodings are pure", "Range over a map is in order"]),
        ("6.2", "time zone", ["6.2 local date of a number", "6.2 parsed date", "6.2 zone in POSIX form", "6.2 zone by an absolute path"]),
        (
            "6.3",
            "tpl of everything",
            [
                "tpl of a value that calls a random function",
                "tpl of a set value that calls the clock",
                "tpl of a file that calls the clock",
                "tpl of a computed random call",
                "6.3 *",
            ]
        ),
        ("6.3", "hidden in charts", ["Random text in a packed subchart", "Clock in a named template of a library"]),
        ("6.4", "CRDs of several subcharts", ["SurroundingsTests.Order_that_helm_leaves_open_is_one_of_helms_answers"]),
        ("6.4", "subcharts of one name", ["SurroundingsTests.Subcharts_of_one_name_give_one_of_helms_answers"]),
        ("7", "failures of templates", ["fail", "required", "Template that does not parse", "Unknown function", "Output that is no YAML"]),
        (
            "7",
            "failures of charts",
            [
                "Directory without Chart.yaml",
                "Archive that is damaged",
                "Dependency that is missing",
                "Library chart cannot be installed",
                "Chart of a version that helm 4 refuses",
                "Kubernetes version that does not fit",
            ]
        ),
        ("7", "failures of values and flags", ["values.yaml that is no YAML", "Values file that is no YAML", "Kube version that is none"]),
        (
            "7",
            "failures are never kept",
            [
                "StreamTests.Failure_passes_through_and_is_not_remembered",
                "ReplayTests.Argo_CD_builds_dependencies_after_the_error_it_looks_for",
            ]
        ),
        (
            "8.1",
            "notes on success",
            [
                "Link to a file in the chart is noted on stderr",
                "Scalar replaced by a table is noted on stderr",
                "Deprecated chart is warned about",
                "StreamTests.Success_with_a_note_on_stderr_is_replayed_with_it",
            ]
        ),
        ("8.2", "outputs that end early", ["StreamTests.Outputs_that_cannot_take_it_end_as_with_real_helm"]),
        ("8.2", "show-only by pattern, twice, unmatched", ["Show only by pattern", "Show only what is not there"]),
        ("8.3", "debug output", ["Debug"]),
        (
            "8.4",
            "signals",
            ["StreamTests.Signal_to_us_reaches_helm_and_nothing_is_stored", "StreamTests.Helm_that_dies_of_a_signal_ends_us_by_it"]
        ),
        (
            "9",
            "never shared between binaries",
            ["FreshnessTests.Two_helms_never_share_an_answer", "Whole Chart as JSON differs between helm versions"]
        ),
        ("10", "other commands", ["PassThroughTests.Command_is_real_helms", "PassThroughTests.Create_makes_the_same_files"]),
        ("11", "argv[0] reaches plugins", ["PassThroughTests.Plugins_see_argv0_as_typed", "PluginTests.Helm_diff_hits"]),
        (
            "11",
            "variables that helm sets for plugins",
            ["PluginTests.Plugin_and_direct_call_share_their_entries", "InvocationParserTests.Variables_without_effect_change_nothing"]
        ),
        ("11", "surroundings of the render", ["PassThroughTests.Leased_render_has_the_callers_surroundings"]),
        (
            "12",
            "changes during a render",
            [
                "ChangeTests.Edit_in_the_middle_of_a_render_stores_nothing_and_waiters_render_again",
                "ChangeTests.Edit_that_is_taken_back_before_the_render_ends_is_noticed",
            ]
        ),
        (
            "12",
            "same size and time",
            ["ChangeTests.Edits_within_one_tick_that_keep_size_and_time_are_seen", "ChartTreeEditTests.Edit_within_the_same_tick_misses"]
        ),
        (
            "12",
            "needless misses",
            ["FreshnessTests.Copy_of_the_chart_elsewhere_with_values_in_another_file_hits", "A new ignored file is no input"]
        ),
    ];

    private static readonly HashSet<string> s_cases = [.. CaseTable.Names(3).Concat(CaseTable.Names(4)).Select(row => (string)row[0])];

    private static readonly HashSet<string> s_methods =
    [
        .. from type in typeof(RowCoverage).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static)
        where method.GetCustomAttributes<FactAttribute>().Any()
        select $"{type.Name}.{method.Name}",
    ];

    public static IEnumerable<object[]> Rows => s_rows.Select(row => (object[])[$"{row.Section} {row.Row}"]);

    [Theory]
    [MemberData(nameof(Rows))]
    public void Row_has_its_tests(string row)
    {
        string[] tests = s_rows.Single(r => $"{r.Section} {r.Row}" == row).Tests;
        Assert.NotEmpty(tests);
        Assert.All(tests, test => Assert.True(Exists(test), $"there is no case and no test '{test}'"));
    }

    /// <summary>And the other way round: a case made for a row is named by that row's section.</summary>
    [Fact]
    public void Every_case_of_a_section_belongs_to_a_listed_section()
    {
        var sections = s_rows.Select(row => row.Section).ToHashSet();
        Assert.All(s_cases.Where(name => char.IsAsciiDigit(name[0])), name => Assert.Contains(name.Split(' ')[0], sections));
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public void Enough_cases_are_run_again_after_a_mutation(int major)
    {
        ConformanceCase[] cases = [.. CaseTable.All(major)];
        int mutated = cases.Count(IsMutated);
        Assert.True(mutated >= LeastMutatedCases, $"{mutated} of {cases.Length} cases for helm {major}");
    }

    private static bool Exists(string test) =>
        test.EndsWith('*')
            ? s_cases.Any(name => name.StartsWith(test[..^1], StringComparison.Ordinal))
            : s_cases.Contains(test) || s_methods.Contains(test);

    /// <summary>By an edit of its own, or by the template that the runner adds.</summary>
    private static bool IsMutated(ConformanceCase @case)
    {
        if (@case.Edit is not null)
            return true;
        using var directory = new TemporaryDirectory();
        @case.Arrange(directory.Location);
        return Directory.Exists(directory.At("web", "templates"));
    }
}
