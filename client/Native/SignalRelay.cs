using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace CacheDaemon.Client.Native;

/// <summary>Passes the signals by which users and terminals end a program on to a child: INT, TERM, HUP and QUIT.</summary>
/// <remarks>
/// By the runtime's own native signal thread, without <see cref="PosixSignalRegistration"/> above it: that answers on the thread
/// pool, which is a sixth of the shim's code and the reason for libm, all loaded at each start for the sake of a signal that
/// comes during a miss. The answer runs on a thread like any other, not inside a signal handler.
/// </remarks>
public static unsafe class SignalRelay
{
    private static volatile int s_child;
    private static int s_waiting;
    private static int s_came;

    /// <summary>Whether one came since the first <see cref="Prepare"/>.</summary>
    public static bool Came => Volatile.Read(ref s_came) != 0;

    /// <summary>Whether SIGQUIT did, at which a Go program says what it is doing, and ends.</summary>
    public static bool QuitCame => (Volatile.Read(ref s_came) & (1 << Libc.SIGQUIT)) != 0;

    /// <summary>
    /// Which of those came that helm answers by a line, and that end it before it is about its work: SIGINT, SIGTERM or, for none, 0.
    /// </summary>
    public static int EndingCame =>
        Volatile.Read(ref s_came) is var came && (came & (1 << Libc.SIGINT)) != 0 ? Libc.SIGINT
        : (came & (1 << Libc.SIGTERM)) != 0 ? Libc.SIGTERM
        : 0;

    private static ReadOnlySpan<int> Signals => [Libc.SIGINT, Libc.SIGTERM, Libc.SIGHUP, Libc.SIGQUIT];

    /// <summary>
    /// From now on they do nothing to us and are kept for the child, which is to be started next: one that ended us then would leave it
    /// behind. Those that we were started to ignore stay ignored, by the child too.
    /// </summary>
    public static void Prepare()
    {
        bool ignoresContinue = Libc.IsIgnored(Libc.SIGCONT);
        int prepared = SystemNative_InitializeTerminalAndSignalHandling();
        // It answers SIGCONT by setting up the terminal as it was. From the background ("bg" after Ctrl-Z) that is not allowed, and the
        // kernel stops the whole process group for it, helm included.
        if (ignoresContinue)
            Libc.Ignore(Libc.SIGCONT);
        else
            Libc.SetDefault(Libc.SIGCONT);
        if (prepared == 0)
            return; // No memory for a thread: they end us, and helm, which is in our process group, by itself.
        SystemNative_SetPosixSignalHandler(&Answer);
        foreach (int signal in Signals)
            if (!Libc.IsIgnored(signal))
                _ = SystemNative_EnablePosixSignalHandling(signal);
    }

    /// <summary>From now on they go to <paramref name="child"/>, as do those that came before.</summary>
    public static void Start(int child)
    {
        s_child = child;
        PassOn();
    }

    /// <summary>
    /// From now on they do to us what they did before, and so does one that no child was sent. To be called when the child has ended,
    /// or could not be started.
    /// </summary>
    public static void Stop()
    {
        s_child = 0;
        foreach (int signal in Signals)
            SystemNative_DisablePosixSignalHandling(signal);
        Send(Libc.ProcessId);
    }

    /// <returns>1: dealt with.</returns>
    [UnmanagedCallersOnly]
    private static int Answer(int signal, int kind)
    {
        Interlocked.Or(ref s_came, 1 << signal);
        Interlocked.Or(ref s_waiting, 1 << signal);
        PassOn();
        return 1;
    }

    private static void PassOn()
    {
        if (s_child is var child && child != 0)
            Send(child);
    }

    /// <summary>Whoever takes a signal out sends it; each is sent once.</summary>
    private static void Send(int process)
    {
        int waiting = Interlocked.Exchange(ref s_waiting, 0);
        foreach (int signal in Signals)
            if ((waiting & (1 << signal)) != 0)
                Libc.Kill(process, signal);
    }

    // Of the class library's own native half (pal_signal.h), which is linked in: a name that changes with a runtime fails the build.
    [DllImport("libSystem.Native")]
    private static extern int SystemNative_InitializeTerminalAndSignalHandling();

    [DllImport("libSystem.Native")]
    private static extern void SystemNative_SetPosixSignalHandler(delegate* unmanaged<int, int, int> answer);

    [DllImport("libSystem.Native")]
    private static extern int SystemNative_EnablePosixSignalHandling(int signal);

    [DllImport("libSystem.Native")]
    private static extern void SystemNative_DisablePosixSignalHandling(int signal);
}
