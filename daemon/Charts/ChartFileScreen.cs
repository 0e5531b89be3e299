using System;
using System.Runtime.CompilerServices;
using System.Text;
using CacheDaemon.Daemon.Screening;

namespace CacheDaemon.Daemon.Charts;

/// <summary>What one content of a chart would say as a template; the same bytes may stand below templates/ here and elsewhere there.</summary>
/// <param name="Obstacle">What keeps it from being a plain one; null when nothing does.</param>
internal sealed record ChartFileScreen(Obstacle? Obstacle)
{
    private static readonly ChartFileScreen s_plain = new((Obstacle?)null);

    /// <summary>Reads one content.</summary>
    public static ChartFileScreen Of(ReadOnlySpan<byte> content) =>
        PlainTemplate.FindObstacle(content) is { } obstacle ? new ChartFileScreen(obstacle) : s_plain;
}

/// <summary>The screen of whole charts, worked out once per loaded chart, for helms that have no armed copy.</summary>
internal sealed class ChartScreens
{
    private readonly ConditionalWeakTable<ChartTree<ChartFileScreen>, string> _known = [];

    /// <summary>What of a chart is more than plain templates, with file and line; empty when nothing is.</summary>
    public string FindObstacle(ChartTree<ChartFileScreen> tree) => _known.GetValue(tree, static tree => Screen(tree));

    private static string Screen(ChartTree<ChartFileScreen> tree)
    {
        if (tree.Opaque)
            return "a packed chart that cannot be opened";
        foreach (ChartFileFacts<ChartFileScreen> file in tree.Facts)
        {
            if (file.Facts.Obstacle is not { } obstacle)
                continue;
            string name = Encoding.UTF8.GetString(file.Name);
            if (IsTemplate(name))
                return $"{obstacle.What} at {name.TrimStart('!')}:{obstacle.Line}";
        }
        return "";
    }

    /// <summary>Names inside archives are <c>charts/x-1.0.tgz!x/templates/a.yaml</c>; the mark may also be part of an ordinary name.</summary>
    private static bool IsTemplate(string name)
    {
        if (FileRoles.IsTemplate(name))
            return true;
        for (int mark = name.IndexOf('!'); mark >= 0; mark = name.IndexOf('!', mark + 1))
        {
            int root = name.IndexOf('/', mark);
            if (root >= 0 && FileRoles.IsTemplate(name.AsSpan(root + 1)))
                return true;
        }
        return false;
    }
}
