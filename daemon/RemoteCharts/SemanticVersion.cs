using System;
using System.Globalization;

namespace CacheDaemon.Daemon.RemoteCharts;

/// <summary>
/// A version as helm's library reads one (Masterminds/semver 3, <c>NewVersion</c>): minor and patch may be left out, a <c>v</c> may lead.
/// What follows a plus sign is checked and dropped, since it takes no part in any comparison.
/// </summary>
internal readonly record struct SemanticVersion(ulong Major, ulong Minor, ulong Patch, string Prerelease) : IComparable<SemanticVersion>
{
    /// <summary>Reads a version; false for what is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SemanticVersion version)
    {
        version = default;
        if (text.StartsWith("v"))
            text = text[1..];
        if (Cut(ref text, '+') is { } build && !AreIdentifiers(build, numbersArePlain: false))
            return false;
        string prerelease = Cut(ref text, '-') ?? "";
        if (prerelease.Length > 0 && !AreIdentifiers(prerelease, numbersArePlain: true))
            return false;
        Span<ulong> numbers = stackalloc ulong[3];
        int count = 0;
        foreach (Range part in text.Split('.'))
        {
            // Leading zeros are read over; signs and blanks are not.
            if (count == numbers.Length || !ulong.TryParse(text[part], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[count]))
                return false;
            count++;
        }
        version = new SemanticVersion(numbers[0], numbers[1], numbers[2], prerelease);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(SemanticVersion other)
    {
        int order = Major.CompareTo(other.Major);
        if (order == 0)
            order = Minor.CompareTo(other.Minor);
        if (order == 0)
            order = Patch.CompareTo(other.Patch);
        return order == 0 ? ComparePrereleases(Prerelease, other.Prerelease) : order;
    }

    /// <summary>Order of two pre-releases of one version; none is the latest (semver.org, rule 11).</summary>
    public static int ComparePrereleases(string left, string right)
    {
        if (left.Length == 0 || right.Length == 0)
            return right.Length - left.Length;
        string[] a = left.Split('.'),
            b = right.Split('.');
        for (int i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            bool isNumber = TryNumber(a[i], out ulong x),
                isOtherNumber = TryNumber(b[i], out ulong y);
            int order =
                isNumber && isOtherNumber ? x.CompareTo(y)
                : isNumber != isOtherNumber ? (isNumber ? -1 : 1)
                : string.CompareOrdinal(a[i], b[i]);
            if (order != 0)
                return order;
        }
        return a.Length - b.Length;
    }

    private static bool TryNumber(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    /// <summary>What follows the first <paramref name="mark"/>, which is cut off with it; null without one.</summary>
    private static string? Cut(ref ReadOnlySpan<char> text, char mark)
    {
        int at = text.IndexOf(mark);
        if (at < 0)
            return null;
        string rest = text[(at + 1)..].ToString();
        text = text[..at];
        return rest;
    }

    private static bool AreIdentifiers(string text, bool numbersArePlain)
    {
        foreach (string identifier in text.Split('.'))
        {
            if (identifier.Length == 0 || identifier.AsSpan().ContainsAnyExcept(VersionConstraint.IdentifierCharacters))
                return false;
            if (numbersArePlain && identifier.Length > 1 && identifier[0] == '0' && !identifier.AsSpan().ContainsAnyExceptInRange('0', '9'))
                return false;
        }
        return true;
    }
}
