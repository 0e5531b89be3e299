using CacheDaemon.Client.Helm;
using Xunit;

namespace CacheDaemon.Tests.Helm;

public sealed class DescriptorPathTests
{
    [Theory]
    [InlineData("/dev/stdin", 0)]
    [InlineData("/dev/fd/0", 0)]
    [InlineData("/dev/fd/63", 63)]
    [InlineData("/proc/self/fd/11", 11)]
    [InlineData("/dev/fd/1048575", 1_048_575)]
    [InlineData("/dev/fd/99999999", -1)]
    [InlineData("/dev/fd/", -1)]
    [InlineData("/dev/fd/063", -1)]
    [InlineData("/dev/fd/+6", -1)]
    [InlineData("/dev/fd/6 ", -1)]
    [InlineData("/dev/fd/6/x", -1)]
    [InlineData("/dev//fd/6", -1)]
    [InlineData("/dev/fd/٣", -1)]
    [InlineData("dev/fd/6", -1)]
    [InlineData("/proc/1/fd/6", -1)]
    [InlineData("/proc/thread-self/fd/6", -1)]
    [InlineData("/dev/stdout", -1)]
    [InlineData("-", -1)]
    [InlineData("", -1)]
    public void Only_the_literal_forms_name_a_descriptor(string path, int number) => Assert.Equal(number, DescriptorPath.NumberOf(path));
}
