using System;
using System.Globalization;

namespace CacheDaemon.FakeHelm;

/// <summary>
/// What this run shall do, read from the environment. Nothing set means: print the arguments as a manifest, exit 0.
/// The steps are taken in the order of these properties.
/// </summary>
internal sealed class Behaviour
{
    /// <summary>File that gets one line per run: the process id, a tab, the arguments separated by spaces.</summary>
    public string? LogFile { get; } = Text("FAKEHELM_LOG");

    /// <summary>Milliseconds to sleep.</summary>
    public int DelayMs { get; } = Number("FAKEHELM_DELAY_MS") ?? 0;

    /// <summary>Path to wait for: the run goes on when it exists. Lets a test act in the middle of a render.</summary>
    public string? WaitForFile { get; } = Text("FAKEHELM_WAIT_FOR");

    /// <summary>File to which <see cref="EditText"/> is appended in the middle of the run.</summary>
    public string? EditFile { get; } = Text("FAKEHELM_EDIT_FILE");

    public string EditText { get; } = Text("FAKEHELM_EDIT_TEXT") ?? "# edited\n";

    /// <summary>When non-empty, only runs having this argument do what follows; others print their arguments.</summary>
    public string? OnlyFor { get; } = Text("FAKEHELM_ONLY_FOR");

    /// <summary>Signal that the run sends to itself.</summary>
    public int? Signal { get; } = Number("FAKEHELM_SIGNAL");

    /// <summary>Real helm to become (exec, arguments untouched) after all of the above.</summary>
    public string? RealHelm { get; } = Text("FAKEHELM_REAL");

    /// <summary>Text for standard error.</summary>
    public string? ErrorText { get; } = Text("FAKEHELM_STDERR");

    /// <summary>Text for standard output, instead of the arguments.</summary>
    public string? OutputText { get; } = Text("FAKEHELM_STDOUT");

    /// <summary>Number of bytes of manifest to print, instead of the arguments.</summary>
    public int? FloodBytes { get; } = Number("FAKEHELM_FLOOD");

    /// <summary>Non-empty: the manifest also tells argv[0], the directory, and digests of environment and standard input.</summary>
    public bool Report { get; } = Text("FAKEHELM_REPORT") is not null;

    /// <summary>Exit code.</summary>
    public int ExitCode { get; } = Number("FAKEHELM_EXIT") ?? 0;

    private static string? Text(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static int? Number(string name) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
