using CacheDaemon.Daemon.Keys;
using Xunit;

namespace CacheDaemon.Tests.Keys;

public sealed class DigestTests
{
    [Fact]
    public void Digest_of_nothing_is_the_known_vector() =>
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Digest.Of([]).ToString());
}
