using System;
using System.Globalization;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>Ages for people: <c>12s</c>, <c>4m12s</c>, <c>2h5m</c>, <c>3d1h</c>.</summary>
internal static class AgeText
{
    /// <summary>The two largest units.</summary>
    public static string Of(TimeSpan age) =>
        age < TimeSpan.FromMinutes(1) ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)age.TotalSeconds)}s")
        : age < TimeSpan.FromHours(1) ? string.Create(CultureInfo.InvariantCulture, $"{age.Minutes}m{age.Seconds}s")
        : age < TimeSpan.FromDays(1) ? string.Create(CultureInfo.InvariantCulture, $"{age.Hours}h{age.Minutes}m")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalDays}d{age.Hours}h");
}
