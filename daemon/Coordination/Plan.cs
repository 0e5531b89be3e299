using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Invocations;

namespace CacheDaemon.Daemon.Coordination;

/// <summary>
/// Which locks a call needs, and which calls are its equals. Looks at directories and at repositories.yaml, and changes nothing.
/// </summary>
/// <remarks>
/// Places are found by helm's rules: pkg/cli/environment.go, pkg/helmpath/lazypath.go, pkg/action/pull.go of helm 3.17.3 and 4.1.4.
/// </remarks>
internal sealed class Plan
{
    /// <summary>
    /// From here on helm writes an index into a temporary file and renames it; before, it empties the file that others read.
    /// </summary>
    private const int FirstThatRenames = 4;

    /// <summary>A longer repositories.yaml is taken for one that has relative paths.</summary>
    private const int MaxRepositoriesBytes = 1024 * 1024;

    private readonly Message.Render _call;
    private readonly ParsedCommandLine _line;
    private readonly Variables _variables;
    private readonly List<LockWish> _wishes = [];

    private Plan(Message.Render call, ParsedCommandLine line)
    {
        _call = call;
        _line = line;
        _variables = new Variables(call.Environment);
    }

    /// <summary>The locks, all of which it needs; none when it needs no turn.</summary>
    public IReadOnlyList<LockWish> Wishes => _wishes;

    /// <summary>Calls with the same text do the same; null when no other does.</summary>
    public string? Equal { get; private init; }

    /// <summary>What a coordinated call needs; null when helm itself will not understand the command line.</summary>
    /// <param name="request">The call.</param>
    /// <param name="helmMajor">helm's major version; 0: not known.</param>
    public static Plan? Of(Message.Coordinate request, int helmMajor)
    {
        if (Parse(request.Call, served: false) is not { } line)
            return null;
        bool empties = helmMajor < FirstThatRenames;
        switch (line.Command.Turn)
        {
            case CommandTurn.RepositoryIndexes:
                var update = new Plan(request.Call, line) { Equal = request.IsTerminal ? null : EqualsOf(request, line) };
                update.AddCache(exclusive: empties);
                update.Add(update.Cache, "/updates", exclusive: true);
                return update;
            case CommandTurn.Dependencies when line.Positionals.Count <= 1:
                var dependencies = new Plan(request.Call, line);
                dependencies.AddCache(exclusive: empties);
                dependencies.Add(line.Positionals.Count == 0 ? "." : line.Positionals[0], "", exclusive: true);
                return dependencies;
            case CommandTurn.Download when line.Positionals.Count > 0:
                var pull = new Plan(request.Call, line);
                pull.AddDownloads();
                return pull;
            default:
                return null;
        }
    }

    /// <summary>What a call reads that runs helm: the indexes, where it names a chart of a repository. Null when it reads none.</summary>
    public static Plan? OfReader(Message.Render call)
    {
        if (
            Parse(call, served: true)
                is not { Command.Arguments: CommandArguments.Chart or CommandArguments.NameAndChart, Positionals: [.., var chart] } line
            || Value(line, "repo") is not null
            || !IsOfRepository(chart)
        )
            return null;
        var plan = new Plan(call, line);
        // A path that is there goes before a repository (LocateChart).
        if (Libc.Stat(plan.Under(chart), follow: true, out _) == 0)
            return null;
        plan.AddCache(exclusive: false);
        return plan;
    }

    /// <summary>What an update reads and writes, as it is now; null where that cannot be told.</summary>
    public UpdatedIndexes? ReadIndexes() =>
        _variables.Startup(_call.Directory, null, Value(_line, "repository-config"))?.RepositoriesFile is { } repositories
            ? UpdatedIndexes.Read(
                repositories,
                MaxRepositoriesBytes,
                name => GoPath.Join(Under(Cache), name + "-index.yaml"),
                _line.Positionals
            )
            : null;

    private string Cache => _variables.RepositoryCache(Value(_line, "repository-cache"));

    /// <summary>helm's first parse, of root flags alone, is not asked: what both do not agree on only names another lock.</summary>
    private static ParsedCommandLine? Parse(Message.Render call, bool served)
    {
        string[] words = [.. call.Arguments];
        if (CommandLine.FindCommand(words, out CommandWords at) is not { } command || command.IsServed != served || !at.OnlyRootFlagsBefore)
            return null;
        ParsedCommandLine line = CommandLine.Parse(words, command, at);
        return line.Error == BypassReason.None ? line : null;
    }

