using System;
using System.Globalization;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>Floating numbers as Go writes them: the fewest digits that tell the number from all others.</summary>
internal static class GoNumber
{
    /// <summary>As <c>encoding/json</c> writes it, and so kubectl: with an exponent below 1e-6 and from 1e21 on.</summary>
    public static string Json(double number) =>
        Write(number.ToString("R", CultureInfo.InvariantCulture), lowest: -6, highest: 20, exponentDigits: 1);

    /// <summary>As <c>%v</c> writes it: with an exponent below 1e-4 and from 1e6 on.</summary>
    public static string Print(double number) =>
        Write(number.ToString("R", CultureInfo.InvariantCulture), lowest: -4, highest: 5, exponentDigits: 2);

    /// <summary>As sigs.k8s.io/yaml writes a key that is a number: <c>FormatFloat(key, 'g', -1, 32)</c>.</summary>
    public static string Key(double number) =>
        Write(((float)number).ToString("R", CultureInfo.InvariantCulture), lowest: -4, highest: 5, exponentDigits: 2);

    /// <param name="text">Shortest digits, in any of .NET's forms: <c>-12.5</c>, <c>1E+21</c>, <c>1.5E-07</c>.</param>
    /// <param name="lowest">The lowest power of ten of the first digit that is written without an exponent.</param>
    /// <param name="highest">The highest one.</param>
    /// <param name="exponentDigits">Digits of an exponent, at least.</param>
    private static string Write(string text, int lowest, int highest, int exponentDigits)
    {
        string sign = text.StartsWith('-') ? "-" : "";
        string[] parts = text[sign.Length..].Split('E');
        int point = parts[0].IndexOf('.', StringComparison.Ordinal);
        string all = parts[0].Replace(".", "", StringComparison.Ordinal);
        string digits = all.TrimStart('0');
        // The power of ten of the first digit.
        int power =
            (point < 0 ? all.Length : point)
            - 1
            - (all.Length - digits.Length)
            + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        digits = digits.TrimEnd('0');
        if (digits.Length == 0)
            return sign + "0";
        if (power < lowest || power > highest)
        {
            string exponent = Math.Abs(power).ToString(CultureInfo.InvariantCulture).PadLeft(exponentDigits, '0');
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(power < 0 ? '-' : '+')}{exponent}";
        }
        if (power < 0)
            return sign + "0." + new string('0', -power - 1) + digits;
        return digits.Length <= power + 1
            ? sign + digits.PadRight(power + 1, '0')
            : $"{sign}{digits[..(power + 1)]}.{digits[(power + 1)..]}";
    }
}
