using System;
using System.Collections.Generic;
using System.Text;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Files;

namespace CacheDaemon.Daemon.Charts;

/// <summary>
/// Walks a chart directory as helm does (helm's <c>sympath.Walk</c> and <c>loader.LoadDir</c>,
/// checked against both helms by <c>ChartLoadingAgainstHelmTests</c>): names in byte order, links followed under their
/// own names, ignored directories not entered, ignored files not opened. Serves one walk. A step of it that answers null succeeded.
/// </summary>
internal sealed class ChartWalk
{
    private readonly ChartContents _contents;
    private readonly StampTrust _trust;
    private readonly ChartAssembly _assembly = new();
    private readonly WatchList _watched = new();
    private readonly PathResolver _links = new();
    private readonly int _rootLength;
    private byte[] _path = new byte[512];
    private int _length;
    private HelmIgnore _rules = HelmIgnore.Default;
    private int _names;
    private long _bytes;

    /// <param name="root">Absolute path of the chart, without a final NUL.</param>
    /// <param name="contents">Reads files.</param>
    /// <param name="trust">Judges stamps.</param>
    public ChartWalk(byte[] root, ChartContents contents, StampTrust trust)
    {
        _contents = contents;
        _trust = trust;
        Push(root.AsSpan().TrimEnd((byte)'/'), separate: false);
        _rootLength = _length;
    }

    /// <summary>The path as it stands, the last byte NUL.</summary>
    private ReadOnlySpan<byte> Path => _path.AsSpan(0, _length + 1);

    /// <summary>The path below the chart's root.</summary>
    private ReadOnlySpan<byte> Name => _path.AsSpan(_rootLength + 1, _length - _rootLength - 1);

    /// <summary>Walks, and says what helm would load.</summary>
    /// <param name="rootStamp">The root's stamp, a link to it followed.</param>
    public ChartLoad Run(FileStamp rootStamp)
    {
        _watched.AddRoot(Path, rootStamp, _trust.Covers(rootStamp, Path));
        if ((ReadRules() ?? WalkDirectory(rootStamp, depth: 0)) is { } declined)
            return declined;
        return new ChartLoad.Loaded(new ChartSnapshot(_assembly.ToTree("directory"u8, _assembly.Metadata, _watched, _bytes), _watched));
    }

