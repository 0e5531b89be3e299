using System.IO;
using CacheDaemon.Client.Native;
using Xunit;

namespace CacheDaemon.Tests.Files;

public sealed class FileStampTests
{
    [Fact]
    public void Stamp_tells_kind_and_size()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "12345");
        Assert.Equal(0, Libc.Stat(path, follow: true, out FileStamp stamp));
        Assert.Equal((FileKind.Regular, 5L), (stamp.Kind, stamp.Size));
        File.Delete(path);
        Assert.Equal(Libc.ENOENT, Libc.Stat(path, follow: true, out _));
    }
}
