using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using CacheDaemon.Client.Native;
using Microsoft.Win32.SafeHandles;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>
/// A command line ready to be started again and again: argv and environment are laid out once, and a start is one
/// <c>posix_spawn</c>, so that what is timed is the program and not the launcher. Runs in the bench's own directory.
/// The bench starts everything by this, and nothing by <c>System.Diagnostics.Process</c>: once that has started anything, it looks
/// through its children at the end of each child, ours too, which costs 0.03 ms of processor time per run.
/// </summary>
internal sealed unsafe class Contender : IDisposable
{
    private static readonly SafeFileHandle NullHandle = System.IO.File.OpenHandle(
        "/dev/null",
        FileMode.Open,
        FileAccess.ReadWrite,
        FileShare.ReadWrite
    );
    private static readonly int NullDevice = (int)NullHandle.DangerousGetHandle();
    private static readonly byte[] ReadBuffer = new byte[1 << 20];

    /// <summary>A descriptor that a child inherits (<see cref="Libc.Spawn"/>).</summary>
    private const int Inherited = -1;

    private readonly byte[] _path;
    private readonly NativeStrings _arguments;
    private readonly NativeStrings _environment;

    /// <param name="name">What the report calls it.</param>
    /// <param name="file">Absolute path.</param>
    /// <param name="arguments">Without argv[0].</param>
    /// <param name="environment">The whole environment.</param>
    public Contender(string name, string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        Name = name;
        File = file;
        _path = Libc.PathBytes(file);
        _arguments = new NativeStrings([file, .. arguments]);
        var variables = new List<string>();
        foreach ((string key, string value) in environment)
            variables.Add(key + "=" + value);
        _environment = new NativeStrings(variables);
    }

    /// <summary>What the report calls it.</summary>
    public string Name { get; }

    /// <summary>The program.</summary>
    public string File { get; }

    /// <summary>Whether what it writes to standard error is shown, and not thrown away.</summary>
    public bool ShowsErrors { get; init; }

    /// <summary>Milliseconds from before the start until the program is reaped, its output read from a pipe as callers do.</summary>
    public double Run()
    {
        long started = Stopwatch.GetTimestamp();
        int child = StartPiped(out int output);
        while (Libc.Read(output, ReadBuffer) > 0)
        {
            // Only the time matters here; Capture is for the bytes.
        }
        Libc.Close(output);
        int status = Libc.Wait(child, block: true) ?? -1;
        double elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return status == 0 ? elapsed : throw new InvalidOperationException($"{Name}: {File} ended with wait status {status}");
    }

    /// <summary>Standard output of one run; the exit code must be 0.</summary>
    public byte[] Capture()
    {
        byte[] output = Capture(out int status);
        return status == 0 ? output : throw new InvalidOperationException($"{Name}: {File} ended with wait status {status}");
    }

    /// <summary>Standard output of one run, however it ended.</summary>
    public byte[] Capture(out int status)
    {
        int child = StartPiped(out int output);
        var all = new List<byte>();
        int count;
        while ((count = Libc.Read(output, ReadBuffer)) > 0)
            all.AddRange(ReadBuffer.AsSpan(0, count));
        Libc.Close(output);
        status = Libc.Wait(child, block: true) ?? -1;
        return [.. all];
    }

    /// <summary>Starts it with its output thrown away; <see cref="Libc.Wait"/> reaps it.</summary>
    public int Start() => Spawn(NullDevice);

    /// <inheritdoc/>
    public void Dispose()
    {
        _arguments.Dispose();
        _environment.Dispose();
    }

    private int StartPiped(out int output)
    {
        if (Libc.Pipe(out output, out int write) != 0)
            throw new Win32Exception();
        int child = Spawn(write);
        Libc.Close(write);
        return child;
    }

    private int Spawn(int stdout)
    {
        fixed (byte* path = _path)
        {
            int child = Libc.Spawn(
                path,
                _arguments.Pointer,
                _environment.Pointer,
                [(NullDevice, 0)],
                stdout,
                ShowsErrors ? Inherited : NullDevice
            );
            return child > 0 ? child : throw new Win32Exception(-child, $"{Name}: {File} cannot be started");
        }
    }
}
