/*
 * Functions of the C library that the runtime in this program gets in another form. The linker puts them in the place of the originals
 * (--wrap, see the project file).
 */
#include <stddef.h>
#include <strings.h>

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
