using System;
using System.Collections.Generic;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Invocations;

/// <summary>
/// The meaning of a command line: which inputs a call has, or why it is not served. Pure: touches no file. In doubt it declines; what helm
/// itself would reject may pass, since failures are never stored, but then nothing that made it fail is left out of the key.
/// </summary>
internal sealed class InvocationParser
{
    private readonly string _directory;
    private readonly IReadOnlyList<DescriptorContent> _descriptors;
    private readonly Variables _variables;
    private readonly HelmCommand _command;
    private readonly OptionList _options;
    private readonly List<string> _valueNames = [];
    private readonly List<SetFileItem> _setFileItems = [];
    private readonly bool[] _switches;
    private string? _namespace;
    private string? _context;
    private string? _kubeconfig;
    private string? _registry;
    private string? _repositories;
    private string _repository = "";
    private string _nameTemplate = "";
    private bool _hasKubeOverride;

    private InvocationParser(HelmCommand command, string directory, Variables variables, IReadOnlyList<DescriptorContent> descriptors)
    {
        _command = command;
        _options = new OptionList(command.Flags);
        _switches = new bool[command.Flags.Count];
        _descriptors = descriptors;
        _directory = directory;
        _variables = variables;
    }

    /// <summary>Parses one call.</summary>
    /// <param name="args">argv without argv[0].</param>
    /// <param name="directory">Absolute working directory as the kernel names it.</param>
    /// <param name="variables">The caller's variables; those that <see cref="HelmVariables.CanMatter"/> names suffice.</param>
    /// <param name="hasStdin">Whether the caller sent its standard input along.</param>
    /// <param name="descriptors">The descriptors that the caller sent along; null for none.</param>
    public static InvocationResult Parse(
        IReadOnlyList<string> args,
        string directory,
        IReadOnlyDictionary<string, string> variables,
        bool hasStdin,
        IReadOnlyList<DescriptorContent>? descriptors = null
    )
    {
        string[] words = [.. args];
        foreach (string word in words)
            if (word.Contains('\uFFFD', StringComparison.Ordinal))
                return new InvocationResult.Bypassed(BypassReason.NameNotUtf8);
        HelmCommand? command = CommandLine.FindCommand(words, out CommandWords at);
        if (!at.OnlyRootFlagsBefore)
            return new InvocationResult.Bypassed(BypassReason.FlagBeforeCommand);
        if (command is null)
            return new InvocationResult.Bypassed(BypassReason.NotTemplate);
        if (!command.IsServed)
            return new InvocationResult.Bypassed(BypassReason.Coordinated);
        ParsedCommandLine line = CommandLine.Parse(words, command, at);
        if (line.Error != BypassReason.None)
            return new InvocationResult.Bypassed(line.Error, line.ErrorFlag);
        var environment = new Variables(variables);
        return environment.Objection() ?? new InvocationParser(command, directory, environment, descriptors ?? []).Run(line, hasStdin);
    }

    private InvocationResult Run(ParsedCommandLine line, bool hasStdin)
    {
        foreach (FlagUse use in line.Flags)
            if (Take(use) is { } bypass)
                return bypass;
        if (FinallyTrue(line.Flags) is { } objection)
            return objection;
        _variables.AddTo(_options);

        string? outputDirectory = OutputDirectory.Of(line);
        if (outputDirectory is not null && !OutputDirectory.CanBeExchanged(line, outputDirectory))
            return new InvocationResult.Bypassed(BypassReason.OutputDirectory, OutputDirectory.Flag);
        if (Names(line.Positionals, out string name, out IReadOnlyList<string> typed) is { } wrong)
            return wrong;
        var charts = new List<ChartPlace>(typed.Count);
        NetworkReference? network = null;
        if (IsOnNetwork(typed))
        {
            if (typed[0].Trim() != typed[0] || !NetworkReference.IsServed(typed[0], _repository))
                return new InvocationResult.Bypassed(BypassReason.RemoteChart, _repository.Length > 0 ? "repo" : "");
            network = new NetworkReference(typed[0], _repository, GoPath.Clean(GoPath.Under(_directory, typed[0])));
        }
        foreach (string chart in network is null ? typed : [])
        {
            if (Chart(chart, out ChartPlace place) is { } badChart)
                return badChart;
            charts.Add(place);
        }
        if (Files(out FileArguments reader, out List<InputFile> values, out List<SetFile> setFiles) is { } badFile)
            return badFile;
        if (reader.ReadsStdin && !hasStdin)
            return new InvocationResult.Bypassed(BypassReason.ValuesNotRegular, "values");
        if (_variables.Startup(_directory, _registry, _repositories) is not { } startup)
            return new InvocationResult.Bypassed(BypassReason.BadFlagValue, "HELM_PLUGINS");

        return new InvocationResult.Served(
            new Invocation
            {
                Command = _command,
                Charts = charts,
                WritesFiles = outputDirectory is not null,
                Debugs = line.Flags.Exists(use => line.Row(use).Role == FlagRole.Debug) ? IsOn("debug") : _variables.IsDebugging,
                ReleaseName = name,
                Values = values,
                SetFiles = setFiles,
                Options = _options.ToList(),
                Namespace = _variables.Namespace(_directory, _namespace, _context, _kubeconfig, _hasKubeOverride),
                Startup = startup,
                TimeZone = _variables.Get("TZ"),
                GoRoot = _variables.NonEmpty("GOROOT"),
                Directory = _directory,
                LogicalDirectory = _variables.NonEmpty("PWD"),
                SkipSchemaValidation = IsOn("skip-schema-validation"),
                WithSubcharts = IsOn("with-subcharts"),
                Reference = network is null ? Reference(line, typed) : null,
                Network = network,
            }
        );
    }

