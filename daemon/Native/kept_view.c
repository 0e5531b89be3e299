/*
 * What comes before the runtime. Commands that tools call again and again print what may be kept ready-made beside the output of a render; then the shim, which lies beside this program and starts in
 * a fraction of its time, gets it from the daemon and prints it (shim/KeptView.cs). Anything else it hands back, with the word "unkept" before the command.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PATH = 4096, FIRST_PAGE = 4096 };

/* The note of shim/Native/kept_view.c: a helm without it, real helm above all, is not to be run in our place. */
static const char note[] = "helmcached\0\0kept-view 1";

static int may_be_kept(int argc, char **argv)
{
    if (argc < 2 || (strcmp(argv[1], "resources") != 0 && strcmp(argv[1], "images") != 0))
        return 0;
    int is_plain = 0;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            return is_plain;
        is_plain |= strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--quiet") == 0;
    }
    return 0;
}

static void ask_for_kept(char **argv)
{
    char path[MAX_PATH + sizeof "helm"], page[FIRST_PAGE];
    ssize_t length = readlink("/proc/self/exe", path, MAX_PATH);
    if (length <= 0 || length >= MAX_PATH)
        return;
    path[length] = 0;
    strcpy(strrchr(path, '/') + 1, "helm");
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t count = file < 0 ? -1 : read(file, page, sizeof page);
    if (file >= 0)
        close(file);
    if (count <= 0 || !memmem(page, (size_t)count, note, sizeof note - 1))
        return;
    char *name = argv[0];
    argv[0] = (char *)"helmcached";
    execv(path, argv);
    argv[0] = name;
}

/* limits.c */
void raise_limits(int argc, char **argv);

int __real_main(int argc, char **argv);

int __wrap_main(int argc, char **argv)
{
    raise_limits(argc, argv);
    if (may_be_kept(argc, argv))
        ask_for_kept(argv);
    return __real_main(argc, argv);
}
