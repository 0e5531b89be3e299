using System;
using System.Text;

namespace CacheDaemon.Client.Protocol;

/// <summary>Spells reasons the way people and JSON see them: <c>RemoteChart</c> becomes <c>remote-chart</c>.</summary>
public static class ReasonText
{
    /// <summary>The kebab-case name of <paramref name="reason"/>; a number when this build does not know it.</summary>
    public static string Of(BypassReason reason) => Kebab(Enum.IsDefined(reason) ? reason.ToString() : ((int)reason).ToString());

    /// <inheritdoc cref="Of(BypassReason)"/>
    public static string Of(RefuseReason reason) => Kebab(Enum.IsDefined(reason) ? reason.ToString() : ((int)reason).ToString());

    private static string Kebab(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (char c in name)
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0)
                text.Append('-');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }
}
