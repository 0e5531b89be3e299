using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Invocations;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>
/// From a call to its key: parses the command line, reads every input by content, and leaves out everything that cannot
/// influence the output. <c>docs/key.md</c> lists both. Thread-safe.
/// </summary>
internal sealed class Fingerprinter
{
    /// <summary>
    /// Version of the recipe. Bump it with any change to what enters the key or in which form, and add a golden vector:
    /// entries of the old recipe are then never found again.
    /// </summary>
    public const int RecipeVersion = 3;

    /// <summary>
    /// The major version of helm from which on what <c>--debug</c> says has no time of day in it (seen on 4.1.4 and 4.2.3).
    /// </summary>
    private const int FirstWithoutClock = 4;

    /// <summary>Charts with more files keep only the tree's digest beside their entries, not each file's.</summary>
    private const int MaxNotedFiles = 2_000;

    private readonly TimeProvider _time;
    private readonly HelmBinaries _helms;
    private readonly ChartExclusions _exclusions;
    private readonly ChartScreens _screens = new();
    private readonly RepositoryCharts _repositories = new();
    private readonly MountTable _mounts;
    private readonly RemotePolicy _remote;
    private volatile Knowledge _knowledge;

    /// <param name="time">The clock that decides which stamps are trusted.</param>
    /// <param name="helms">The helm binaries met so far.</param>
    /// <param name="exclusions">Charts that are never cached; null for none.</param>
    /// <param name="mounts">Says until when stamps tell files apart; null for what this kernel needs.</param>
    /// <param name="remote">What the user allows for charts that helm downloads each time; null for nothing.</param>
    public Fingerprinter(
        TimeProvider time,
        HelmBinaries helms,
        ChartExclusions? exclusions = null,
        MountTable? mounts = null,
        RemotePolicy? remote = null
    )
    {
        _remote = remote ?? RemotePolicy.None;
        _mounts = mounts ?? new MountTable(Libc.HasUniqueMountIds);
        _exclusions = exclusions ?? ChartExclusions.None;
        _time = time;
        _helms = helms;
        _knowledge = new Knowledge(time, _mounts.Generation());
    }

    /// <summary>
    /// The request that these bytes were and its fingerprint, when it was asked before and nothing that it depends on has changed
    /// since: what <see cref="Compute(Message.Render)"/> would say, for the price of the stats. Null: decode and compute.
    /// </summary>
    public KnownRequest? FindKnown(in ReadOnlySequence<byte> message) => Known().Requests.Find(message);

    /// <summary>Whether <see cref="FindKnown"/> is worth a try: touches no file.</summary>
    public bool IsKnown(ReadOnlySpan<byte> message) => _knowledge.Requests.Contains(message);

    /// <summary>Keeps a request that was answered from the store, for <see cref="FindKnown"/>.</summary>
    public void Remember(in ReadOnlySequence<byte> message, Message.Render request, FingerprintOutcome.Known outcome)
    {
        Knowledge knowledge = _knowledge;
        if (outcome.Fingerprint.MountGeneration == knowledge.Generation)
            knowledge.Requests.Add(message, new KnownRequest(request, outcome));
    }

    /// <summary>Names all inputs of a call as they are now.</summary>
    public FingerprintOutcome Compute(Message.Render request)
    {
        switch (
            InvocationParser.Parse(
                request.Arguments,
                request.Directory,
                request.Environment,
                request.Stdin is not null,
                request.Descriptors
            )
        )
        {
            case InvocationResult.Bypassed bypassed:
                return new FingerprintOutcome.Declined(bypassed.Reason, bypassed.Detail);
            case InvocationResult.Served served:
                try
                {
                    return WithTrueReason(Compute(request, served.Invocation));
                }
                catch (InputException e)
                {
                    return WithTrueReason(new FingerprintOutcome.Declined(e.Reason, e.Message));
                }
            default:
                throw new InvalidOperationException("The parser gave neither an invocation nor a bypass.");
        }
    }

    /// <summary>What could not be read for want of a descriptor is neither missing nor wrong.</summary>
    private static FingerprintOutcome WithTrueReason(FingerprintOutcome outcome) =>
        outcome is FingerprintOutcome.Declined && Libc.IsOutOfDescriptors
            ? new FingerprintOutcome.Declined(BypassReason.TooFewDescriptors, $"{Libc.MaxDescriptors} at most")
            : outcome;

