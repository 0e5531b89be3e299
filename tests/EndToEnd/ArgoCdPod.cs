using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit.Sdk;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// A container of Argo CD's repo-server as docs/argo-cd.md has it, by the means of the kernel: a mount namespace and a root of its own that
/// is read-only, user 999 of whom /etc/passwd says a home that cannot be written, empty volumes, real helm as <c>/usr/local/bin/helm</c>,
/// and over it one file of a volume, as <c>subPath</c> does.
/// </summary>
internal sealed class ArgoCdPod(string helm) : IDisposable
{
    private const string Build = """
        set -e
        root=$1; helm=$2; programs=$3; work=$4
        mount --make-rprivate /
        mount -t tmpfs -o mode=755 none "$root"
        cd "$root"
        mkdir -p usr proc dev etc opt/helmcached tmp helmcached cache work home/argocd
        for name in bin lib lib64 sbin; do [ ! -e /$name ] || ln -s "usr/$name" "$name"; done
        mount --bind /usr usr; mount --rbind /proc proc
        for device in null zero random urandom; do touch dev/$device; mount --bind /dev/$device dev/$device; done
        ln -s /proc/self/fd dev/fd
        mount -t tmpfs -o mode=755 none usr/local/bin
        chown 999:999 home/argocd
        echo 'argocd:x:999:999::/home/argocd:/usr/sbin/nologin' > etc/passwd
        cp -L /etc/resolv.conf /etc/ld.so.cache etc/ 2>/dev/null || true
        touch usr/local/bin/helm; mount --bind "$helm" usr/local/bin/helm
        mount --bind "$programs" opt/helmcached; mount --bind "$work" work
        for volume in tmp helmcached cache; do mount -t tmpfs -o mode=1777 none $volume; done
        inside() { chroot --userspec=999:999 --groups= "$root" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/argocd "$@"; }
        for rw in . usr usr/local/bin; do mount -o remount,ro,bind $rw; done

        """;

    private readonly TemporaryDirectory _directory = new();

    /// <summary>A name that no other home has, for telling this pod's processes from others.</summary>
    public string Home { get; } = $"/cache/{Guid.NewGuid():N}";

    /// <summary>Where the container sees what the test puts there, as <c>/work</c>.</summary>
    public string Work => Directory.CreateDirectory(_directory.At("work")).FullName;

    /// <summary>Runs a script in which <c>inside PROGRAM ARGUMENT...</c> runs a program in the container; its output.</summary>
    public async Task<string> RunAsync(string script)
    {
        string root = Directory.CreateDirectory(_directory.At("root")).FullName;
        CommandResult result = await new Command(
            "unshare",
            ["-m", "/bin/sh", "-c", Build + script, "pod", root, helm, Path.GetDirectoryName(Repository.Daemon)!, Work]
        )
        {
            Environment = new Dictionary<string, string?> { ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin", ["home"] = Home },
        }.RunAsync();
        return result.ExitCode == 0 ? result.StdoutText : throw new XunitException(result + result.StdoutText);
    }

    /// <summary>Ids of the daemons of this pod.</summary>
    public IReadOnlyList<int> DaemonIds() =>
        [
            .. Directory
                .EnumerateDirectories("/proc")
                .Select(Path.GetFileName)
                .Where(name => int.TryParse(name, out _))
                .Select(name => int.Parse(name!))
                .Where(IsOurs),
        ];

    public void Dispose()
    {
        DaemonHome.Kill(DaemonIds());
        _directory.Dispose();
    }

    private bool IsOurs(int id)
    {
        try
        {
            return Encoding
                .UTF8.GetString(File.ReadAllBytes($"/proc/{id}/environ"))
                .Contains($"HELMCACHED_HOME={Home}\0", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
