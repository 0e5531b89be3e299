using System;

namespace CacheDaemon.Tests.Support;

/// <summary>Pinned npm packages that tests compare with, each as the directory it was unpacked to.</summary>
public static class NodePackages
{
    private static readonly Lazy<string> LazyMessagePack = new(() => FetchedFile.Get("HELMCACHED_TEST_MSGPACK", "get-npm.sh", "msgpack"));

    /// <summary>The reference codec <c>@msgpack/msgpack</c>; <c>require</c> takes this directory.</summary>
    public static string MessagePack => LazyMessagePack.Value;
}