    private FingerprintOutcome Compute(Message.Render request, Invocation invocation)
    {
        if (invocation.WritesFiles && !request.Flags.HasFlag(RenderFlags.TakesTree))
            return new FingerprintOutcome.Declined(BypassReason.OutputDirectory, OutputDirectory.Flag);
        foreach (ChartPlace place in invocation.Charts)
            if (_exclusions.FindByPath(place.Path) is { } excluded)
                return new FingerprintOutcome.Declined(BypassReason.ConfiguredBypass, excluded);
        Knowledge knowledge = Known();
        var inputs = new InputReader(knowledge.Inputs, _time.NowNs()) { MountGeneration = knowledge.Generation };
        if (
            !CallerDirectory.IsSeen(request, out FileStamp here)
            || Libc.Stat(request.Directory, follow: true, out FileStamp directory) != 0
            || directory.Device != here.Device
            || directory.Inode != here.Inode
        )
            return new FingerprintOutcome.Declined(BypassReason.DirectoryMismatch, "");
        if (_helms.Find(request.HelmPath, request.HelmStamp, _time.NowNs(), out FileStamp helmStamp) is not { IsHelm: true } helm)
            return new FingerprintOutcome.Declined(BypassReason.HelmNotABinary, "");
        if (invocation.Debugs && helm.Major < FirstWithoutClock)
            return new FingerprintOutcome.Declined(BypassReason.DebugOutput, "debug");
        inputs.WatchIdentity(request.Directory, directory);
        inputs.WatchFile(request.HelmPath, helmStamp);

        foreach (ChartPlace place in invocation.Charts)
        foreach (string alias in place.Aliases)
            if (!IsSameFile(alias, place.Path, inputs))
                return new FingerprintOutcome.Declined(BypassReason.DirectoryMismatch, "");
        ReadCharts read = Located(invocation, ReadCharts.Of(invocation, inputs), helm, inputs);
        var charts = new List<ChartSnapshot>(read.Places.Count);
        foreach (ChartPlace place in read.Places)
        {
            if (_exclusions.FindByPath(place.Path) is { } excludedPath)
                return new FingerprintOutcome.Declined(BypassReason.ConfiguredBypass, excludedPath);
            switch (knowledge.Charts.Get(Encoding.UTF8.GetBytes(place.Path)))
            {
                case ChartLoad.Declined declined:
                    return new FingerprintOutcome.Declined(declined.Reason, declined.What);
                case ChartLoad.Loaded loaded when _exclusions.FindByName(loaded.Tree.Metadata.Name) is { } excluded:
                    return new FingerprintOutcome.Declined(BypassReason.ConfiguredBypass, excluded);
                case ChartLoad.Loaded loaded:
                    charts.Add(loaded.Snapshot);
                    break;
            }
        }
        return Compute(request, invocation, helm, read, charts, inputs);
    }

    /// <summary>
    /// The charts as they are, but for one that is named by its repository and by no file or directory: the archive that stands for it.
    /// </summary>
    private ReadCharts Located(Invocation invocation, ReadCharts read, HelmBinary helm, InputReader inputs)
    {
        // A local path wins, so that none is there is an input.
        if (invocation.Network is { } network)
            return read with { Freshness = OfNetwork(network, helm, inputs) };
        if (invocation.Reference is not { } reference || IsThere(read.Places[0].Path, inputs))
            return read;
        Freshness? freshness = _remote.Of(isDigest: false);
        RepositoryChart chart = _repositories.Find(
            reference,
            invocation.Startup.RepositoriesFile,
            helm.Major,
            inputs,
            freshness is not null
        );
        return chart.ArchivePath is { } path
            ? read with
            {
                Places = [read.Places[0] with { Path = path }],
                Remote = chart,
            }
            : read with
            {
                Places = [],
                Remote = chart,
                Freshness = freshness,
            };
    }

    /// <summary>Whether something local is called so. Where that cannot be told, as behind a link of /proc, the call is helm's.</summary>
    private static bool IsThere(string path, InputReader inputs)
    {
        try
        {
            return inputs.IsFound(path);
        }
        catch (InputException e) when (e.Reason == BypassReason.ValuesThroughProc)
        {
            throw new InputException(BypassReason.ChartSpecialFile, "the chart");
        }
    }

