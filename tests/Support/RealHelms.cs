using System;
using System.Collections.Generic;

namespace CacheDaemon.Tests.Support;

/// <summary>
/// The unmodified helm binaries that tests compare with: <c>HELMCACHED_TEST_HELM3</c> and <c>HELMCACHED_TEST_HELM4</c>, or
/// what <c>eng/get-helm.sh</c> fetches. A test that needs one and cannot have it fails and says so: a suite that quietly
/// compared with nothing would be worth nothing.
/// </summary>
public static class RealHelms
{
    private static readonly Lazy<string> LazyHelm3 = new(() => Find("3"));
    private static readonly Lazy<string> LazyHelm4 = new(() => Find("4"));

    /// <summary>Path of helm 3.17.3.</summary>
    public static string Helm3 => LazyHelm3.Value;

    /// <summary>Path of helm 4.1.4.</summary>
    public static string Helm4 => LazyHelm4.Value;

    /// <summary>The major versions, for theories: <c>[MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]</c>.</summary>
    public static IEnumerable<object[]> Majors => [[3], [4]];

    /// <summary>All of them.</summary>
    public static IEnumerable<string> All => [Helm3, Helm4];

    /// <summary>Path of the helm with major version <paramref name="major"/>.</summary>
    public static string Of(int major) => major switch
    {
        3 => Helm3,
        4 => Helm4,
        _ => throw new ArgumentOutOfRangeException(nameof(major)),
    };

    private static string Find(string major) => FetchedFile.Get("HELMCACHED_TEST_HELM" + major, "get-helm.sh", major);
}
