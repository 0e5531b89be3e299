using System;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Insight;

/// <summary>
/// The daemon's log: one line per event, appended to one file that is rotated by size. Thread-safe. Never holds
/// values, manifests or command lines. A log that cannot be written is dropped in silence: it must not stop the daemon.
/// </summary>
public sealed class DaemonLog : IDisposable
{
    /// <summary>Size at which the log becomes <c>daemon.log.1</c> (replacing the one before) and starts anew.</summary>
    public const long RotateAtBytes = 1 << 20;

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly bool _echo;
    private readonly LogLevel _level;
    private readonly Lock _gate = new();
    private FileStream? _file;

    /// <param name="path">The log file.</param>
    /// <param name="time">Clock for the time stamps.</param>
    /// <param name="echo">Whether lines also go to standard error (a daemon in the foreground).</param>
    /// <param name="level">What is worth a line.</param>
    public DaemonLog(string path, TimeProvider time, bool echo, LogLevel level = LogLevel.Info)
    {
        _level = level;
        _path = path;
        _time = time;
        _echo = echo;
    }

    /// <summary>Whether calls are worth a line each.</summary>
    public bool IsDetailed => _level >= LogLevel.Debug;

    /// <summary>Something that happens now and then: a start, a stop, a repair.</summary>
    public void Write(string message) => Write(message, default);

    /// <summary>The same, where a request was the cause.</summary>
    public void Write(string message, RequestId request) => Append(LogLevel.Info, message, request);

    /// <summary>Something that went wrong.</summary>
    public void WriteProblem(string message) => WriteProblem(message, default);

    /// <summary>Something that went wrong with a request.</summary>
    public void WriteProblem(string message, RequestId request) => Append(LogLevel.Error, message, request);

    /// <summary>Something that happens with every request.</summary>
    public void WriteDetail(string message, RequestId request) => Append(LogLevel.Debug, message, request);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            _file?.Dispose();
    }

    /// <summary>
    /// Appends one line, with the request's id before the message if there is one; line breaks inside <paramref name="message"/> become
    /// blanks.
    /// </summary>
    private void Append(LogLevel level, string message, RequestId request)
    {
        if (level > _level)
            return;
        string line =
            _time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
            + (request.IsNone ? " " : $" id={request} ")
            + message.ReplaceLineEndings(" ")
            + "\n";
        lock (_gate)
        {
            try
            {
                if (_echo)
                    Console.Error.Write(line);
                _file ??= Open();
                if (_file.Length > RotateAtBytes)
                {
                    _file.Dispose();
                    File.Move(_path, _path + ".1", overwrite: true);
                    _file = Open();
                }
                _file.Write(Encoding.UTF8.GetBytes(line));
                _file.Flush();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _file?.Dispose();
                _file = null;
            }
        }
    }

    private FileStream Open()
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(
            _path,
            new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = OwnerOnly,
                BufferSize = 0,
            }
        );
        // One that was there may be open to others. Not through a link: the mode of what it leads to is not ours to change.
        if (new FileInfo(_path).LinkTarget is null)
            File.SetUnixFileMode(file.SafeFileHandle, OwnerOnly);
        return file;
    }
}
