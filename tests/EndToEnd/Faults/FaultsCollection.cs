using Xunit;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>One at a time and beside nothing else: each test brings its own load, and prints what its fault costs a caller.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultsCollection
{
    public const string Name = "faults";
}
