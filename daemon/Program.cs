using System;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Cli;

namespace CacheDaemon.Daemon;

/// <summary>Entry point of <c>helmcached</c>; the only place that turns an exception into an exit code.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (!Libc.IsSupported)
        {
            Console.Error.WriteLine(
                "helmcached: this system is not supported yet; only 64-bit Linux is. helm itself still works, uncached."
            );
            return ExitCodes.Failed;
        }
        try
        {
            return CommandTable.Run(args);
        }
#pragma warning disable CA1031 // The last resort of a command line: one line instead of a stack trace.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine($"helmcached: {e.Message}");
            return ExitCodes.Failed;
        }
    }
}
