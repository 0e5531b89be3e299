using System.Collections.Generic;
using System.Security.Cryptography;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Tests.Protocol;

/// <summary>One message of each kind with fixed content: what docs/protocol.md shows in hex.</summary>
internal static class MessageExamples
{
    private static readonly byte[] s_key = SHA256.HashData("---\n"u8);
    private static readonly byte[] s_empty = SHA256.HashData([]);

    public static readonly Message.Render Render = new()
    {
        Arguments = ["template", "web", "./chart", "-f", "-", "-f", "/dev/fd/63"],
        Directory = "/src",
        DirectoryDevice = 2049,
        DirectoryInode = 131,
        DirectoryMount = 2_147_483_948,
        Environment = new Dictionary<string, string> { ["HOME"] = "/home/ada" },
        Umask = 18,
        HelmPath = "/usr/bin/helm",
        HelmStamp = new FileStamp(2049, 77, 58_155_160, 1_700_000_000_000_000_000, 1_700_000_000_000_000_001, 33261),
        Stdin = "a: 1\n"u8.ToArray(),
        Flags = RenderFlags.ReadOnly,
        Descriptors = [new DescriptorContent(63, "b: 2\n"u8.ToArray())],
    };

    public static readonly IReadOnlyDictionary<string, Message> All = new Dictionary<string, Message>
    {
        ["Render"] = Render,
        ["Publish"] = new Message.Publish(7, 0, 33_000, ""u8.ToArray(), "---\n"u8.ToArray()),
        ["Abandon"] = new Message.Abandon(7, RefuseReason.Interrupted),
        ["Status"] = new Message.Status(),
        ["Stats"] = new Message.Stats(false),
        ["Prune"] = new Message.Prune(false, 86_400, null, "web", true),
        ["Stop"] = new Message.Stop(),
        ["Explain"] = new Message.Explain(Render with { Stdin = null, Flags = RenderFlags.None, Descriptors = [] }),
        ["Verify"] = new Message.Verify(),
        ["Recall"] = new Message.Recall(s_key),
        ["Forget"] = new Message.Forget(s_key),
        ["Calls"] = new Message.Calls(20),
        ["PublishDescriptor"] = new Message.PublishDescriptor(7, 0, 33_000, ""u8.ToArray(), 700_000),
        ["List"] = new Message.List(),
        ["Earlier"] = new Message.Earlier(Render with { Stdin = null, Flags = RenderFlags.None, Descriptors = [] }),
        ["Project"] = new Message.Project(s_key, "\u0001"u8.ToArray(), "2 images --quiet"),
        ["Recent"] = new Message.Recent(20),
        ["Remembered"] = new Message.Remembered(s_key),
        ["Show"] = new Message.Show("f52d7111", ShownPart.Stdout),
        ["Coordinate"] = new Message.Coordinate(
            0xdead_beef_0102_0304,
            false,
            Render with
            {
                Arguments = ["repo", "update"],
                Stdin = null,
                Flags = RenderFlags.None,
                Descriptors = [],
            }
        ),
        ["Ran"] = new Message.Ran(7, 0, ""u8.ToArray(), "---\n"u8.ToArray()),
        ["Result"] = new Message.Result(
            0,
            "memory",
            210,
            new byte[] { 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4 },
            ""u8.ToArray(),
            "---\n"u8.ToArray()
        ),
        ["Lease"] = new Message.Lease(
            7,
            "new",
            new byte[] { 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4 },
            new ArmedHelm("/a", new FileStamp(1, 2, 3, 4, 5, 6), 64, 101)
        ),
        ["Bypass"] = new Message.Bypass(BypassReason.ClusterAccess, "--validate"),
        ["Waiting"] = new Message.Waiting(),
        ["Published"] = new Message.Published(RefuseReason.None, ""),
        ["Json"] = new Message.Json("{}"),
        ["Failed"] = new Message.Failed("no"),
        ["Candidates"] = new Message.Candidates([s_key], 3),
        ["Turn"] = new Message.Turn(7, true, 210),
        ["ResultDescriptor"] = new Message.ResultDescriptor(
            0,
            "memory",
            210,
            new byte[] { 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4 },
            ""u8.ToArray(),
            700_000
        ),
        ["Candidate"] = new Message.Candidate("web", false, 0, s_empty, s_key, Render),
    };
}
