using System;
using System.IO;
using System.IO.MemoryMappedFiles;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>
/// A wall clock for some processes only, which a test can set while they run: a library put before libc, made by the C compiler
/// of this machine, adds to the time what a shared file says. Monotonic time, file stamps and everybody else's time stay.
/// </summary>
internal sealed class OtherClock : IDisposable
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/time.h>
        #include <time.h>
        static volatile long *seconds;
        static int (*real)(clockid_t, struct timespec *);
        __attribute__((constructor)) static void begin(void) {
            const char *path = getenv("OTHER_CLOCK");
            int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
            if (file >= 0)
                seconds = mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
        }
        int clock_gettime(clockid_t id, struct timespec *now) {
            if (!real)
                real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
            int result = real(id, now);
            if (result == 0 && seconds && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
                now->tv_sec += *seconds;
            return result;
        }
        int gettimeofday(struct timeval *now, void *zone) {
            struct timespec exact;
            int result = clock_gettime(CLOCK_REALTIME, &exact);
            now->tv_sec = exact.tv_sec;
            now->tv_usec = exact.tv_nsec / 1000;
            return result;
        }
        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly MemoryMappedFile _offset;
    private readonly MemoryMappedViewAccessor _view;

    public OtherClock()
    {
        string source = _directory.Write("clock.c", Source);
        Assert.True(Needs.Succeeds("cc", "-shared", "-fPIC", "-O1", "-o", _directory.At("clock.so"), source, "-ldl"));
        _offset = MemoryMappedFile.CreateFromFile(_directory.At("offset"), FileMode.CreateNew, null, sizeof(long));
        _view = _offset.CreateViewAccessor();
    }

    /// <summary>Sets the clock of all commands made by <see cref="Use"/>, running or not.</summary>
    public void Set(TimeSpan ahead) => _view.Write(0, (long)ahead.TotalSeconds);

    /// <summary>The same command, and all that it starts, by this clock.</summary>
    public Command Use(Command command) =>
        command.With("LD_PRELOAD", _directory.At("clock.so")).With("OTHER_CLOCK", _directory.At("offset"));

    public void Dispose()
    {
        _view.Dispose();
        _offset.Dispose();
        _directory.Dispose();
    }
}
