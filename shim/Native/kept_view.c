/*
 * helmcached becomes this program where what it would print may be kept (daemon/Native/kept_view.c): under its own name, and only when it finds this note in the
 * first page of the file. What is not kept, helmcached prints after all, told by a word before its command that it is not to ask again.
 */
#include <alloca.h>
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PATH = 4096, FAILED = 1 };

__attribute__((section(".note.helmcached"), used, aligned(4)))
static const struct {
    Elf64_Nhdr header;
    char name[12];
    char text[12];
} note = { { 11, 12, 1 }, "helmcached", "kept-view 1" };

/* Whether this program was started as helmcached; the same rule as KeptView.IsWanted. */
int is_helmcached(int argc, char **argv)
{
    if (argc < 2)
        return 0;
    const char *slash = strrchr(argv[0], '/');
    return strcmp(slash ? slash + 1 : argv[0], "helmcached") == 0;
}

/* Returns only where helmcached cannot be started. */
int become_helmcached(int argc, char **argv)
{
    char path[MAX_PATH + sizeof "helmcached"];
    ssize_t length = readlink("/proc/self/exe", path, MAX_PATH - 1);
    path[length > 0 ? length : 0] = 0;
    char *slash = strrchr(path, '/');
    strcpy(slash ? slash + 1 : path, "helmcached");
    char **words = alloca(sizeof *words * ((size_t)argc + 2));
    words[0] = argv[0];
    words[1] = (char *)"unkept";
    for (int i = 1; i <= argc; i++)
        words[i + 1] = argv[i];
    /* The runtime ignores it; ignored, it would stay so across exec. */
    signal(SIGPIPE, SIG_DFL);
    execv(path, words);
    dprintf(STDERR_FILENO, "helmcached: %s: %s\n", path, strerror(errno));
    return FAILED;
}
