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
        var facts = new FactsBuilder(content);
        facts.AddText(0, content.Length);
        int disguise = TextScan.IndexOfDisguise(content, role == FileRole.Argument);
        if (disguise >= 0)
            facts.AddDoubtWithTpl(DoubtReason.DisguisedText, disguise);
        return facts.ToFacts();
    }
}