    private InvocationResult.Bypassed? Take(FlagUse use)
    {
        HelmFlag row = _command.Flags[use.Flag];
        string? value = use.Value;
        if (row.Arity == FlagArity.Switch)
            _switches[use.Flag] = value == "true";
        switch (row.Role)
        {
            case FlagRole.KeyScalar:
                _options.Replace(use.Flag, value!);
                return null;
            case FlagRole.KeyEvery:
            case FlagRole.Debug:
            case FlagRole.BypassWhenTrue:
                _options.AppendOccurrence(use.Flag, value);
                return null;
            case FlagRole.KeyPresence:
                _options.Replace(use.Flag, "");
                return null;
            case FlagRole.KubeOverride:
                _hasKubeOverride = true;
                _options.Replace(use.Flag, "");
                return null;
            case FlagRole.KeyList:
                return AppendItems(use);
            case FlagRole.Set:
            case FlagRole.SetString:
            case FlagRole.SetJson:
            case FlagRole.SetLiteral:
                _options.Append(use.Flag, value!);
                return null;
            case FlagRole.SetFile:
                return SetFileSyntax.TryParse(value!, _setFileItems) ? null : new(BypassReason.SetFileSyntax, row.Name);
            case FlagRole.ValuesFile:
                return GoSyntax.TryReadCsv(value!, _valueNames) ? null : new(BypassReason.BadFlagValue, row.Name);
            case FlagRole.Namespace:
                _namespace = value;
                return null;
            case FlagRole.NameTemplate:
                _nameTemplate = value!;
                return null;
            case FlagRole.Kubeconfig:
                _kubeconfig = value;
                return null;
            case FlagRole.KubeContext:
                _context = value;
                return null;
            case FlagRole.RegistryConfig:
                _registry = value;
                return null;
            case FlagRole.RepositoryConfig:
                _repositories = value;
                return null;
            case FlagRole.Repository:
                _repository = value!;
                return null;
            case FlagRole.RepositoryCache:
                // Only for charts that are not local paths.
                return null;
            case FlagRole.OutputDirectory:
                return null;
            case FlagRole.JsonPath:
                if (!NamesOnePlace(value))
                    return new(BypassReason.BadFlagValue, row.Name);
                _options.Replace(use.Flag, value!);
                return null;
            case FlagRole.DryRun:
                // Other values reach the cluster, or make `lookup` live in helm 3.
                if (value is not (null or "client" or "true"))
                    return new(row.Reason, row.Name);
                _options.AppendOccurrence(use.Flag, value);
                return null;
            default:
                return new(row.Reason, row.Name);
        }
    }

    private InvocationResult.Bypassed? AppendItems(FlagUse use)
    {
        HelmFlag row = _command.Flags[use.Flag];
        if (row.Repeat != FlagRepeat.Csv)
        {
            _options.Append(use.Flag, use.Value!);
            return null;
        }
        var items = new List<string>();
        if (!GoSyntax.TryReadCsv(use.Value!, items))
            return new(BypassReason.BadFlagValue, row.Name);
        foreach (string item in items)
            _options.Append(use.Flag, item);
        return null;
    }

    private InvocationResult.Bypassed? FinallyTrue(List<FlagUse> uses)
    {
        foreach (FlagUse use in uses)
        {
            HelmFlag row = _command.Flags[use.Flag];
            if (row.Role == FlagRole.BypassWhenTrue && _switches[use.Flag])
                return new(row.Reason, row.Name);
        }
        return null;
    }

    // The positional arguments: cobra's rule for the command, and for a render action.Install.NameAndChart.
    private InvocationResult.Bypassed? Names(List<string> positionals, out string name, out IReadOnlyList<string> charts)
    {
        name = "";
        charts = positionals;
        switch (_command.Arguments)
        {
            case CommandArguments.NameAndChart:
                return NameAndChart(positionals, out name, out charts);
            case CommandArguments.Path or CommandArguments.Paths when positionals.Count == 0:
                charts = ["."];
                return null;
            case CommandArguments.Paths:
            case CommandArguments.Path or CommandArguments.Chart when positionals.Count == 1:
            case CommandArguments.None when positionals.Count == 0:
                return null;
            default:
                return new(BypassReason.WrongArgumentCount);
        }
    }

