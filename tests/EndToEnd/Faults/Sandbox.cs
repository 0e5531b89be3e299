using System;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>
/// Runs a program that is refused one system call, as sandboxes refuse what they do not know (seccomp(2)): by a small program, made by the
/// C compiler of this machine.
/// </summary>
internal sealed class Sandbox : IDisposable
{
    // sandbox CALL ERRNO PROGRAM ARGUMENT...: from the program's execve on, every other execve included when that is the call.
    private const string Source = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        #define CALL(name) { #name, SYS_##name }
        static const struct { const char *name; int number; } calls[] = {
        #include "calls.h"
        };
        int main(int argc, char **argv) {
            (void)argc;
            for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
                if (strcmp(calls[i].name, argv[1]) != 0)
                    continue;
                struct sock_filter filter[] = {
                    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 1),
                    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | atoi(argv[2])),
                    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
                };
                struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
                if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
                    return 97;
                execv(argv[3], argv + 3);
                return 98;
            }
            return 99;
        }
        """;

    private readonly TemporaryDirectory _directory = new();

    /// <param name="calls">The names of the calls that may be refused.</param>
    public Sandbox(params ReadOnlySpan<string> calls)
    {
        string header = "";
        foreach (string call in calls)
            header += $"CALL({call}),\n";
        _directory.Write("calls.h", header);
        Assert.True(Needs.Succeeds("cc", "-O1", "-o", _directory.At("sandbox"), _directory.Write("sandbox.c", Source)));
    }

    /// <summary>The same command, with this call answered by this errno.</summary>
    public Command Refuse(string call, int errno, Command command) =>
        command with
        {
            File = _directory.At("sandbox"),
            Arguments = [call, $"{errno}", command.File, .. command.Arguments],
        };

    public void Dispose() => _directory.Dispose();
}
