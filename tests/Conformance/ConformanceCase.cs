using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using CacheDaemon.Tests.Support;
using Xunit.Sdk;

namespace CacheDaemon.Tests.Conformance;

/// <summary>What the second, identical call must meet.</summary>
internal enum Expected
{
    /// <summary>Answered from the cache; helm ran once.</summary>
    Hit,

    /// <summary>Declined by the daemon; nothing stored.</summary>
    Bypass,

    /// <summary>helm fails; nothing stored, whether the daemon declined it or let it run.</summary>
    Failure,

    /// <summary>Varying output: never served, whatever helm ran.</summary>
    NeverServed,

    /// <summary>Only the bytes matter.</summary>
    Any,
}

/// <summary>
/// One chart and one command line, what real helm does with it, and one change of an input. Put together by a chain of calls,
/// so that a case reads as one paragraph and a new one costs five lines.
/// </summary>
internal sealed class ConformanceCase
{
    private readonly List<Action<string>> _arrange = [];
    private readonly List<string> _says = [];
    private readonly List<string> _neverSays = [];
    private int _onlyMajor;

    private ConformanceCase(string name) => Name = name;

    /// <summary>A sentence, unique in the table.</summary>
    public string Name { get; }

    public IReadOnlyList<string> Arguments { get; private set; } = [];

    public byte[]? Stdin { get; private set; }

    public Dictionary<string, string?> Environment { get; } = [];

    public int ExitCode { get; private set; }

    public Expected Expected { get; private set; } = Expected.Hit;

    /// <summary>The reason that must be counted for a <see cref="Expected.Bypass"/>; null when any will do.</summary>
    public string? BypassReason { get; private set; }

    /// <summary>A change of an input that real helm's output shows. Gets the case and its directory.</summary>
    public Action<ConformanceCase, string>? Edit { get; private set; }

    /// <summary>A change that is no change of an input: the next call is still a hit.</summary>
    public Action<ConformanceCase, string>? Noise { get; private set; }

    public static ConformanceCase Case(string name) => new(name);

    public static ConformanceCase Case(string name, ChartBuilder chart)
    {
        var result = new ConformanceCase(name);
        result._arrange.Add(directory => chart.WriteTo(directory));
        return result;
    }

    /// <summary>Whether the case is for the helm called <paramref name="major"/> in <see cref="RealHelms.Majors"/>.</summary>
    public bool AppliesTo(int major) => _onlyMajor == 0 || _onlyMajor == major || _onlyMajor == RealHelms.MajorVersion(major);

    /// <summary>Puts all files of the case below <paramref name="directory"/>, where its command runs.</summary>
    public void Arrange(string directory) => _arrange.ForEach(step => step(directory));

    /// <summary>Fails unless real helm did what the case is about.</summary>
    public void CheckMeaning(CommandResult reference)
    {
        if (reference.ExitCode != ExitCode)
            throw new XunitException($"'{Name}' shall exit {ExitCode}, but real helm: {reference}");
        string text = reference.StdoutText + reference.StderrText;
        foreach (string said in _says)
        {
            if (!text.Contains(said, StringComparison.Ordinal))
                throw new XunitException($"'{Name}': real helm does not say '{said}', but:\n{text}");
        }
        foreach (string unsaid in _neverSays)
        {
            if (text.Contains(unsaid, StringComparison.Ordinal))
                throw new XunitException($"'{Name}': real helm says '{unsaid}'");
        }
    }

    public ConformanceCase WithChart(ChartBuilder chart) => With(directory => chart.WriteTo(directory));

    public ConformanceCase WithPacked(ChartBuilder chart) => With(directory => chart.PackTo(directory));

    public ConformanceCase WithFile(string path, string text) => WithFile(path, Encoding.UTF8.GetBytes(text));

    public ConformanceCase WithFile(string path, byte[] bytes) =>
        With(directory =>
        {
            string target = Path.Combine(directory, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, bytes);
        });

