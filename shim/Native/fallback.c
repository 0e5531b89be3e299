/*
 * Becoming real helm without the runtime: where it cannot start (no memory for its heap, no thread for its finalizer), or where the program
 * gave up before it had done anything. Finds the same helm as HelmLocator, by the same rules, and allocates nothing.
 */
#define _GNU_SOURCE
#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_PATH = 4096, MAX_SHIM_BYTES = 8 * 1024 * 1024, MAX_CONFIGURATION_BYTES = 256 * 1024, MAX_DEPTH = 24, NOTE_BYTES = 512 };

/* HelmLocator.Marker; the shim is told by it from any helm. */
static const char marker[] = "helmcached-shim:9c1f6e0a-5b7d-4f0e-8a53-d1c0a7a2f4be";

static int fail(const char *message, const char *path, int code)
{
    dprintf(STDERR_FILENO, "helm: %s%s%s\n", path, *path ? ": " : "", message);
    return code;
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* True for a build of the shim, in whatever place. */
static int is_shim(const char *path, const struct stat *stamp)
{
    if (stamp->st_size > MAX_SHIM_BYTES)
        return 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0)
        return 0;
    char buffer[16 * 1024];
    size_t kept = 0;
    ssize_t count;
    int found = 0;
    while (!found && (count = read(file, buffer + kept, sizeof buffer - kept)) > 0) {
        size_t length = kept + (size_t)count;
        found = memmem(buffer, length, marker, sizeof marker - 1) != NULL;
        kept = length < sizeof marker - 2 ? length : sizeof marker - 2;
        memmove(buffer, buffer + length - kept, kept);
    }
    close(file);
    return found;
}

static int is_helm(const char *path)
{
    struct stat stamp;
    return stat(path, &stamp) == 0 && S_ISREG(stamp.st_mode) && (stamp.st_mode & 0111)
        && (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 || errno != EACCES) && !is_shim(path, &stamp);
}

/* The environment with our depth counted up, in room for one more than there are. */
static void count_depth(char **copy, char *depth, size_t size)
{
    static const char name[] = "HELMCACHED_DEPTH=";
    long level = 0;
    for (char **entry = environ; *entry; entry++) {
        if (strncmp(*entry, name, sizeof name - 1) == 0)
            level = strtol(*entry + sizeof name - 1, NULL, 10);
        else
            *copy++ = *entry;
    }
    snprintf(depth, size, "%s%ld", name, level + 1);
    *copy++ = depth;
    *copy = NULL;
}

/* Returns only on failure, with errno. */
static int execute(const char *path, int argc, char **argv, char **environment)
{
    execve(path, argv, environment);
    if (errno == E2BIG)
        execve(path, argv, environ);
    if (errno == ENOEXEC) {
        char **shell = alloca(sizeof *shell * ((size_t)argc + 2));
        shell[0] = (char *)"/bin/sh";
        shell[1] = (char *)path;
        for (int i = 1; i <= argc; i++)
            shell[i + 1] = argv[i];
        execve(shell[0], shell, environment);
    }
    return errno;
}

