using System;
using System.Text;
using CacheDaemon.Client;
using CacheDaemon.Daemon.Configuration;

namespace CacheDaemon.Daemon.Cli.Installing;

/// <summary>
/// The systemd user unit: not needed, since the first render starts the daemon, but some want to see it in <c>systemctl</c>.
/// </summary>
internal static class SystemdUnit
{
    /// <summary>The unit's text for the daemon at <paramref name="daemon"/>, with our variables as they are now.</summary>
    public static string Text(string daemon)
    {
        var text = new StringBuilder();
        text.Append("# Written by `helmcached install --systemd`; `helmcached uninstall` deletes it.\n");
        text.Append("[Unit]\nDescription=Cache for what helm template prints\nDocumentation=man:helmcached(1)\n\n[Service]\n");
        foreach (string name in (string[])[Endpoint.HomeVariable, ConfigurationFile.Variable])
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
                text.Append($"Environment={Quote(name + "=" + value)}\n");
        // One that a render has started makes way. A daemon that leaves because nobody calls is no failure.
        text.Append(
            $"ExecStartPre={Quote(daemon)} stop\nExecStart={Quote(daemon)} serve\nRestart=on-failure\n\n[Install]\n"
                + "WantedBy=default.target\n"
        );
        return text.ToString();
    }

    /// <summary>systemd.syntax(7), Quoting; and % starts a specifier.</summary>
    private static string Quote(string text) =>
        "\""
        + text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("%", "%%", StringComparison.Ordinal)
        + "\"";
}