    /// <summary>helm reads the rules before it walks, following a link, whether or not they ignore themselves.</summary>
    private ChartLoad.Declined? ReadRules()
    {
        int length = _length;
        Push(".helmignore"u8);
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                int error = Libc.Stat(Path, follow: true, out FileStamp stamp);
                // Of a dangling link helm thinks here that there are no rules; the walk then fails over it.
                if (error == Libc.ENOENT)
                    return null;
                if (error != 0)
                    return Decline(BypassReason.ChartUnreadable);
                if (stamp.Kind != FileKind.Regular)
                    return Decline(BypassReason.HelmIgnoreInvalid);
                if (stamp.Size > ChartLimits.MaxFileBytes)
                    return Decline(BypassReason.ChartTooLarge);
                byte[] content = new byte[stamp.Size + 1];
                error = Libc.ReadFile(Path, stamp, content);
                if (error == Libc.ESTALE && attempt < ChartLimits.MaxAttempts)
                    continue;
                if (error != 0)
                    return Decline(BypassReason.ChartUnreadable);
                Watch(WatchMode.Target, stamp);
                if (HelmIgnore.Parse(content.AsSpan(0, (int)stamp.Size), out string? problem) is not { } rules)
                    return Decline(BypassReason.HelmIgnoreInvalid, problem);
                _rules = rules;
                return null;
            }
        }
        finally
        {
            Pop(length);
        }
    }

    private ChartLoad.Declined? WalkDirectory(FileStamp stamp, int depth)
    {
        if (depth > ChartLimits.MaxDepth)
            return Decline(BypassReason.ChartTooLarge);
        var names = new List<byte[]>();
        int error = Libc.ReadDirectory(Path, stamp, names);
        if (error != 0)
            return Decline(BypassReason.ChartUnreadable);
        names.Sort(static (x, y) => x.AsSpan().SequenceCompareTo(y));
        int length = _length;
        foreach (byte[] name in names)
        {
            if (++_names > ChartLimits.MaxNames)
                return Decline(BypassReason.ChartTooLarge);
            Push(name);
            ChartLoad.Declined? declined = Visit(depth);
            Pop(length);
            if (declined is not null)
                return declined;
        }
        return null;
    }

    private ChartLoad.Declined? Visit(int depth)
    {
        int error = Libc.Stat(Path, follow: false, out FileStamp stamp);
        if (error != 0)
            return Decline(ChartLoader.ReasonOf(error, BypassReason.ChartUnreadable));
        if (stamp.Kind == FileKind.SymbolicLink)
            return VisitLink(stamp, depth);
        if (_rules.Ignores(Name, stamp.Kind == FileKind.Directory))
            return null;
        if (stamp.Kind == FileKind.Directory)
        {
            Watch(WatchMode.Itself, stamp);
            return WalkDirectory(stamp, depth + 1);
        }
        return ReadFile(stamp, WatchMode.Itself, []);
    }

    /// <summary>helm resolves and mentions every link before it asks the rules, so even an ignored one has to lead somewhere.</summary>
    private ChartLoad.Declined? VisitLink(FileStamp link, int depth)
    {
        PathOutcome way = _links.Resolve(_path.AsSpan(0, _length), out ReadOnlySpan<byte> resolved);
        if (way != PathOutcome.Resolved)
            return Decline(way == PathOutcome.OfProcess ? BypassReason.ChartSpecialFile : BypassReason.ChartSymlinkBroken);
        int error = Libc.Stat(Path, follow: true, out FileStamp target);
        if (error != 0)
            return Decline(ChartLoader.ReasonOf(error, BypassReason.ChartSymlinkBroken));
        if (Libc.ReadLink(Path, out byte[] text) != 0)
            return Decline(BypassReason.ChartSymlinkBroken);
        Watch(WatchMode.Itself, link);
        _watched.AddLink(_path.AsSpan(0, _length).ToArray(), resolved.ToArray());
        if (_rules.Ignores(Name, target.Kind == FileKind.Directory))
        {
            _assembly.AddLink(Name.ToArray(), ChartFileKind.IgnoredLink, text);
            _watched.Add(Path, WatchMode.TargetIdentity, target, trusted: true);
            return null;
        }
        if (target.Kind != FileKind.Directory)
            return ReadFile(target, WatchMode.Target, text);
        _assembly.AddLink(Name.ToArray(), ChartFileKind.LinkToDirectory, text);
        Watch(WatchMode.Target, target);
        return WalkDirectory(target, depth + 1);
    }

    private ChartLoad.Declined? ReadFile(FileStamp stamp, WatchMode mode, byte[] linkText)
    {
        ChartFileRole role = ChartFileRoles.Of(Name, out _);
        for (int attempt = 1; ; attempt++)
        {
            if (stamp.Kind != FileKind.Regular)
                return Decline(BypassReason.ChartSpecialFile);
            if (stamp.Size > ChartLimits.MaxFileBytes)
                return Decline(BypassReason.ChartTooLarge);
            bool trusted = _trust.Covers(stamp, Path);
            int error = _contents.Read(Path, stamp, trusted, role, out ChartContent? content);
            if (error == Libc.ESTALE && attempt < ChartLimits.MaxAttempts && Libc.Stat(Path, mode == WatchMode.Target, out stamp) == 0)
                continue;
            if (error != 0)
                return Decline(BypassReason.ChartUnreadable);
            _bytes += stamp.Size;
            if (_bytes > ChartLimits.MaxTotalBytes)
                return Decline(BypassReason.ChartTooLarge);
            _watched.Add(Path, mode, stamp, trusted);
            ChartFileKind kind = mode == WatchMode.Target ? ChartFileKind.LinkToFile : ChartFileKind.File;
            byte[] name = Name.ToArray();
            _assembly.Add(name, name, kind, content!, linkText);
            return null;
        }
    }

    private void Watch(WatchMode mode, FileStamp stamp) => _watched.Add(Path, mode, stamp, _trust.Covers(stamp, Path));

    private ChartLoad.Declined Decline(BypassReason reason, string? problem = null)
    {
        string name = _length > _rootLength ? Encoding.UTF8.GetString(Name) : "the chart";
        return new ChartLoad.Declined(reason, problem is null ? name : $"{name}: {problem}");
    }

    private void Push(ReadOnlySpan<byte> component, bool separate = true)
    {
        int needed = _length + component.Length + 2;
        if (needed > _path.Length)
            Array.Resize(ref _path, Math.Max(needed, _path.Length * 2));
        if (separate)
            _path[_length++] = (byte)'/';
        component.CopyTo(_path.AsSpan(_length));
        _length += component.Length;
        _path[_length] = 0;
    }

    private void Pop(int length)
    {
        _length = length;
        _path[length] = 0;
    }
}
