using System;

namespace CacheDaemon.Daemon.Screening;

/// <summary>Reads one file's bytes into <see cref="ScreenFacts"/> (design 6, helm-inputs 6). Pure, and never throws on any bytes.</summary>
internal static class FileScreen
{
    /// <summary>The facts of <paramref name="content"/> in the role <paramref name="role"/>.</summary>
    public static ScreenFacts Scan(ReadOnlySpan<byte> content, FileRole role)
    {
        if (role == FileRole.Template)
            return content.IndexOf("{{"u8) < 0 ? ScreenFacts.Empty : new TemplateReader(content).Read();
        // A packed subchart must be scanned entry by entry; one that reaches us whole was not opened.
        if (role == FileRole.Text && content.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return ScreenFacts.Opaque;
        var facts = new FactsBuilder(content);
        facts.AddText(0, content.Length);
        int disguise = Disguise.IndexIn(content, role == FileRole.Argument);
        if (disguise >= 0)
            facts.AddDoubtWithTpl(DoubtReason.DisguisedText, disguise);
        return facts.ToFacts();
    }
}
