using System;
using System.IO;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CacheDaemon.Daemon.Charts;

/// <summary>Reads a Chart.yaml tolerantly: what it cannot read is empty, and helm is the one to complain.</summary>
internal static class ChartTreeMetadata
{
    /// <summary>Name, version and API version at the top of the first document; one given twice counts as unknown.</summary>
    public static ChartMetadata Read(ReadOnlySpan<byte> content)
    {
        string? name = null, version = null, apiVersion = null;
        try
        {
            var parser = new Parser(new StringReader(Encoding.UTF8.GetString(content).TrimStart('\uFEFF')));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _) || !parser.TryConsume<MappingStart>(out _))
                return ChartMetadata.Unknown;
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                if (!parser.TryConsume<Scalar>(out Scalar? key))
                {
                    parser.SkipThisAndNestedEvents();
                    parser.SkipThisAndNestedEvents();
                }
                else if (!parser.TryConsume<Scalar>(out Scalar? value))
                    parser.SkipThisAndNestedEvents();
                else if (key.Value == "name")
                    name = name is null ? value.Value : "";
                else if (key.Value == "version")
                    version = version is null ? value.Value : "";
                else if (key.Value == "apiVersion")
                    apiVersion = apiVersion is null ? value.Value : "";
            }
        }
        catch (YamlException)
        {
            return ChartMetadata.Unknown;
        }
        return new ChartMetadata(name ?? "", version ?? "", apiVersion ?? "");
    }
}
