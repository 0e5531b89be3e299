using System;
using System.Collections.Generic;
using System.IO;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Support;

/// <summary>
/// Where a call comes from, without a process: a working directory with the chart <c>web</c>, an empty home, and a file that
/// passes for helm. Makes the requests that a shim would send from there. Nothing of this machine enters their keys.
/// </summary>
internal sealed class CallSite : IDisposable
{
    /// <summary>What makes a file helm for the daemon: an ELF header and the path of helm's module. It asks for two variables.</summary>
    public const string HelmContent = "\u007fELF passes for helm: helm.sh/helm/v3 HELM_NO_PLUGINSHELM_SOMETHING_NEW";

    private readonly TemporaryDirectory _directory = new();

    public CallSite() => Reset();

    /// <summary>The value of <c>HOME</c>.</summary>
    public string Home { get; private set; } = "";

    /// <summary>The working directory.</summary>
    public string Work { get; private set; } = "";

    /// <summary>The file that passes for helm.</summary>
    public string Helm { get; set; } = "";

    /// <summary>The chart <c>web</c>.</summary>
    public string ChartPath { get; private set; } = "";

    /// <summary>Makes everything as it was at first, at the same paths.</summary>
    public void Reset()
    {
        foreach (string directory in Directory.EnumerateDirectories(At()))
            Directory.Delete(directory, recursive: true);
        Home = Directory.CreateDirectory(At("home")).FullName;
        Work = Directory.CreateDirectory(At("work")).FullName;
        Helm = Write("bin/helm", HelmContent);
        ChartPath = Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a | quote }}").WriteTo(Work);
    }

    /// <summary>A path inside the site.</summary>
    public string At(params ReadOnlySpan<string> parts) => _directory.At(parts);

    /// <summary>Writes a file of the site and returns its path.</summary>
    public string Write(string relativePath, string text) => _directory.Write(relativePath, text);

    /// <summary>Appends to a file of the site.</summary>
    public void Append(string relativePath, string text) => File.AppendAllText(At(relativePath), text);

    /// <summary>From now on calls come from copies of the home and the working directory, as of another machine or job.</summary>
    public void MoveToCopies()
    {
        Home = Copy(Home, At("elsewhere", "home"));
        Work = Copy(Work, At("elsewhere", "another", "work"));
        ChartPath = Path.Combine(Work, "web");
    }

    /// <summary>
    /// The request of one call; words of <paramref name="line"/> are separated by blanks, and <c>@</c> stands for the site's directory, in
    /// values of variables too. A null value takes a variable away.
    /// </summary>
    public Message.Render Request(string line = "template r ./web", byte[]? stdin = null, params (string Name, string? Value)[] variables)
    {
        if (Libc.StatPlace(Work, out FileStamp here) != 0 || Libc.Stat(Helm, follow: true, out FileStamp helm) != 0)
            throw new InvalidOperationException("The site is gone.");
        // An empty TZ is UTC without a look at the machine's time zones.
        var environment = new Dictionary<string, string> { ["HOME"] = Home, ["TZ"] = "" };
        foreach ((string name, string? value) in variables)
        {
            environment.Remove(name);
            if (value is not null)
                environment[name] = value.Replace("@", At(), StringComparison.Ordinal);
        }
        return new Message.Render
        {
            Arguments = line.Replace("@", At(), StringComparison.Ordinal).Split(' '),
            Directory = Work,
            DirectoryDevice = here.Device,
            DirectoryInode = here.Inode,
            DirectoryMount = here.Mount,
            Environment = environment,
            Umask = 18,
            HelmPath = Helm,
            HelmStamp = helm,
            Stdin = stdin is null ? (ReadOnlyMemory<byte>?)null : stdin,
        };
    }

    public void Dispose() => _directory.Dispose();

    private static string Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string directory in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, directory)));
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        return to;
    }
}
