using System;
using System.IO;
using System.Text;
using CacheDaemon.Daemon.Fingerprints;

namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>
/// A script called helm that ends in a real helm, as nix's <c>wrapHelm</c> and hand-made ones do. What it does before that its bytes do not
/// say, so nothing is cached through it; but the helm that it names is worth telling.
/// </summary>
internal static class WrapperScript
{
    /// <summary>Wrappers are of a few lines; nix's grow with the number of plugins.</summary>
    private const int MaxBytes = 64 * 1024;

    /// <summary>
    /// The first helm binary whose absolute path stands in the script; null when there is none, or the file is no script.
    /// </summary>
    public static string? HelmIn(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                return null;
            string text = File.ReadAllText(path, Encoding.UTF8);
            if (!text.StartsWith("#!", StringComparison.Ordinal))
                return null;
            foreach (
                string word in text.Split(
                    (char[])[' ', '\t', '\r', '\n', '"', '\'', '=', ';', '(', ')', '`', '$', '|', '&', '<', '>'],
                    StringSplitOptions.RemoveEmptyEntries
                )
            )
                if (
                    word.StartsWith('/')
                    && word != path
                    && Path.GetFileName(word).Contains("helm", StringComparison.Ordinal)
                    && File.Exists(word)
                    && HelmIdentity.Read(word).IsHelm
                )
                    return word;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // doctor says elsewhere what cannot be read.
        }
        return null;
    }
}
