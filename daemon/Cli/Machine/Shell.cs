using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using CacheDaemon.Client;

namespace CacheDaemon.Daemon.Cli.Machine;

/// <summary>A shell that <c>install</c> can prepare: its start-up file, and how one puts a directory first on its PATH.</summary>
internal abstract class Shell
{
    /// <summary>All of them, in the order in which they are shown.</summary>
    public static IReadOnlyList<Shell> All { get; } = [new Bash(), new Zsh(), new Fish(), new PowerShell()];

    /// <summary>The names that <c>--shell</c> takes.</summary>
    public static string[] Names => [.. All.Select(shell => shell.Name)];

    /// <summary>Name as <c>--shell</c> takes it.</summary>
    public abstract string Name { get; }

    /// <summary>Name of the program on PATH.</summary>
    public string Program => Name;

    /// <summary>The file that an interactive shell reads at its start, whether or not it exists.</summary>
    public abstract string StartupFile(InstallPlaces places);

    /// <summary>The line that a person would type.</summary>
    public abstract string Line(string directory);

    /// <summary>
    /// The same for a start-up file: does nothing when the directory is first already, so that nested shells do not grow PATH.
    /// </summary>
    public abstract string GuardedLine(string directory);

    /// <summary>Arguments for an interactive shell that writes the path of the first <c>helm</c> into a file.</summary>
    public abstract string[] AskForHelm(string answerFile);

    /// <summary>True when its own start makes files in the home directory, whatever the start-up files say.</summary>
    public virtual bool WritesAtStart => false;

    /// <summary>True when its program is on PATH.</summary>
    public bool IsFound => Probe.OnPath(Program) is not null;

    /// <summary>True when it is this person's login shell.</summary>
    public bool IsLoginShell => Path.GetFileName(Endpoint.Variable("SHELL"u8) ?? "") == Name;

    /// <summary>True when it is this person's: the login shell, or one with a start-up file.</summary>
    public bool IsUsed(InstallPlaces places) => IsLoginShell || File.Exists(StartupFile(places));

    /// <summary>Characters that mean nothing but themselves to sh.</summary>
    private static readonly SearchValues<char> s_plain = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+"
    );

    /// <summary>The text as sh reads it back: plain where it can be, else in single quotes.</summary>
    private static string ShQuote(string text) =>
        !text.AsSpan().ContainsAnyExcept(s_plain) ? text : "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    /// <summary>What bash and zsh, children of the Bourne shell, have in common.</summary>
    private abstract class Bourne : Shell
    {
        public override string Line(string directory) => $"export PATH={ShQuote(directory)}:\"$PATH\"";

        public override string GuardedLine(string directory) =>
            $"case \"$PATH\" in {ShQuote(directory)}:*) ;; *) {Line(directory)} ;; esac";
    }

    /// <summary>bash(1), FILES.</summary>
    private sealed class Bash : Bourne
    {
        public override string Name => "bash";

        public override string StartupFile(InstallPlaces places) => places.Home + "/.bashrc";

        public override string[] AskForHelm(string answerFile) => ["-i", "-c", $"unset HISTFILE; type -P helm > {ShQuote(answerFile)}"];
    }

    /// <summary>zsh(1), STARTUP/SHUTDOWN FILES.</summary>
    private sealed class Zsh : Bourne
    {
        public override string Name => "zsh";

        public override string StartupFile(InstallPlaces places) => (Endpoint.Variable("ZDOTDIR"u8) ?? places.Home) + "/.zshrc";

        public override string[] AskForHelm(string answerFile) => ["-i", "-c", $"unset HISTFILE; whence -p helm > {ShQuote(answerFile)}"];
    }

    /// <summary>fish's manual, "Configuration files".</summary>
    private sealed class Fish : Shell
    {
        public override string Name => "fish";

        public override bool WritesAtStart => true;

        public override string StartupFile(InstallPlaces places) => places.Config + "/fish/config.fish";

        public override string Line(string directory) => $"set -gx PATH {Quote(directory)} $PATH";

        public override string GuardedLine(string directory) => $"test \"$PATH[1]\" = {Quote(directory)}; or {Line(directory)}";

        public override string[] AskForHelm(string answerFile) => ["-i", "-c", $"command -s helm > {Quote(answerFile)}"];

        private static string Quote(string text) =>
            "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
    }

    /// <summary>about_Profiles: the current user's profile for all hosts.</summary>
    private sealed class PowerShell : Shell
    {
        public override string Name => "pwsh";

        public override string StartupFile(InstallPlaces places) => places.Config + "/powershell/profile.ps1";

        public override string Line(string directory) => $"$env:PATH = {Quote(directory + ":")} + $env:PATH";

        public override string GuardedLine(string directory) =>
            $"if (-not $env:PATH.StartsWith({Quote(directory + ":")})) {{ {Line(directory)} }}";

        public override string[] AskForHelm(string answerFile) =>
            [
                "-NoLogo",
                "-Command",
                $"(Get-Command helm -CommandType Application)[0].Source | Out-File -Encoding utf8NoBOM {Quote(answerFile)}",
            ];

        private static string Quote(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
    }
}
