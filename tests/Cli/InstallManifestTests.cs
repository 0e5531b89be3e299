using System.IO;
using CacheDaemon.Daemon.Cli.Installing;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

public sealed class InstallManifestTests
{
    private const string Whole = """
        {
          "version": 1,
          "directory": "/home/a/bin",
          "made": [
            {
              "kind": "Block",
              "path": "/home/a/.bashrc",
              "value": "",
              "created": true,
              "ended_line": false
            }
          ]
        }
        """;

    [Fact]
    public void What_was_made_is_read_back_and_written_as_before()
    {
        using var home = new TemporaryDirectory();
        string path = home.Write("manifest.json", Whole);
        InstallManifest manifest = InstallManifest.Load(path)!;
        InstalledThing thing = Assert.Single(manifest.Things);
        Assert.Equal(
            ("/home/a/bin", new InstalledThing(InstalledKind.Block, "/home/a/.bashrc", Created: true)),
            (manifest.Directory, thing)
        );
        manifest.Add(thing);
        Assert.Equal(Whole, File.ReadAllText(path));
    }

    [Theory]
    [InlineData("\"made\": [", "\"mode\": [")]
    [InlineData("\"Block\"", "\"Blok\"")]
    [InlineData("\"Block\"", "null")]
    [InlineData("\"/home/a/.bashrc\"", "null")]
    [InlineData("\"path\":", "\"place\":")]
    [InlineData("]", "")]
    public void A_damaged_list_is_not_half_read(string before, string after)
    {
        using var home = new TemporaryDirectory();
        string path = home.Write("manifest.json", Whole.Replace(before, after, System.StringComparison.Ordinal));
        Assert.StartsWith($"{path} is damaged (", Assert.Throws<IOException>(() => InstallManifest.Load(path)).Message);
    }

    [Fact]
    public void A_list_of_another_version_is_left_alone()
    {
        using var home = new TemporaryDirectory();
        string path = home.Write("manifest.json", Whole.Replace("\"version\": 1", "\"version\": 2", System.StringComparison.Ordinal));
        Assert.Contains(
            "another version",
            Assert.Throws<IOException>(() => InstallManifest.Load(path)).Message,
            System.StringComparison.Ordinal
        );
    }
}
