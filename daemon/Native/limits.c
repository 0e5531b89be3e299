/*
 * A daemon that a shim has started serves everybody, and must not be held to what the caller of that shim set for itself. Before the runtime, which reserves its heap and makes its first threads by
 * these limits. Hard limits cannot be raised: where they are too low, the shim starts none (DaemonLauncher.LimitProblem).
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

/* What a thread gets under the usual limit; the C library has taken it from the caller's. */
enum { THREAD_STACK_BYTES = 8 * 1024 * 1024 };

void raise_limits(int argc, char **argv)
{
    /* All that a process can do without; how large a core may be is no such thing. */
    static const int resources[] = { RLIMIT_AS, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_STACK };
    if (argc < 3 || strcmp(argv[1], "serve") != 0 || strcmp(argv[2], "--detached") != 0)
        return;
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        struct rlimit limit;
        if (getrlimit(resources[i], &limit) == 0 && limit.rlim_cur != limit.rlim_max) {
            limit.rlim_cur = limit.rlim_max;
            setrlimit(resources[i], &limit);
        }
    }
    pthread_attr_t attributes;
    size_t stack;
    if (pthread_attr_init(&attributes) != 0)
        return;
    if (pthread_attr_getstacksize(&attributes, &stack) == 0 && stack < THREAD_STACK_BYTES && pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES) == 0)
        pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
}
