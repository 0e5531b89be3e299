using System;
using System.Collections.Generic;

namespace CacheDaemon.Client;

/// <summary>One call of helm, as a program would make it.</summary>
public sealed class HelmCall
{
    /// <summary>Makes a call of its words.</summary>
    /// <param name="arguments">
    /// What follows <c>helm</c>, word by word, such as <c>template</c>, <c>shop</c>, <c>./chart</c>. Nothing is expanded.
    /// </param>
    public HelmCall(params IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        Arguments = arguments;
    }

    /// <summary>What follows <c>helm</c>.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>The directory that the call is made from, and that relative paths are relative to. Default: this process's.</summary>
    public string WorkingDirectory { get; init; } = Environment.CurrentDirectory;

    /// <summary>Variables that the call has besides this process's, or in their place; null takes one away. Default: none.</summary>
    public IReadOnlyDictionary<string, string?> Variables { get; init; } = new Dictionary<string, string?>();

    /// <summary>What the call reads from standard input (<c>-f -</c>). Default: nothing.</summary>
    public ReadOnlyMemory<byte> StandardInput { get; init; }
}
