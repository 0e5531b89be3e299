using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

namespace CacheDaemon.Tests.Support;

/// <summary>Signals to processes that the test started, without a process start for each.</summary>
internal static class Signals
{
    public const int Interrupt = 2,
        Quit = 3,
        Kill = 9,
        Terminate = 15,
        Continue = 18,
        Stop = 19;

    /// <summary>Sends a signal; a process that is gone already is fine.</summary>
    public static void Send(int process, int signal) => _ = kill(process, signal);

    public static void Send(IEnumerable<int> processes, int signal)
    {
        foreach (int process in processes)
            Send(process, signal);
    }

    /// <summary>
    /// Stops a process until the answer is disposed. Returns when all of its threads have stopped: the signal is sent in no
    /// time, but a thread that is running goes on for a moment, and on a busy machine that is enough to answer a call.
    /// </summary>
    public static IDisposable Hang(int process)
    {
        Send(process, Stop);
        Eventually.IsTrue($"process {process} has stopped", () => Directory.GetDirectories($"/proc/{process}/task").All(IsStopped));
        return new Hung(process);
    }

    /// <summary>
    /// True when nothing of a process is left but, perhaps, a word to its parent. The first thread of one that ends leaves before the
    /// others do, and what the process had open and locked goes with the last of them.
    /// </summary>
    public static bool IsGone(int process)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{process}/task") is [var last] && StateOf(last) is 'Z' or 'X';
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static bool IsStopped(string task)
    {
        try
        {
            return StateOf(task) is 'T';
        }
        catch (IOException)
        {
            return true; // This thread has ended.
        }
    }

    private static char StateOf(string task)
    {
        // proc_pid_stat(5): the state follows the name, which may itself hold blanks and brackets.
        string stat = File.ReadAllText(Path.Combine(task, "stat"));
        return stat[stat.LastIndexOf(')') + 2];
    }

    [DllImport("libc")]
    private static extern int kill(int process, int signal);

    private sealed class Hung(int process) : IDisposable
    {
        public void Dispose() => Send(process, Continue);
    }
}
