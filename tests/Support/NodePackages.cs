using System;

namespace CacheDaemon.Tests.Support;

/// <summary>Pinned npm packages that tests compare with, each as the directory it was unpacked to.</summary>
public static class NodePackages
{
    private static readonly Lazy<string> LazyMessagePack = new(() => FetchedFile.Get("HELMCACHED_TEST_MSGPACK", "get-npm.sh", "msgpack"));
    private static readonly Lazy<string> LazyCdk8s = new(() => FetchedFile.Get("HELMCACHED_TEST_CDK8S", "get-npm.sh", "cdk8s"));
    private static readonly Lazy<string> LazyConstructs = new(() =>
        FetchedFile.Get("HELMCACHED_TEST_CONSTRUCTS", "get-npm.sh", "constructs")
    );

    /// <summary>The reference codec <c>@msgpack/msgpack</c>; <c>require</c> takes this directory.</summary>
    public static string MessagePack => LazyMessagePack.Value;

    /// <summary>The package <c>cdk8s</c>, which brings its dependencies but the next.</summary>
    public static string Cdk8s => LazyCdk8s.Value;

    /// <summary>The package <c>constructs</c>, which cdk8s wants beside itself.</summary>
    public static string Constructs => LazyConstructs.Value;
}