    private static string? Value(ParsedCommandLine line, string flag) =>
        line.Flags.FindLast(use => line.Row(use).Name == flag) is { Value: { } value } ? value : null;

    /// <summary><c>name/chart</c>, and no path or URL by its looks.</summary>
    private static bool IsOfRepository(string chart) =>
        chart.Contains('/', StringComparison.Ordinal) && chart[0] is not ('/' or '.') && !chart.Contains("://", StringComparison.Ordinal);

    /// <summary>
    /// All that decides what <c>repo update</c> does: the command line, the environment, the binary, and the working directory where
    /// something relative is understood by it.
    /// </summary>
    private static string EqualsOf(Message.Coordinate request, ParsedCommandLine line)
    {
        Message.Render call = request.Call;
        var text = new StringBuilder();
        foreach (string argument in call.Arguments)
            text.Append(CultureInfo.InvariantCulture, $"{argument.Length}:{argument} ");
        text.Append(CultureInfo.InvariantCulture, $"{request.Environment} {call.Umask} {call.HelmStamp} {call.HelmPath}\n");
        if (DirectoryMatters(call, line))
            text.Append(CultureInfo.InvariantCulture, $"{call.DirectoryDevice} {call.DirectoryInode} {call.Directory}");
        return text.ToString();
    }

    private static bool DirectoryMatters(Message.Render call, ParsedCommandLine line)
    {
        var variables = new Variables(call.Environment);
        if (variables.HasRelativePath)
            return true;
        foreach (string flag in (ReadOnlySpan<string>)["repository-cache", "repository-config", "registry-config", "content-cache"])
            if (Value(line, flag) is { } value && !value.StartsWith('/'))
                return true;
        // It may name certificates, by paths of any kind.
        string? repositories = variables.Startup(call.Directory, null, Value(line, "repository-config"))?.RepositoriesFile;
        if (repositories is null)
            return true;
        int error = Libc.ReadFile(Libc.PathBytes(repositories), MaxRepositoriesBytes, out ReadOnlySpan<byte> content);
        if (error != 0)
            return error != Libc.ENOENT;
        string rest = Encoding.UTF8.GetString(content);
        foreach (string nothing in (ReadOnlySpan<string>)["caFile: \"\"", "certFile: \"\"", "keyFile: \"\""])
            rest = rest.Replace(nothing, "", StringComparison.Ordinal);
        return rest.Contains("File", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// One thing into one place: a chart's name goes for the thing, since a version may be a range. Two of one name go one after the other
    /// even where both would be kept.
    /// </summary>
    private void AddDownloads()
    {
        string place = Value(_line, "destination") ?? ".";
        if (Value(_line, "untar") == "true")
            place = GoPath.Join(place, Value(_line, "untardir") ?? ".");
        bool readsIndex = false;
        foreach (string chart in _line.Positionals)
        {
            string name = chart.TrimEnd('/');
            Add(place, "/" + name[(name.LastIndexOf('/') + 1)..], exclusive: true);
            readsIndex |= Value(_line, "repo") is null && IsOfRepository(chart);
        }
        if (readsIndex)
            AddCache(exclusive: false);
    }

    private void AddCache(bool exclusive) => Add(Cache, "", exclusive);

    /// <param name="directory">As helm names it.</param>
    /// <param name="thing">What in it is meant, with a slash in front; empty for the directory itself.</param>
    /// <param name="exclusive">Whether nobody else may have it meanwhile.</param>
    private void Add(string directory, string thing, bool exclusive)
    {
        string path = GoPath.Clean(Under(directory));
        Add(new LockWish(new LockName(0, 0, path + "//" + thing), exclusive));
        if (Libc.Stat(path, follow: true, out FileStamp stamp) == 0)
            Add(new LockWish(new LockName(stamp.Device, stamp.Inode, thing), exclusive));
    }

    private void Add(LockWish wish)
    {
        if (!_wishes.Contains(wish))
            _wishes.Add(wish);
    }

    private string Under(string path) => GoPath.Under(_call.Directory, path);
}
