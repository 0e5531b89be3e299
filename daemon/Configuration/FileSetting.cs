using System.Collections.Generic;

namespace CacheDaemon.Daemon.Configuration;

/// <summary>One setting as it stands in the configuration file.</summary>
/// <param name="Setting">Which one.</param>
/// <param name="Values">The value, or the items of a list; null when it is of no shape that the setting takes.</param>
/// <param name="Place"><c>file:line</c> of its name.</param>
/// <param name="At"><c>file:line:column</c> of its value.</param>
internal sealed record FileSetting(Setting Setting, IReadOnlyList<string>? Values, string Place, string At);
