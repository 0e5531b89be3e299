using System.Threading;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Files;

/// <summary>
/// Tells when something was mounted or unmounted, for kernels that give the number of a mount to another one later (before Linux 6.8):
/// there, what is remembered by stamp holds until the next such change. Where numbers are unique it watches nothing.
/// </summary>
internal sealed class MountTable
{
    /// <summary>proc_pid_mountinfo(5): poll(2) reports a change of the table by these, once for each open file.</summary>
    private const short Changed =
        Libc.POLLERR
        | 2 /* POLLPRI */
    ;

    private readonly Lock _gate = new();
    private readonly bool _watches;
    private readonly int _table = -1;
    private long _generation;

    /// <param name="numbersAreUnique">Whether <see cref="FileStamp.Mount"/> alone tells mounts apart.</param>
    public MountTable(bool numbersAreUnique)
    {
        _watches = !numbersAreUnique;
        // Kept open for as long as the process lives.
        if (_watches && Libc.Open("/proc/self/mountinfo\0"u8, out int table) == 0)
            _table = table;
    }

    /// <summary>
    /// Another number after each change. Where changes cannot be seen, another number each time: then nothing is remembered.
    /// </summary>
    public long Generation()
    {
        if (!_watches)
            return 0;
        lock (_gate)
        {
            if (_table < 0 || (Libc.Poll(_table, Changed, 0) & Changed) != 0)
                _generation++;
            return _generation;
        }
    }
}
