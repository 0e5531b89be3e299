using System;
using System.Runtime.CompilerServices;
using System.Text;
using CacheDaemon.Daemon.Screening;

namespace CacheDaemon.Daemon.Charts;

/// <summary>The screen of whole charts, worked out once per loaded chart, for helms that have no armed copy.</summary>
internal sealed class ChartScreens
{
    private readonly ConditionalWeakTable<ChartTree, string> _known = [];

    /// <summary>What of a chart is more than plain templates, with file and line; empty when nothing is.</summary>
    public string FindObstacle(ChartTree tree) => _known.GetValue(tree, static tree => Screen(tree));

    private static string Screen(ChartTree tree)
    {
        if (tree.Opaque)
            return "a packed chart that cannot be opened";
        foreach (ChartFileFacts file in tree.Facts)
        {
            if (file.Obstacle is not { } obstacle)
                continue;
            string name = Encoding.UTF8.GetString(file.Name);
            if (IsTemplate(name))
                return $"{obstacle.What} at {name.TrimStart('!')}:{obstacle.Line}";
        }
        return "";
    }

    /// <summary>
    /// Names inside archives are <c>charts/x-1.0.tgz!x/templates/a.yaml</c>; the mark may also be part of an ordinary name.
    /// </summary>
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