/* The path that the configuration names with helm: (ConfiguredHelm), or 0. */
static int configured(char *path)
{
    char file[MAX_PATH];
    const char *chosen = variable("HELMCACHED_CONFIG");
    if (!chosen) {
        const char *home = NULL;
        struct passwd account, *found = NULL;
        char line[MAX_PATH];
        FILE *accounts = fopen("/etc/passwd", "re");
        while (accounts && fgetpwent_r(accounts, &account, line, sizeof line, &found) == 0)
            if (account.pw_uid == geteuid() && account.pw_dir && account.pw_dir[0] == '/') {
                home = account.pw_dir;
                break;
            }
        if (!home)
            home = variable("HOME");
        if (accounts)
            fclose(accounts);
        if (!home || snprintf(file, sizeof file, "%s/.config/helmcached/config.yaml", home) >= (int)sizeof file)
            return 0;
        chosen = file;
    }
    struct stat stamp;
    if (stat(chosen, &stamp) != 0 || !S_ISREG(stamp.st_mode) || stamp.st_size > MAX_CONFIGURATION_BYTES)
        return 0;
    FILE *configuration = fopen(chosen, "re");
    if (!configuration)
        return 0;
    char text[MAX_PATH];
    int result = 0;
    while (!result && fgets(text, sizeof text, configuration)) {
        char *value = text + 5;
        if (strncmp(text, "helm:", 5) != 0 || (*value != ' ' && *value != '\t'))
            continue;
        value += strspn(value, " \t");
        size_t length = strcspn(value, "\r\n");
        if (*value == '"' || *value == '\'') {
            const char *end = strchr(value + 1, *value);
            length = end ? (size_t)(end - ++value) : 0;
            if (memchr(value, '\\', length))
                length = 0;
        } else {
            const char *comment = strstr(value, " #");
            if (comment && (size_t)(comment - value) < length)
                length = (size_t)(comment - value);
            while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
                length--;
        }
        if (length < 2 || value[0] != '/')
            break;
        memcpy(path, value, length);
        path[length] = 0;
        result = is_helm(path);
        break;
    }
    fclose(configuration);
    return result;
}

/* The copy of real helm in the volume that we were laid out for (ProgramVolume), or 0. */
static int in_volume(char *path)
{
    static const char begin[] = "\0helmcached-volume:6d0b2a5e1f47:";
    char note[NOTE_BYTES + 1] = { 0 };
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    off_t end = lseek(file, 0, SEEK_END);
    ssize_t count = end < NOTE_BYTES ? 0 : pread(file, note, NOTE_BYTES, end - NOTE_BYTES);
    close(file);
    return count == NOTE_BYTES && memcmp(note, begin, sizeof begin - 1) == 0 && note[sizeof begin - 1] == '/'
        && snprintf(path, MAX_PATH, "%s/libexec/helm", note + sizeof begin - 1) < MAX_PATH && is_helm(path);
}

static int become_helm(int argc, char **argv)
{
    size_t count = 0;
    while (environ[count])
        count++;
    char **environment = alloca(sizeof *environment * (count + 2));
    char depth[64], path[MAX_PATH];
    count_depth(environment, depth, sizeof depth);
    if (strtol(strchr(depth, '=') + 1, NULL, 10) > MAX_DEPTH)
        return fail("leads back to this shim; set HELMCACHED_HELM to the real helm binary", "", 126);
    /* The runtime ignores it; ignored, it would stay so across exec. */
    signal(SIGPIPE, SIG_DFL);
    const char *chosen = variable("HELMCACHED_HELM");
    if (chosen) {
        if (!is_helm(chosen))
            return fail("is not the real helm; set HELMCACHED_HELM to its path, or unset it to search PATH", chosen, 127);
        return fail(strerror(execute(chosen, argc, argv, environment)), chosen, 126);
    }
    int error = 0;
    if (configured(path) || in_volume(path))
        error = execute(path, argc, argv, environment);
    const char *list = variable("PATH");
    while (list && (error == 0 || error == EACCES)) {
        size_t length = strcspn(list, ":");
        int written = snprintf(path, sizeof path, "%.*s%shelm", (int)length, list, length ? "/" : "");
        if (written > 0 && written < (int)sizeof path && is_helm(path))
            error = execute(path, argc, argv, environment);
        list = list[length] ? list + length + 1 : NULL;
    }
    return error ? fail(strerror(error), path, 126)
                 : fail("no real helm found: no other executable named helm is on PATH; install helm, or set HELMCACHED_HELM to its path", "", 127);
}

/* kept_view.c */
int is_helmcached(int argc, char **argv);
int become_helmcached(int argc, char **argv);

int __real_main(int argc, char **argv);

/* Negative where the runtime could not start, and where Program.Main says so; an exit code of helm's never is. */
int __wrap_main(int argc, char **argv)
{
    int code = __real_main(argc, argv);
    if (code >= 0)
        return code;
    return is_helmcached(argc, argv) ? become_helmcached(argc, argv) : become_helm(argc, argv);
}
