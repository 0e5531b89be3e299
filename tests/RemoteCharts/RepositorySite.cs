using System.IO;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.RemoteCharts;

/// <summary>
/// A call site with a helm 4, the repository <c>shop</c>, and two of three versions of its chart <c>web</c> in the content cache.
/// </summary>
internal static class RepositorySite
{
    public const string IndexPath = "home/.cache/helm/repository/shop-index.yaml";

    public const string Index = """
        apiVersion: v1
        entries:
          web:
          - {name: web, version: 1.1.0, urls: [web.tgz], digest: aa00000000000000000000000000000000000000000000000000000000000001}
          - {name: web, version: 1.0.0, urls: [web.tgz], digest: aa00000000000000000000000000000000000000000000000000000000000002}
          - {name: web, version: 0.1.0, urls: [web.tgz], digest: aa00000000000000000000000000000000000000000000000000000000000003}
          other:
          - {name: other, version: 1.0.0, urls: [other.tgz]}
        """;

    public const string Repositories = "apiVersion: \"\"\nrepositories:\n- name: shop\n  url: https://charts.example.org\n";

    public static void Arrange(CallSite site)
    {
        site.Helm = site.Write("bin/helm", CallSite.HelmContent.Replace("helm/v3", "helm/v4", System.StringComparison.Ordinal));
        site.Write("home/.config/helm/repositories.yaml", Repositories);
        site.Write(IndexPath, Index);
        WriteArchive(site, 1, "1.1.0");
        WriteArchive(site, 2, "1.0.0");
    }

    /// <summary>Puts the archive that is number <paramref name="number"/> in the index into the content cache.</summary>
    public static void WriteArchive(CallSite site, int number, string version)
    {
        string path = PathOf(site, number);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, Chart("web").WithVersion(version).Packed());
    }

    public static string PathOf(CallSite site, int number) => site.At("home", ".cache", "helm", "content", "aa", $"aa{number:d62}.chart");
}