    /// <summary>How long the answer for a chart that helm downloads may be given again.</summary>
    private Freshness OfNetwork(NetworkReference network, HelmBinary helm, InputReader inputs)
    {
        // A local path of that name wins; with --repo in helm 3 alone.
        bool mayBeLocal = network.Repository.Length == 0 || helm.Major < FirstWithoutClock;
        if (_remote.Of(network.IsDigest) is not { } freshness || (mayBeLocal && IsThere(network.Path, inputs)))
            throw new InputException(BypassReason.RemoteChart, "");
        return _exclusions.FindByName(network.Name) is { } excluded
            ? throw new InputException(BypassReason.ConfiguredBypass, excluded)
            : freshness;
    }

    private FingerprintOutcome.Known Compute(
        Message.Render request,
        Invocation invocation,
        HelmBinary helm,
        ReadCharts read,
        List<ChartSnapshot> charts,
        InputReader inputs
    )
    {
        var material = new KeyMaterial();
        material.Add("recipe", "", "helmcached key " + RecipeVersion);
        material.Add("helm", "binary", helm.Digest);
        AddInvocation(material, invocation, inputs, request, name => _helms.MayAskFor(name, helm, request.HelmPath, request.HelmStamp));
        CallerState.RequireSettledHome(invocation.Namespace, inputs);
        if (invocation.Command.Reads.HasFlag(CommandReads.Namespace))
            material.Add("namespace", "", CallerState.Namespace(invocation.Namespace, inputs));
        CallerState.AddKubeconfigModes(material, invocation.Namespace, inputs);
        CallerState.AddStartup(material, invocation.Startup, inputs);
        if (invocation.Command.Reads.HasFlag(CommandReads.Templates))
            CallerState.AddTimeZone(material, invocation.TimeZone, invocation.GoRoot, invocation.Directory, inputs);
        for (int i = 0; i < charts.Count; i++)
            AddChart(material, charts[i].Tree, read.Places[i], invocation.Command);
        foreach (DirectRead direct in read.Direct)
            material.Add("direct", direct.Label, direct.Value);
        if (read.Remote is { } remote)
            AddRemote(material, remote, invocation.Charts[0]);
        if (read.Freshness is not null)
            AddNetwork(material, invocation, inputs);

        // What varies and was kept on one caller's wish is found by those alone who wish the same.
        if (request.Flags.HasFlag(RenderFlags.Freeze))
            material.Add("policy", "impure", "freeze");
        return new FingerprintOutcome.Known(
            new Fingerprint(
                invocation.Command,
                material,
                key => PathKey(key, invocation, read, charts),
                charts,
                inputs,
                helm.Digest,
                _screens
            )
            {
                WritesFiles = invocation.WritesFiles,
                Freshness = read.Freshness,
                IsOfRepository = read.Remote is not null,
                NameOfRemote = invocation.Network?.Name ?? invocation.Reference?.Chart ?? "",
                SchemaRefersOutside =
                    read.SchemaRefersOutside
                    || (
                        invocation.Command.Reads.HasFlag(CommandReads.Templates)
                        && charts.Any(static chart => chart.Tree.SchemaReferencesOutside)
                        && !invocation.SkipSchemaValidation
                    ),
            }
        );
    }

    private static void AddChart(KeyMaterial material, ChartTree tree, ChartPlace place, HelmCommand command)
    {
        if (command.ShowsChartPath)
        {
            material.Add("path", "chart", place.Path);
            material.Add("path", "chart as typed", place.Typed);
        }
        material.Add("chart", "tree", tree.Digest);
        if (tree.Files.Count <= MaxNotedFiles)
            foreach (ChartFile file in tree.Files)
                material.Note("chart " + Encoding.UTF8.GetString(file.Name), file.Content);
    }

    private static void AddRemote(KeyMaterial material, RepositoryChart chart, ChartPlace place)
    {
        material.Add("remote", "reference", place.Typed);
        material.Add("remote", "index", chart.Index);
        foreach ((string name, Digest content) in chart.Others)
            material.Add("remote", "archive " + name, content);
    }

    /// <summary>
    /// What is downloaded depends on who asks: on the logins as they stand there, where a local chart only needs them to be valid.
    /// </summary>
    private static void AddNetwork(KeyMaterial material, Invocation invocation, InputReader inputs)
    {
        material.Add("network", "reference", invocation.Network?.Typed ?? "");
        material.Add("network", "repository", invocation.Network?.Repository ?? "");
        CallerState.AddLogins(material, invocation.Startup, inputs);
    }

