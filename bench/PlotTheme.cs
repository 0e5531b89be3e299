using System.Collections.Generic;
using OxyPlot;

namespace CacheDaemon.Bench;

/// <summary>
/// Colours that can be read on one of GitHub's backgrounds, and that people who do not see red and green alike can tell apart.
/// </summary>
/// <param name="Suffix">Added to a picture's name.</param>
/// <param name="Background">The page.</param>
/// <param name="Text">Titles and labels.</param>
/// <param name="Grid">Lines behind the data.</param>
/// <param name="Ours">A hit.</param>
/// <param name="Helm">Real helm.</param>
/// <param name="Other">The floor, or the daemon's start.</param>
internal sealed record PlotTheme(
    string Suffix,
    OxyColor Background,
    OxyColor Text,
    OxyColor Grid,
    OxyColor Ours,
    OxyColor Helm,
    OxyColor Other
)
{
    /// <summary>For a light page, and for a dark one.</summary>
    public static IReadOnlyList<PlotTheme> All { get; } =
    [
        new("", Parse("#ffffff"), Parse("#1f2328"), Parse("#d1d9e0"), Parse("#0969da"), Parse("#bc4c00"), Parse("#1a7f37")),
        new("-dark", Parse("#0d1117"), Parse("#e6edf3"), Parse("#30363d"), Parse("#58a6ff"), Parse("#f0883e"), Parse("#3fb950")),
    ];

    /// <summary>The colour of a contender, the same in every picture.</summary>
    public OxyColor Of(string who) =>
        who switch
        {
            "helmcached" or "hit" => Ours,
            "helm" => Helm,
            _ => Other,
        };

    /// <summary>An empty plot.</summary>
    public PlotModel Plot(string title, string subtitle) =>
        new()
        {
            Title = title,
            Subtitle = subtitle,
            DefaultFont = "sans-serif",
            // The measure of a text is that of another font: room for a wider one.
            Padding = new OxyThickness(12, 24, 12, 12),
            TitleHorizontalAlignment = TitleHorizontalAlignment.CenteredWithinView,
            TitleFontSize = 15,
            SubtitleFontSize = 10,
            TextColor = Text,
            TitleColor = Text,
            SubtitleColor = Text,
            Background = Background,
            PlotAreaBorderColor = Grid,
            PlotAreaBorderThickness = new OxyThickness(1, 0, 0, 1),
        };

    private static OxyColor Parse(string colour) => OxyColor.Parse(colour);
}
