/*
 * Functions of the C library that the runtime in this program gets in another form. The linker puts them in the place of the originals
 * (--wrap, see the project file).
 */
#include <errno.h>
#include <stddef.h>
#include <strings.h>
#include <sys/mman.h>

char *__real_getenv(const char *name);

/*
 * Hides the settings for .NET programs (DOTNET_*, COMPlus_*) from the runtime: a heap limit or a dump for each crash is meant for a program
 * that its user knows to be one, and helm is not. The environment itself stays as it is, for real helm.
 */
char *__wrap_getenv(const char *name)
{
    if (strncasecmp(name, "DOTNET_", 7) == 0 || strncasecmp(name, "COMPlus_", 8) == 0)
        return NULL;
    return __real_getenv(name);
}

/* A static program has no libraries to load, and the C library's own way to load some anyway needs exactly the version it was built with. */
void *__wrap_dlopen(const char *path, int flags)
{
    (void)path;
    (void)flags;
    return NULL;
}

void *__wrap_dlsym(void *library, const char *name)
{
    (void)library;
    (void)name;
    return NULL;
}

struct link_map;

/* Kernels for 64-bit Arm may be built for pages of 64 KiB. */
#ifdef __aarch64__
enum { LARGEST_PAGE = 65536 };
#else
enum { LARGEST_PAGE = 4096 };
#endif

void __real__dl_protect_relro(struct link_map *map) __attribute__((weak));

/*
 * At the start of a program the C library makes what it has relocated read-only, and ends the program when that is refused. Where a sandbox refuses
 * it, the runtime cannot start either, but real helm can.
 */
void __wrap__dl_protect_relro(struct link_map *map)
{
    static char page[LARGEST_PAGE] __attribute__((aligned(LARGEST_PAGE)));
    int refused = mprotect(page, sizeof page, PROT_READ | PROT_WRITE) != 0 && (errno == EPERM || errno == EACCES || errno == ENOSYS);
    if (__real__dl_protect_relro && !refused)
        __real__dl_protect_relro(map);
}

struct clone_args;

/* The C library of Debian 12 has no clone3 for 64-bit Arm. Weak there, and only there: a weak reference alone fetches nothing out of an archive. */
#ifdef __aarch64__
#define WHERE_THERE_IS_ONE __attribute__((weak))
#else
#define WHERE_THERE_IS_ONE
#endif
int __real___clone3(struct clone_args *arguments, size_t size, int (*function)(void *), void *argument) WHERE_THERE_IS_ONE;

/*
 * For threads and children the C library takes clone when it is told that there is no clone3. A sandbox that is older than clone3 (Docker
 * before 20.10.10) says that it is forbidden instead.
 */
int __wrap___clone3(struct clone_args *arguments, size_t size, int (*function)(void *), void *argument)
{
#ifdef __aarch64__
    if (!__real___clone3) {
        errno = ENOSYS;
        return -1;
    }
#endif
    int result = __real___clone3(arguments, size, function, argument);
    if (result == -1 && errno == EPERM)
        errno = ENOSYS;
    return result;
}
