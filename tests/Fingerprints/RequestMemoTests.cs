using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Fingerprints;

/// <summary>
/// A fingerprint is recalled by the bytes of its request only while everything that it was computed from is untouched: each
/// input of docs/key.md is edited once, so that leaving one out of the evidence fails here.
/// </summary>
public sealed class RequestMemoTests : IDisposable
{
    private const string PluginText = "name: p\nversion: 1.0.0\n";

    private readonly TemporaryDirectory _directory = new();
    private readonly Fingerprinter _fingerprinter = new(new Later(), new HelmBinaries());

    public RequestMemoTests()
    {
        Write("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
        Write("chart/templates/a.yaml", "a: {{ .Values.a }}\n");
        Write("values.yaml", "a: 1\n");
        Write("other.yaml", "a: 2\n");
        File.CreateSymbolicLink(At("link.yaml"), "values.yaml");
        Write("home/.local/share/helm/plugins/with/plugin.yaml", PluginText);
        Write("home/.local/share/helm/plugins/without/README", "");
        // A native binary that carries helm's module path is helm, as far as the fingerprint is concerned.
        Write("bin/helm", "\u007fELF helm.sh/helm/v3");
        WaitForTheNextTick();
    }

    public static TheoryData<string, Action<RequestMemoTests>> Edits =>
        new()
        {
            { "values edited", t => t.Write("values.yaml", "a: 3\n") },
            { "values replaced by equal bytes", t => t.Replace("values.yaml") },
            { "values gone", t => File.Delete(t.At("values.yaml")) },
            { "values retargeted", t => t.Retarget("link.yaml", "other.yaml") },
            { "template edited", t => t.Write("chart/templates/a.yaml", "b: {{ .Values.a }}\n") },
            { "template added", t => t.Write("chart/templates/b.yaml", "b: 1\n") },
            { "template removed", t => File.Delete(t.At("chart/templates/a.yaml")) },
            { "ignore rules added", t => t.Write("chart/.helmignore", "*.md\n") },
            { "plugin edited", t => t.Write("home/.local/share/helm/plugins/with/plugin.yaml", PluginText + "usage: u\n") },
            { "plugin added", t => t.Write("home/.local/share/helm/plugins/new/plugin.yaml", PluginText) },
            { "directory becomes a plugin", t => t.Write("home/.local/share/helm/plugins/without/plugin.yaml", PluginText) },
            { "plugin removed", t => File.Delete(t.At("home/.local/share/helm/plugins/with/plugin.yaml")) },
            { "kubeconfig appears", t => t.Write("home/.kube/config", "current-context: x\n") },
            { "legacy kubeconfig appears", t => t.Write("home/.kube/.kubeconfig", "") },
            { "repositories appear", t => t.Write("home/.config/helm/repositories.yaml", "repositories: []\n") },
            { "registry credentials appear", t => t.Write("home/.config/helm/registry/config.json", "{}") },
            { "docker credentials appear", t => t.Write("home/.docker/config.json", "{}") },
            { "helm replaced", t => t.Replace("bin/helm") },
            { "working directory replaced", t => t.ReplaceDirectory() },
        };

    [Theory]
    [MemberData(nameof(Edits))]
    public void An_edit_of_any_input_forgets(string what, Action<RequestMemoTests> edit)
    {
        ArgumentNullException.ThrowIfNull(edit);
        Message.Render request = Request();
        ReadOnlySequence<byte> message = Remember(request);
        KnownRequest? before = _fingerprinter.FindKnown(message);
        Assert.NotNull(before);

        edit(this);

        Assert.True(_fingerprinter.FindKnown(message) is null, what);
    }

    [Fact]
    public void Files_that_helm_does_not_read_change_nothing()
    {
        ReadOnlySequence<byte> message = Remember(Request());

        Write("notes.txt", "x");
        Write("home/notes.txt", "x");
        Write("home/.local/share/helm/plugins/with/more", "x");

        Assert.NotNull(_fingerprinter.FindKnown(message));
    }

    [Fact]
    public void What_is_recalled_is_what_is_computed()
    {
        Message.Render request = Request();
        ReadOnlySequence<byte> message = Remember(request);

        Fingerprint recalled = _fingerprinter.FindKnown(message)!.Outcome.Fingerprint;
        Fingerprint computed = Known(request).Fingerprint;

        Assert.Equal(computed.Key, recalled.Key);
        Assert.Equal(computed.PathKey, recalled.PathKey);
        Assert.True(recalled.HasSameInputsAs(computed));
    }

    [Fact]
    public void Stamps_too_young_to_trust_are_not_relied_on()
    {
        var now = new Fingerprinter(TimeProvider.System, new HelmBinaries());
        Write("values.yaml", "a: 9\n");
        Message.Render request = Request();
        ReadOnlySequence<byte> message = new([1]);
        now.Remember(message, request, Assert.IsType<FingerprintOutcome.Known>(now.Compute(request)));

        Assert.Null(now.FindKnown(message));
    }

    [Fact]
    public void The_oldest_requests_leave_when_there_are_too_many()
    {
        Message.Render request = Request();
        var known = new KnownRequest(request, Known(request));
        var memo = new RequestMemo(maxRequests: 2);

        memo.Add(new([1]), known);
        memo.Add(new([2]), known);
        memo.Add(new([3]), known);

        Assert.Equal(2, memo.Count);
        Assert.Null(memo.Find(new([1])));
        Assert.NotNull(memo.Find(new([3])));
    }

    [Fact]
    public void Many_long_requests_take_bounded_memory()
    {
        Message.Render request = Request();
        var known = new KnownRequest(request, Known(request));
        var memo = new RequestMemo();

        for (int i = 0; i < 1000; i++)
            memo.Add(new([.. BitConverter.GetBytes(i), .. new byte[RequestMemo.MaxMessageBytes - sizeof(int)]]), known);

        Assert.Equal(RequestMemo.MaxBytes / RequestMemo.MaxMessageBytes, memo.Count);
    }

    [Fact]
    public void Requests_with_large_standard_input_are_not_kept()
    {
        Message.Render request = Request();
        var memo = new RequestMemo();

        memo.Add(new(new byte[RequestMemo.MaxMessageBytes + 1]), new KnownRequest(request, Known(request)));

        Assert.Equal(0, memo.Count);
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>This test's clock runs ahead; what it edits must differ by more than the kernel's clock tick all the same.</summary>
    private void WaitForTheNextTick()
    {
        string probe = _directory.Write("probe", "");
        Assert.Equal(0, Libc.Stat(probe, follow: true, out FileStamp first));
        FileStamp now;
        do
        {
            File.WriteAllText(probe, "x");
            Assert.Equal(0, Libc.Stat(probe, follow: true, out now));
        } while (now.ChangedNs == first.ChangedNs);
    }

    private string At(string name) => _directory.At("world", name);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text);
    }

