using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>Signals to other processes, without a process start for each.</summary>
internal static class Signals
{
    public const int Interrupt = 2, Kill = 9, Terminate = 15, Continue = 18, Stop = 19;

    /// <summary>Sends a signal; a process that is gone already is fine.</summary>
    public static void Send(int process, int signal) => _ = kill(process, signal);

    public static void Send(IEnumerable<int> processes, int signal)
    {
        foreach (int process in processes)
            Send(process, signal);
    }

    /// <summary>Stops a process until the answer is disposed.</summary>
    public static IDisposable Hang(int process)
    {
        Send(process, Stop);
        return new Hung(process);
    }

    [DllImport("libc")]
    private static extern int kill(int process, int signal);

    private sealed class Hung(int process) : IDisposable
    {
        public void Dispose() => Send(process, Continue);
    }
}
