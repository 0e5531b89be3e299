using System;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Arming;

namespace CacheDaemon.Tests.Support;

/// <summary>
/// Armed copies of the real helms, made once and shared by all homes of the tests: arming takes seconds, and there are hundreds of homes.
/// </summary>
internal static class ArmedHelms
{
    private static readonly Lazy<string> s_directory = new(static () => Task.Run(MakeAsync).GetAwaiter().GetResult());

    /// <summary>Where they are, complete.</summary>
    public static string Directory => s_directory.Value;

    /// <summary>What became of one.</summary>
    /// <param name="helm">Path of the real helm.</param>
    public static Task<ArmingRecord> OfAsync(string helm) => ArmingWork.RunAsync(Directory, helm);

    private static async Task<string> MakeAsync()
    {
        string directory = Path.Combine(Repository.Root, "artifacts", "test", "armed");
        foreach (string helm in (string[])[.. RealHelms.All, Repository.FakeHelm])
            await ArmingWork.RunAsync(directory, helm);
        return directory;
    }
}
