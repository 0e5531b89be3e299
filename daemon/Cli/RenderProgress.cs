using System;
using System.Threading.Tasks;
using Spectre.Console;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Shows how far a command is that renders many calls: a bar on a terminal, else the lines alone that it says.</summary>
internal static class RenderProgress
{
    /// <summary>Runs the work.</summary>
    /// <param name="total">Steps.</param>
    /// <param name="work">Gets how to say a line, and how to tell that a step is done; both from any thread.</param>
    public static void Run(int total, Func<Action<string>, Action, Task> work)
    {
        if (!Terminal.IsRich)
            work(Console.WriteLine, static () => { }).GetAwaiter().GetResult();
        else
            AnsiConsole
                .Progress()
                .AutoClear(true)
                .Start(context =>
                {
                    ProgressTask bar = context.AddTask("rendering", maxValue: total);
                    work(AnsiConsole.WriteLine, () => bar.Increment(1)).GetAwaiter().GetResult();
                });
    }
}