    private static void AddInvocation(
        KeyMaterial material,
        Invocation invocation,
        InputReader inputs,
        Message.Render request,
        Func<string, bool> mayAskFor
    )
    {
        material.Add("command", "", invocation.Command.Name);
        if (invocation.WritesFiles)
            material.Add("output", "", "files");
        material.Add("release", "", invocation.ReleaseName);
        foreach (KeyOption option in invocation.Options)
            // Builds set variables of their own (HELM_BUILD_ID), of which helm knows nothing.
            if (option.Label[0] != '$' || mayAskFor(option.Label[1..]))
                material.Add("option", option.Label, option.Value);
        for (int i = 0; i < invocation.Values.Count; i++)
            material.Add("values", $"[{i + 1}]", Content(invocation.Values[i], inputs, request));
        foreach (SetFile file in invocation.SetFiles)
            material.Add("set-file", file.Key, Content(file.Source, inputs, request));
    }

    private static Digest Content(InputFile file, InputReader inputs, Message.Render request)
    {
        switch (file.Kind)
        {
            case InputKind.SpentStdin:
                return Digest.Of([]);
            case InputKind.Stdin:
                ReadOnlySpan<byte> content = request.Stdin is { } some
                    ? some.Span
                    : throw new InputException(BypassReason.ValuesMissing, "-");
                return Digest.Of(content);
            case InputKind.Descriptor:
                return Digest.Of(request.Descriptors.First(d => d.Number == file.Descriptor).Content.Span);
            default:
                InputFacts facts = inputs.Facts(file.Path) ?? throw new InputException(BypassReason.ValuesMissing, "");
                return facts.Digest;
        }
    }

    /// <summary>
    /// The second key: the first, and every path of the caller's machine that helm may print : of the chart and
    /// what its links resolve to, of the values as typed, of the working directory and of the start-up files.
    /// </summary>
    private static CacheKey PathKey(CacheKey key, Invocation invocation, ReadCharts read, List<ChartSnapshot> charts)
    {
        using var material = new KeyMaterial();
        material.Add("recipe", "", "helmcached path key " + RecipeVersion);
        material.Add("first key", "", key.Value);
        for (int i = 0; i < charts.Count; i++)
        {
            material.Add("path", "chart", read.Places[i].Path);
            material.Add("path", "chart as typed", read.Places[i].Typed);
            material.Add("path", "links", charts[i].Tree.LinkTargets);
        }
        if (read.Remote is { } remote)
            material.Add("path", "index", remote.IndexPath);
        if (invocation.Network is { } network)
            material.Add("path", "chart as typed", network.Typed);
        material.Add("path", "directory", invocation.Directory);
        material.Add("path", "PWD", invocation.LogicalDirectory ?? "");
        foreach (InputFile file in invocation.Values)
            material.Add("path", "values", file.Typed);
        foreach (SetFile file in invocation.SetFiles)
            material.Add("path", "set-file", file.Source.Typed);
        foreach (string home in invocation.Startup.Homes)
            material.Add("path", "home", home);
        foreach (string directory in invocation.Startup.PluginDirectories)
            material.Add("path", "plugins", directory);
        foreach (string path in invocation.Namespace.KubeconfigPaths)
            material.Add("path", "kubeconfig", path);
        material.Add("path", "repositories", invocation.Startup.RepositoriesFile ?? "");
        material.Add("path", "registry", invocation.Startup.RegistryConfig);
        material.Add("path", "docker", invocation.Startup.DockerConfig);
        return material.ToKey();
    }

    private static bool IsSameFile(string left, string right, InputReader inputs)
    {
        if (inputs.Stat(left) is not { } a || inputs.Stat(right) is not { } b || !a.IsSamePlaceAs(b))
            return false;
        inputs.WatchIdentity(left, a);
        inputs.WatchIdentity(right, b);
        return true;
    }

    /// <summary>What is known now; nothing, after a change of the mounts that stamps do not show.</summary>
    private Knowledge Known()
    {
        long generation = _mounts.Generation();
        Knowledge knowledge = _knowledge;
        return knowledge.Generation == generation ? knowledge : _knowledge = new Knowledge(_time, generation);
    }
}
