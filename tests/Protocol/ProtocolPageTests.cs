using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Protocol;

public sealed class ProtocolPageTests
{
    [Fact]
    public void The_page_shows_every_message_in_the_hex_that_we_send()
    {
        Dictionary<string, string> shown = Examples(File.ReadAllLines(Path.Combine(Repository.Root, "docs", "protocol.md")));
        Assert.Equal(MessageExamples.All.Keys.Order(), shown.Keys.Order());
        foreach ((string name, Message message) in MessageExamples.All)
            Assert.Equal((name, Convert.ToHexStringLower(MessageCodec.Encode(message))), (name, shown[name]));
    }

    [Fact]
    public void The_page_names_every_reason_with_its_number()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "protocol.md")).ReplaceLineEndings(" ");
        foreach (BypassReason reason in Enum.GetValues<BypassReason>().Where(r => r != BypassReason.None))
            Assert.Contains($"{(int)reason} `{ReasonText.Of(reason)}`", page, StringComparison.Ordinal);
        foreach (RefuseReason reason in Enum.GetValues<RefuseReason>().Where(r => r != RefuseReason.None))
            Assert.Contains($"{(int)reason} `{ReasonText.Of(reason)}`", page, StringComparison.Ordinal);
    }

    /// <summary>Blocks that open with "```hex Name": the name and the digits.</summary>
    private static Dictionary<string, string> Examples(string[] lines)
    {
        var examples = new Dictionary<string, string>();
        for (int i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```hex ", StringComparison.Ordinal))
                continue;
            string name = lines[i]["```hex ".Length..];
            string digits = "";
            for (i++; lines[i] != "```"; i++)
                digits += lines[i].Replace(" ", "", StringComparison.Ordinal);
            examples.Add(name, digits);
        }
        return examples;
    }
}
