using System;

namespace CacheDaemon.Tests.Support;

/// <summary>Where the real helms are that conformance tests run against.</summary>
internal static class RealHelms
{
    /// <summary>Path of helm 3.17.3.</summary>
    public static string Helm3 { get; } = Locate("3");

    /// <summary>Path of helm 4.1.4.</summary>
    public static string Helm4 { get; } = Locate("4");

    private static string Locate(string major) =>
        Environment.GetEnvironmentVariable("HELMCACHED_TEST_HELM" + major) is { Length: > 0 } path
            ? path
            : throw new InvalidOperationException($"Set HELMCACHED_TEST_HELM{major} to a real helm {major}.");
}
