using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Threading;

namespace CacheDaemon.FakeHelm;

/// <summary>
/// A real executable that stands in for helm: counts its runs and then misbehaves as the environment says
/// (<see cref="Behaviour"/>). Published natively by <c>./build.sh --tests</c>.
/// </summary>
/// <remarks>
/// The daemon believes that a file is helm when it carries helm's Go module path (design 5); a wrapper script or a version
/// manager's stub does not. <see cref="Marker"/> puts that path into this binary, spelled as Go's build information is.
/// </remarks>
internal static class Program
{
    /// <summary>How long to wait for <see cref="Behaviour.WaitForFile"/> before giving up: a test that died must not leave us.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>How the shim ends the command line of a helm that writes files.</summary>
    private const string OutputDirectory = "--output-dir=";

    private static ReadOnlySpan<byte> Marker => "path\thelm.sh/helm/v3/cmd/helm\nmod\thelm.sh/helm/v3\n"u8;

    private static int Main(string[] arguments)
    {
        Self.DieOfBrokenPipes();
        var behaviour = new Behaviour();
        if (behaviour.LogFile is { } log)
            Self.AppendLine(log, $"{Environment.ProcessId}\t{string.Join(' ', arguments)}");

        using Stream output = Console.OpenStandardOutput();
        if (arguments is ["fakehelm-marker"])
        {
            output.Write(Marker);
            return 0;
        }
        if (behaviour.OnlyFor is { } word && Array.IndexOf(arguments, word) < 0)
        {
            output.Write(Manifest(arguments, report: false));
            return 0;
        }

        Thread.Sleep(behaviour.DelayMs);
        if (behaviour.WaitForFile is { } awaited && !WaitFor(awaited))
        {
            Console.Error.WriteLine($"fakehelm: {awaited} did not appear within {Patience}");
            return 99;
        }
        if (behaviour.EditFile is { } edited)
            File.AppendAllText(edited, behaviour.EditText);
        if (behaviour.Signal is { } number)
            Self.Kill(number);
        if (behaviour.RealHelm is { } real)
        {
            Self.Become(real);
            Console.Error.WriteLine($"fakehelm: cannot run {real}");
            return 98;
        }

        if (behaviour.ErrorText is { } text)
            Console.Error.Write(text);
        if (arguments is [.., var last] && last.StartsWith(OutputDirectory, StringComparison.Ordinal))
            output.Write(WriteFile(last[OutputDirectory.Length..], behaviour.OutputText ?? "a: 1\n"));
        else if (behaviour.OutputText is { } given)
            output.Write(Encoding.UTF8.GetBytes(given));
        else if (behaviour.FloodBytes is { } count)
            Flood(output, count);
        else if (behaviour.ExitCode == 0)
            output.Write(Manifest(arguments, behaviour.Report));
        return behaviour.ExitCode;
    }

    private static bool WaitFor(string path)
    {
        long started = Stopwatch.GetTimestamp();
        while (!File.Exists(path))
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
                return false;
            Thread.Sleep(2);
        }
        return true;
    }

    /// <summary>Writes a file as helm does for <c>--output-dir</c>, and returns the line about it.</summary>
    private static byte[] WriteFile(string directory, string text)
    {
        string path = directory + "/fakehelm/templates/file.yaml";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return Encoding.UTF8.GetBytes($"wrote {path}\n");
    }

    private static byte[] Manifest(string[] arguments, bool report)
    {
        var text = new StringBuilder("---\n# Source: fakehelm/templates/arguments.yaml\narguments:\n");
        foreach (string argument in arguments)
            text.Append("  - ").Append(argument).Append('\n');
        if (report)
        {
            text.Append("argv0: ").Append(Self.CommandLine()[0]).Append('\n');
            text.Append("directory: ").Append(Environment.CurrentDirectory).Append('\n');
            text.Append("environment: ").Append(EnvironmentDigest()).Append('\n');
            using Stream input = Console.OpenStandardInput();
            text.Append("stdin: ").Append(Convert.ToHexStringLower(SHA256.HashData(input))).Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Digest of all variables but those that a shell, a test or the shim (its depth) sets anew.</summary>
    private static string EnvironmentDigest()
    {
        var lines = new List<string>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            string name = (string)variable.Key;
            if (
                !name.StartsWith("FAKEHELM_", StringComparison.Ordinal)
                && name is not ("_" or "SHLVL" or "PWD" or "OLDPWD" or "HELMCACHED_DEPTH")
            )
                lines.Add($"{name}={variable.Value}");
        }
        lines.Sort(StringComparer.Ordinal);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
    }

    /// <summary>In large pieces, or writing would take longer than whatever is tested.</summary>
    private static void Flood(Stream output, int count)
    {
        const int LineBytes = 64,
            Lines = 1024;
        byte[] lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("# " + new string('x', LineBytes - 3) + "\n", Lines)));
        for (int written = 0; written < count; written += lines.Length)
            output.Write(lines, 0, Math.Min(lines.Length, count - written));
    }
}
