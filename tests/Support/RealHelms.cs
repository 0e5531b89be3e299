using System;
using System.Collections.Generic;

namespace CacheDaemon.Tests.Support;

/// <summary>
/// The unmodified helm binaries that tests compare with: <c>HELMCACHED_TEST_HELM3</c>, <c>…4</c> and <c>…42</c>, or what
/// <c>eng/get-helm.sh</c> fetches. A test that needs one and cannot have it fails and says so: a suite that quietly
/// compared with nothing would be worth nothing.
/// </summary>
public static class RealHelms
{
    private static readonly Lazy<string> LazyHelm3 = new(() => Find("3", "3"));
    private static readonly Lazy<string> LazyHelm4 = new(() => Find("4", "4"));
    private static readonly Lazy<string> LazyHelm42 = new(() => Find("42", "4.2"));

    /// <summary>Path of helm 3.17.3.</summary>
    public static string Helm3 => LazyHelm3.Value;

    /// <summary>Path of helm 4.1.4.</summary>
    public static string Helm4 => LazyHelm4.Value;

    /// <summary>Path of helm 4.2.3.</summary>
    public static string Helm42 => LazyHelm42.Value;

    /// <summary>
    /// All of them, for theories: <c>[MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]</c>. Each is named by its
    /// major version, and 4.2 by 42.
    /// </summary>
    public static IEnumerable<object[]> Majors =>
        [
            [3],
            [4],
            [42],
        ];

    /// <summary>The same for loops and for theories with more parameters.</summary>
    public static IReadOnlyList<int> Numbers => [3, 4, 42];

    /// <summary>Paths of all of them.</summary>
    public static IEnumerable<string> All => [Helm3, Helm4, Helm42];

    /// <summary>Path of the helm called <paramref name="major"/> in <see cref="Majors"/>.</summary>
    public static string Of(int major) =>
        major switch
        {
            3 => Helm3,
            4 => Helm4,
            42 => Helm42,
            _ => throw new ArgumentOutOfRangeException(nameof(major)),
        };

    /// <summary>The major version of the helm called <paramref name="major"/>: 4 for 42.</summary>
    public static int MajorVersion(int major) => major > 9 ? major / 10 : major;

    private static string Find(string suffix, string argument) => FetchedFile.Get("HELMCACHED_TEST_HELM" + suffix, "get-helm.sh", argument);
}
