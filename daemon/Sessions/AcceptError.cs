using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Net.Sockets;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>What to do after an accept that failed.</summary>
internal enum AcceptErrorKind
{
    /// <summary>It concerned one connection, or none: try again at once.</summary>
    GoOn,

    /// <summary>Something is used up that may come back: wait, then try again.</summary>
    BackOff,

    /// <summary>The listening socket is of no use any more: end the daemon, so that the next call starts another.</summary>
    GiveUp,
}

/// <summary>
/// Why accept(2) failed, and what to do. The table has each error of the section ERRORS of its manual page, by the name that .NET has for
/// it (SocketErrorPal.Unix.cs); several have the same.
/// </summary>
/// <param name="Kind">What to do.</param>
/// <param name="Reason">Why, in words for the log.</param>
internal sealed record AcceptError(AcceptErrorKind Kind, string Reason)
{
    private static readonly FrozenDictionary<SocketError, AcceptError> s_known = new Dictionary<SocketError, AcceptError>
    {
        [SocketError.WouldBlock] = new(AcceptErrorKind.GoOn, "no caller is waiting (EAGAIN)"),
        [SocketError.Interrupted] = new(AcceptErrorKind.GoOn, "a signal came (EINTR)"),
        [SocketError.ConnectionAborted] = new(AcceptErrorKind.GoOn, "the caller left before it was accepted (ECONNABORTED)"),
        [SocketError.AccessDenied] = new(AcceptErrorKind.GoOn, "a rule of this system forbids the connection (EPERM)"),
        // "Linux accept() passes already-pending network errors on the new socket as an error code": theirs, not the listener's.
        [SocketError.NetworkDown] = new(AcceptErrorKind.GoOn, "network error of the new connection (ENETDOWN)"),
        [SocketError.NetworkUnreachable] = new(AcceptErrorKind.GoOn, "network error of the new connection (ENETUNREACH)"),
        [SocketError.HostDown] = new(AcceptErrorKind.GoOn, "network error of the new connection (EHOSTDOWN)"),
        [SocketError.HostUnreachable] = new(AcceptErrorKind.GoOn, "network error of the new connection (EHOSTUNREACH)"),
        [SocketError.ProtocolOption] = new(AcceptErrorKind.GoOn, "network error of the new connection (ENOPROTOOPT)"),
        [SocketError.ProtocolNotSupported] = new(AcceptErrorKind.GoOn, "network error of the new connection (EPROTONOSUPPORT)"),
        [SocketError.SocketNotSupported] = new(AcceptErrorKind.GoOn, "network error of the new connection (ESOCKTNOSUPPORT)"),
        [SocketError.TimedOut] = new(AcceptErrorKind.GoOn, "network error of the new connection (ETIMEDOUT)"),

        [SocketError.TooManyOpenSockets] = new(
            AcceptErrorKind.BackOff,
            "too many files are open in this process or on this machine (EMFILE, ENFILE)"
        ),
        [SocketError.NoBufferSpaceAvailable] = new(AcceptErrorKind.BackOff, "not enough memory for a connection (ENOBUFS)"),
        [SocketError.SocketError] = new(
            AcceptErrorKind.BackOff,
            "not enough memory, or another error without a name in .NET (ENOMEM, EPROTO, ENOSR, ENONET)"
        ),

        [SocketError.OperationAborted] = new(AcceptErrorKind.GiveUp, "the listening socket was closed (EBADF)"),
        [SocketError.InvalidArgument] = new(AcceptErrorKind.GiveUp, "the socket does not listen any more (EINVAL)"),
        [SocketError.NotSocket] = new(AcceptErrorKind.GiveUp, "another file has the place of the listening socket (ENOTSOCK)"),
        [SocketError.OperationNotSupported] = new(
            AcceptErrorKind.GiveUp,
            "a socket of another type has the place of the listening socket (EOPNOTSUPP)"
        ),
        [SocketError.Fault] = new(AcceptErrorKind.GiveUp, "the address of the caller cannot be written (EFAULT)"),
    }.ToFrozenDictionary();

    /// <summary>What to do after this failure of the listening socket. One that nobody has thought of may pass.</summary>
    public static AcceptError Of(Exception failure) =>
        failure switch
        {
            SocketException e => s_known.GetValueOrDefault(e.SocketErrorCode) ?? new(AcceptErrorKind.BackOff, e.Message),
            ObjectDisposedException => s_known[SocketError.OperationAborted],
            _ => new(AcceptErrorKind.BackOff, failure.Message),
        };
}