    // With the name that the template command presets.
    private InvocationResult.Bypassed? NameAndChart(List<string> positionals, out string name, out IReadOnlyList<string> charts)
    {
        name = "";
        charts = [];
        if (_nameTemplate.Contains("{{", StringComparison.Ordinal))
            return new(BypassReason.NameTemplate, "name-template");
        switch (positionals.Count)
        {
            case 1:
                name = _nameTemplate.Length > 0 ? _nameTemplate : "release-name";
                charts = [positionals[0]];
                return null;
            case 2 when _nameTemplate.Length > 0:
                return new(BypassReason.WrongArgumentCount, "name-template");
            case 2 when IsOn("generate-name"):
                return new(BypassReason.WrongArgumentCount, "generate-name");
            case 2:
                name = positionals[0];
                charts = [positionals[1]];
                return null;
            default:
                return new(BypassReason.WrongArgumentCount);
        }
    }

    // ChartPathOptions.LocateChart without --repo: whether the path exists, and so whether it is a local chart at all, is for the file
    // system to say.
    private InvocationResult.Bypassed? Chart(string typed, out ChartPlace place)
    {
        string chart = typed.Trim();
        var aliases = new List<string>();
        string path = GoPath.Clean(GoPath.Under(_directory, chart));
        place = new ChartPlace(chart, path, aliases);
        if (chart.Length == 0 || chart.Contains("://", StringComparison.Ordinal))
            return new(BypassReason.RemoteChart);
        // The name as typed is in no key, so only a name that helm does not trim is taken.
        if (chart.Length != typed.Length)
            return new(BypassReason.ChartMissing);
        string asTyped = GoPath.Under(_directory, chart);
        if (GoPath.IsThroughProc(asTyped) || GoPath.IsThroughProc(path))
            return new(BypassReason.ChartSpecialFile);
        // Without `..` all spellings are the same file by construction, except that `c.tgz/` names nothing.
        bool climbs = chart.Contains("..", StringComparison.Ordinal);
        if (asTyped != path && (climbs || chart.EndsWith('/') || chart.EndsWith("/.", StringComparison.Ordinal)))
            aliases.Add(asTyped);
        if (
            climbs
            && _variables.NonEmpty("PWD") is { } pwd
            && pwd.StartsWith('/')
            && GoPath.Clean(GoPath.Under(pwd, chart)) is var logical
            && logical != path
        )
            aliases.Add(logical);
        return null;
    }

    // With --repo, and by its scheme; whether there is a file of that name is for the file system to say.
    private bool IsOnNetwork(IReadOnlyList<string> typed) =>
        _command.Arguments is CommandArguments.NameAndChart or CommandArguments.Chart
        && (_repository.Length > 0 || typed[0].Contains("://", StringComparison.Ordinal));

    // LocateChart for what is no local path; which files that means, but not what is in them.
    private RepositoryReference? Reference(ParsedCommandLine line, IReadOnlyList<string> typed)
    {
        if (
            _command.Arguments is not (CommandArguments.NameAndChart or CommandArguments.Chart)
            || RepositoryReference.Split(typed[0]) is not (string repository, string chart)
        )
            return null;
        return
            _variables.Caches(_directory, LastValue(line, "repository-cache"), LastValue(line, "content-cache"))
                is not
                (string repositoryCache, string contentCache)
            ? null
            : new RepositoryReference(
                repository,
                chart,
                LastValue(line, "version") ?? "",
                IsOn("devel"),
                GoPath.Join(repositoryCache, repository + "-index.yaml"),
                contentCache
            );
    }

    private static string? LastValue(ParsedCommandLine line, string name) => line.Flags.FindLast(use => line.Row(use).Name == name).Value;

    // Values files first, --set-file later: that is the order in which helm reads, and so which `-` gets standard input.
    private InvocationResult.Bypassed? Files(out FileArguments reader, out List<InputFile> values, out List<SetFile> setFiles)
    {
        reader = new FileArguments(_directory, _descriptors);
        values = [];
        setFiles = [];
        foreach (string typed in _valueNames)
        {
            if (reader.Read(typed, out InputFile input) is { } reason)
                return new(reason, "values");
            values.Add(input);
        }
        int stdins = 0;
        foreach (SetFileItem item in _setFileItems)
        {
            if (reader.Read(item.Path, out InputFile input) is { } reason)
                return new(reason, "set-file");
            if (input.Kind is InputKind.Stdin or InputKind.SpentStdin)
                stdins++;
            setFiles.Add(new SetFile(item.Label, input));
        }
        if (stdins < 2)
            SetItems.SortWhenOrderFree(setFiles, f => f.Key);
        return null;
    }

    private bool IsOn(string name) => _command.Flags.FindLong(name) is >= 0 and var flag && _switches[flag];

    // Wildcards, recursive descent and ranges walk a map in Go's order, which varies from run to run (client-go's jsonpath).
    private static bool NamesOnePlace(string? expression)
    {
        foreach (char c in expression!)
            if (!char.IsAsciiLetterOrDigit(c) && !"._-/{}[]\\".Contains(c))
                return false;
        return !expression.Contains("..", StringComparison.Ordinal);
    }
}