    public ConformanceCase WithLink(string path, string target) =>
        With(directory =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(directory, path))!);
            File.CreateSymbolicLink(Path.Combine(directory, path), target);
        });

    public ConformanceCase WithStdin(string text)
    {
        Stdin = Encoding.UTF8.GetBytes(text);
        return this;
    }

    /// <summary>A variable; <c>{dir}</c> in the value is the case's directory.</summary>
    public ConformanceCase WithVariable(string name, string? value)
    {
        Environment[name] = value;
        return this;
    }

    public ConformanceCase With(Action<string> step)
    {
        _arrange.Add(step);
        return this;
    }

    /// <summary>The command line, split at spaces; <c>{dir}</c> is the case's directory.</summary>
    public ConformanceCase Run(string commandLine) => RunArguments(commandLine.Split(' '));

    /// <summary>The command line of which some argument has a space or is empty.</summary>
    public ConformanceCase RunArguments(params string[] arguments)
    {
        Arguments = arguments;
        return this;
    }

    /// <summary>A text that real helm's stdout or stderr must have, so that the case tests what its name says.</summary>
    public ConformanceCase Says(string text)
    {
        _says.Add(text);
        return this;
    }

    public ConformanceCase NeverSays(string text)
    {
        _neverSays.Add(text);
        return this;
    }

    public ConformanceCase Fails(string says)
    {
        ExitCode = 1;
        Expected = Expected.Failure;
        return Says(says);
    }

    public ConformanceCase Bypasses(string? reason = null)
    {
        Expected = Expected.Bypass;
        BypassReason = reason;
        return this;
    }

    public ConformanceCase Is(Expected expected)
    {
        Expected = expected;
        return this;
    }

    /// <summary>Only for the helms of one major version, or for one helm: 3, 4 (4.1 and 4.2), 42.</summary>
    public ConformanceCase OnlyHelm(int major)
    {
        _onlyMajor = major;
        return this;
    }

    /// <summary>Replaces a text in a file by another; both outputs of real helm must differ.</summary>
    public ConformanceCase Edits(string path, string from, string to)
    {
        Edit = (_, directory) => Replace(Path.Combine(directory, path), from, to);
        return this;
    }

    public ConformanceCase EditsStdin(string from, string to)
    {
        Edit = (self, _) =>
            self.Stdin = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(self.Stdin!).Replace(from, to, StringComparison.Ordinal));
        return this;
    }

    public ConformanceCase EditsBy(Action<string> change)
    {
        Edit = (_, directory) => change(directory);
        return this;
    }

    /// <summary>Runs another command line, split at spaces.</summary>
    public ConformanceCase EditsRun(string commandLine)
    {
        Edit = (self, _) => self.Run(commandLine);
        return this;
    }

    public ConformanceCase EditsVariable(string variable, string? value)
    {
        Edit = (self, _) => self.Environment[variable] = value;
        return this;
    }

    /// <summary>A variable becomes the path of something in the case's directory.</summary>
    public ConformanceCase EditsVariableToPath(string variable, string path) => EditsVariable(variable, "{dir}/" + path);

    /// <summary>A change that must not matter.</summary>
    public ConformanceCase StillHitsAfter(Action<string> change)
    {
        Noise = (_, directory) => change(directory);
        return this;
    }

    /// <summary>The call in other words, split at spaces, must not matter.</summary>
    public ConformanceCase StillHitsRunning(string commandLine)
    {
        Noise = (self, _) => self.Run(commandLine);
        return this;
    }

    /// <summary>A variable that must not matter.</summary>
    public ConformanceCase StillHitsWith(string variable, string? value)
    {
        Noise = (self, _) => self.Environment[variable] = value;
        return this;
    }

    private static void Replace(string path, string from, string to)
    {
        string text = File.ReadAllText(path);
        if (!text.Contains(from, StringComparison.Ordinal))
            throw new XunitException($"{path} has no '{from}' to replace");
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
    }
}
