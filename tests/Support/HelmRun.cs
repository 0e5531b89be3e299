using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace CacheDaemon.Tests.Support;

/// <summary>What one run of a real helm wrote, as text, and how it ended.</summary>
internal sealed record HelmRun(int ExitCode, string Stdout, string Stderr)
{
    /// <summary>
    /// Runs helm <paramref name="major"/> in <paramref name="directory"/> with nothing but <paramref name="variables"/> in its environment.
    /// </summary>
    public static HelmRun Of(
        int major,
        IReadOnlyList<string> args,
        string directory,
        IReadOnlyDictionary<string, string> variables,
        string stdin = ""
    )
    {
        var command = new Command(RealHelms.Of(major), args)
        {
            Directory = directory,
            Environment = variables.ToDictionary(v => v.Key, v => (string?)v.Value),
            Stdin = Encoding.UTF8.GetBytes(stdin),
        };
        CommandResult result = command.RunAsync().GetAwaiter().GetResult();
        return new HelmRun(result.ExitCode, result.StdoutText, result.StderrText);
    }

    /// <summary>The same at home in <paramref name="directory"/>: <c>HOME</c> is all that is set.</summary>
    public static HelmRun Of(int major, IReadOnlyList<string> args, string directory) =>
        Of(major, args, directory, new Dictionary<string, string> { ["HOME"] = directory });
}
