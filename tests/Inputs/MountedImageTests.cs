using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Inputs;

/// <summary>
/// Charts and values on images of file systems that are mounted one after the other at one place: inodes, sizes and all times are equal,
/// since one image is a copy of the other with a word changed. Everything happens in a mount namespace of its own.
/// </summary>
[Trait("Needs", "programs")]
public sealed class MountedImageTests
{
    /// <summary>
    /// Makes first.img, and second.img from it with other text; mounts the first, calls twice, then the second, and calls again. $1: how to
    /// make and mount an image; $2: helmcached; the rest: helm. Prints what each call printed.
    /// </summary>
    private const string Script = """
        set -eu
        kind=$1 admin=$2; shift 2
        mkdir -p source/web/templates image over top work
        printf 'apiVersion: v2\nname: web\nversion: 1.0.0\n' >source/web/Chart.yaml
        printf 'chart: FIRST1\nvalue: {{ .Values.a }}\n' >source/web/templates/x.yaml
        printf 'a: FIRST1\n' >source/values.yaml
        find source -exec touch -d '2020-01-01' {} +
        case $kind in
            ext4|overlay)
                truncate -s 4M first.img
                mke2fs -q -t ext4 -O ^metadata_csum,^has_journal -d source first.img 2>/dev/null
                # What its maker says: ctime too lies years back.
                for file in / /web /web/templates /web/Chart.yaml /web/templates/x.yaml /values.yaml; do
                    echo "set_inode_field $file ctime 20200101000000"
                    echo "set_inode_field $file mtime 20200101000000"
                done | debugfs -w first.img >/dev/null 2>&1 ;;
            squashfs) mksquashfs source first.img -noI -noD -noF -noX -quiet >/dev/null ;;
        esac
        sed s/FIRST1/SECOND/g first.img >second.img
        for image in first second; do
            mount -o loop,ro $image.img image
            place=image
            if [ $kind = overlay ]; then mount -t overlay none -o lowerdir=image:top over; place=over; fi
            [ "$admin" = none ] || [ $image = second ] || "$admin" start >&2
            for call in 1 2; do (cd work; "$@" template r ../$place/web -f ../$place/values.yaml); done
            [ $place = image ] || umount over
            umount image
        done
        """;

    public static IEnumerable<object[]> Rows =>
        from major in (int[])[3, 4]
        from kind in (string[])["ext4", "overlay", "squashfs"]
        select new object[] { major, kind };

    [ImageTheory]
    [MemberData(nameof(Rows))]
    public async Task A4_another_image_at_the_same_place_is_another_input(int major, string kind)
    {
        if (kind == "squashfs" && !Needs.Succeeds("mksquashfs", "-version"))
        {
            Console.Error.WriteLine("A4 squashfs is not tested: needs mksquashfs (Debian: apt-get install squashfs-tools)");
            return;
        }
        await using var home = new DaemonHome(RealHelms.Of(major));
        CommandResult real = await RunAsync(home, "real", kind, "none", home.RealHelm);
        Assert.Equal(0, real.ExitCode);
        Assert.Equal((4, 4), (Count(real, "FIRST1"), Count(real, "SECOND")));
        CommandResult ours = await RunAsync(home, "ours", kind, home.DaemonPath, home.ShimPath);
        Assert.Equal(real.StdoutText, ours.StdoutText);

        static int Count(CommandResult result, string word) => result.StdoutText.Split(word).Length - 1;
    }

    private static Task<CommandResult> RunAsync(DaemonHome home, string name, params string[] words)
    {
        string directory = System.IO.Directory.CreateDirectory(home.At(name)).FullName;
        return new Command("/usr/bin/unshare", ["--mount", "/bin/bash", "-c", Script, "images", .. words])
        {
            Directory = directory,
            Environment = new Dictionary<string, string?>(home.Environment)
            {
                ["PATH"] = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin",
            },
        }.RunAsync();
    }
}

/// <summary>Skips, with the reason, where no image can be made and mounted.</summary>
public sealed class ImageTheoryAttribute : TheoryAttribute
{
    private const string Try =
        "i=$(mktemp) && trap 'rm -f $i' EXIT && truncate -s 1M $i && PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 $i && mount -o "
        + "loop,ro $i /mnt";

    private static readonly Lazy<bool> s_possible = new(() => Needs.Succeeds("unshare", "--mount", "/bin/bash", "-c", Try));

    public ImageTheoryAttribute()
    {
        if (!s_possible.Value)
            Skip = "needs root, mke2fs and loop devices, to mount images of file systems";
    }
}
