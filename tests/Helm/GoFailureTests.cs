using System.Text;
using CacheDaemon.Client.Helm;
using Xunit;

namespace CacheDaemon.Tests.Helm;

/// <summary>What helm 3.17.3, 4.1.4 and 4.2.3 say when a template calls <c>tpl</c> on itself, and what only looks like it.</summary>
public sealed class GoFailureTests
{
    [Theory]
    [InlineData(
        "runtime: goroutine stack exceeds 1000000000-byte limit\nruntime: sp=0xc14c180368 stack=[0xc14c180000, 0xc16c180000]\n"
            + "fatal error: stack overflow\n\nruntime stack:\n",
        true
    )]
    [InlineData(
        "coalesce.go:286: warning: a line before it\nruntime: goroutine stack exceeds 1000000000-byte limit\n"
            + "runtime: sp=0x1 stack=[0x0, 0x2]\nfatal error: stack overflow\n",
        true
    )]
    [InlineData("panic: runtime error: invalid memory address or nil pointer dereference\n", false)]
    [InlineData("runtime: out of memory: cannot allocate 4194304-byte block\nfatal error: out of memory\n", false)]
    [InlineData("x runtime: goroutine stack exceeds 1000000000-byte limit\nfatal error: stack overflow\n", false)]
    [InlineData("fatal error: stack overflow\nruntime: goroutine stack exceeds 1000000000-byte limit\n", false)]
    [InlineData("", false)]
    public void I11_endless_recursion_is_told_from_other_ends(string stderr, bool expected) =>
        Assert.Equal(expected, GoFailure.IsStackOverflow(Encoding.UTF8.GetBytes(stderr)));
}
