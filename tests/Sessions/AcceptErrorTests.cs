using System;
using System.Linq;
using System.Net.Sockets;
using System.Reflection;
using CacheDaemon.Daemon.Sessions;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>What becomes of each error of accept(2).</summary>
public sealed class AcceptErrorTests
{
    /// <summary>
    /// By errno, as .NET translates it: the section ERRORS of the manual page, and the network errors of its notes. What .NET does not know
    /// (ENOSR, ENONET, ERESTARTSYS) it calls by one name, and that is waited for.
    /// </summary>
    [Theory]
    [InlineData(AcceptErrorKind.GoOn, "EWOULDBLOCK ECONNABORTED EINTR EPERM")]
    [InlineData(AcceptErrorKind.GoOn, "ENETDOWN ENOPROTOOPT EHOSTDOWN EHOSTUNREACH ENETUNREACH EPROTONOSUPPORT ESOCKTNOSUPPORT ETIMEDOUT")]
    [InlineData(AcceptErrorKind.BackOff, "EMFILE ENFILE ENOBUFS ENOMEM EPROTO ESOCKETERROR")]
    [InlineData(AcceptErrorKind.GiveUp, "EBADF EINVAL ENOTSOCK EOPNOTSUPP EFAULT")]
    internal void Each_error_of_the_manual_page_has_its_kind(AcceptErrorKind kind, string names)
    {
        foreach (string name in names.Split(' '))
        {
            AcceptError error = AcceptError.Of(new SocketException((int)NameOf(name)));
            Assert.Equal((name, kind), (name, error.Kind));
            string shown = name is "EWOULDBLOCK" ? "EAGAIN" : name;
            if (name != "ESOCKETERROR")
                Assert.Contains(shown, error.Reason.Split('(', ')', ',', ' '));
        }
    }

    [Fact]
    public void What_nobody_has_thought_of_is_waited_for()
    {
        AcceptError error = AcceptError.Of(new SocketException((int)SocketError.TryAgain));
        Assert.Equal(AcceptErrorKind.BackOff, error.Kind);
        Assert.NotEqual("", error.Reason);
    }

    [Fact]
    public void Socket_that_was_disposed_is_of_no_use() =>
        Assert.Equal(AcceptErrorKind.GiveUp, AcceptError.Of(new ObjectDisposedException("socket")).Kind);

    /// <summary>.NET's own table, which has no public face.</summary>
    private static SocketError NameOf(string errno)
    {
        MethodInfo translate = typeof(Socket)
            .Assembly.GetType("System.Net.Sockets.SocketErrorPal", throwOnError: true)!
            .GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
            .Single(method => method.Name == "GetSocketErrorForNativeError");
        Type errors = translate.GetParameters()[0].ParameterType;
        return (SocketError)translate.Invoke(null, [Enum.Parse(errors, errno)])!;
    }
}