    private void Replace(string name)
    {
        File.Copy(At(name), At(name + ".new"));
        File.Move(At(name + ".new"), At(name), overwrite: true);
    }

    private void Retarget(string link, string target)
    {
        File.Delete(At(link));
        File.CreateSymbolicLink(At(link), target);
    }

    private void ReplaceDirectory()
    {
        Directory.Move(_directory.At("world"), _directory.At("old"));
        Directory.CreateDirectory(_directory.At("world"));
    }

    private ReadOnlySequence<byte> Remember(Message.Render request)
    {
        ReadOnlySequence<byte> message = new(MessageCodec.Encode(request).AsMemory(Frame.HeaderBytes));
        _fingerprinter.Remember(message, request, Known(request));
        return message;
    }

    private FingerprintOutcome.Known Known(Message.Render request) =>
        Assert.IsType<FingerprintOutcome.Known>(_fingerprinter.Compute(request));

    private Message.Render Request()
    {
        Assert.Equal(0, Libc.StatPlace(_directory.At("world"), out FileStamp here));
        Assert.Equal(0, Libc.Stat(At("bin/helm"), follow: true, out FileStamp helm));
        return new Message.Render
        {
            Arguments = ["template", "r", "chart", "-f", "link.yaml"],
            Directory = _directory.At("world"),
            DirectoryDevice = here.Device,
            DirectoryInode = here.Inode,
            DirectoryMount = here.Mount,
            Environment = new Dictionary<string, string> { ["HOME"] = At("home"), ["PWD"] = _directory.At("world") },
            HelmPath = At("bin/helm"),
            HelmStamp = helm,
        };
    }

    /// <summary>An hour ahead, so that everything just written is old enough.</summary>
    private sealed class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(1);
    }
}
