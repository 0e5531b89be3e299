using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Protocol;

/// <summary>The format is MessagePack in fact: another implementation reads what we write and writes what we read.</summary>
[Trait("Needs", "programs")]
public sealed class ReferencePeerTests
{
    private static readonly string Script = Path.Combine(Repository.Root, "tests", "Protocol", "peer.mjs");

    [Fact]
    public async Task The_reference_implementation_reads_and_writes_every_message()
    {
        string[] names = [.. MessageExamples.All.Keys];
        string lines = string.Concat(names.Select(n => Convert.ToHexStringLower(Bytes(MessageExamples.All[n])) + "\n"));
        CommandResult result = await (Node("codec") with { Stdin = Encoding.UTF8.GetBytes(lines) }).RunAsync();
        Assert.Equal("", result.StderrText);
        string[] answers = result.StdoutText.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(names.Length, answers.Length);
        foreach ((string name, string answer) in names.Zip(answers))
        {
            string[] parts = answer.Split('\t');
            JsonElement decoded = JsonDocument.Parse(parts[0]).RootElement;
            Assert.Equal((int)Enum.Parse<MessageKind>(name), decoded[1].GetInt32());
            // What the reference wrote may use other widths; read back it is the same message.
            Message read = MessageCodec.Decode(Convert.FromHexString(parts[1]));
            Assert.Equal(Convert.ToHexString(Bytes(MessageExamples.All[name])), Convert.ToHexString(Bytes(read)));
        }
    }

    [Fact]
    public async Task The_reference_implementation_asks_the_daemon_and_gets_what_the_shim_gets()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        await home.StartAsync();
        string chart = Path.Combine(Repository.Root, "samples", "bookshop");
        CommandResult expected = await home.Shim("/", "template", "web", chart).RunAsync();
        Assert.Equal(0, expected.ExitCode);

        Libc.StatPlace("/", out FileStamp root);
        Libc.Stat(RealHelms.Helm3, follow: true, out FileStamp helm);
        var render = new Message.Render
        {
            Arguments = ["template", "web", chart],
            Directory = "/",
            DirectoryDevice = root.Device,
            DirectoryInode = root.Inode,
            DirectoryMount = root.Mount,
            Environment = home.Environment.Where(v => v.Key == "HOME" && v.Value is not null).ToDictionary(v => v.Key, v => v.Value!),
            HelmPath = RealHelms.Helm3,
            HelmStamp = helm,
        };
        JsonElement reply = await AskAsync(home, render);
        Assert.Equal((int)MessageKind.Result, reply[1].GetInt32());
        Assert.Equal(Convert.ToHexStringLower(expected.Stdout.Span), reply[7].GetProperty("bin").GetString());

        JsonElement status = await AskAsync(home, new Message.Status());
        Assert.Equal((int)MessageKind.Json, status[1].GetInt32());
    }

    private static byte[] Bytes(Message message) => MessageCodec.Encode(message)[Frame.HeaderBytes..];

    private static async Task<JsonElement> AskAsync(DaemonHome home, Message request)
    {
        string socket = Path.Combine(home.State, "daemon.sock");
        CommandResult result = await Node("ask", socket, Convert.ToHexStringLower(Bytes(request))).RunAsync();
        Assert.Equal("", result.StderrText);
        return JsonDocument.Parse(result.StdoutText.Split('\n').First(line => line.Length > 0)).RootElement;
    }

    private static Command Node(params string[] arguments) =>
        new Command("node", [Script, NodePackages.MessagePack, .. arguments]).With("PATH", Environment.GetEnvironmentVariable("PATH"));
}
