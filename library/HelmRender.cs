using System;

namespace CacheDaemon.Client;

/// <summary>What a call of helm gave: byte for byte what helm wrote, and how it ended.</summary>
public sealed class HelmRender
{
    internal HelmRender(int exitCode, ReadOnlyMemory<byte> standardOutput, ReadOnlyMemory<byte> standardError, bool isHit)
    {
        ExitCode = exitCode;
        StandardOutput = standardOutput;
        StandardError = standardError;
        IsHit = isHit;
    }

    /// <summary>helm's exit code; 0 when all went well.</summary>
    public int ExitCode { get; }

    /// <summary>Bytes of standard output.</summary>
    public ReadOnlyMemory<byte> StandardOutput { get; }

    /// <summary>Bytes of standard error.</summary>
    public ReadOnlyMemory<byte> StandardError { get; }

    /// <summary>
    /// True when the cache answered in this process. False says less: a program was run, and that was the shim, which may have been
    /// answered, too.
    /// </summary>
    public bool IsHit { get; }
}
