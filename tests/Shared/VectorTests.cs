using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>
/// The page describes the object well enough to write it a second time: its test vectors hold, and node, with its own cryptography and the
/// reference MessagePack, opens what we seal and seals what we open.
/// </summary>
public sealed partial class VectorTests : IDisposable
{
    private static readonly string s_page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "shared-cache.md"));

    private readonly KeyFixture _fixture = new();

    [Fact]
    public void The_vectors_of_the_page_hold()
    {
        TeamKey team = TeamKey.OfPem(Block("HELMCACHED TEAM KEY"))!;
        Assert.Equal(Vector("names' key"), Convert.ToHexStringLower(team.ForNames));
        Assert.Equal(Vector("payloads' key"), Convert.ToHexStringLower(team.ForPayloads));
        Assert.Equal(Vector("id of the public key"), PublicKey.OfLine(Vector("public key"))!.Id);
        SharedKeys writer = Writer();
        Assert.Equal(Vector("public key"), writer.Signer!.ToString());
        Assert.Equal(Vector("name"), writer.NameOf(Key()));
        Assert.Equal(
            Vector("name with the empty salt"),
            KeyFixture.Load(new SharedSettings { Url = new Uri("http://a/"), Trust = [Vector("public key")] }).NameOf(Key())
        );
    }

    [Fact]
    public void The_object_of_the_page_is_opened()
    {
        Unsealed unsealed = SealedEntry.Open(Convert.FromBase64String(Vector("object")), Key(), Writer(), KeyFixture.Now);
        Assert.Equal((SharedRefusal.None, Vector("id of the public key")), (unsealed.Refusal, unsealed.Signer));
        Assert.Equal(KeyFixture.Output, Encoding.UTF8.GetString(unsealed.Entry!.Result.Stdout.ToArray()));
        Assert.Equal(
            (KeyFixture.Now, 41.5, Digest.Of("helm"u8)),
            (unsealed.Entry.Created, unsealed.Entry.RenderMilliseconds, unsealed.Entry.Helm)
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Needs", "programs")]
    public async Task Another_implementation_opens_what_we_seal_and_seals_what_we_open(bool encrypted)
    {
        var key = new CacheKey(Digest.Of("a key"u8));
        SharedKeys writer = _fixture.Writer(encrypted);
        string? team = encrypted ? await File.ReadAllTextAsync(_fixture.TeamKeyFile) : null;
        string output = string.Concat(Enumerable.Repeat(KeyFixture.Output, 100));
        byte[] ours = SealedEntry.Seal(key, KeyFixture.Entry(output), writer)!;
        JsonElement opened = await NodeAsync(
            "open",
            new JsonObject
            {
                ["object"] = Convert.ToBase64String(ours),
                ["trust"] = _fixture.Trust,
                ["team"] = team,
                ["key"] = key.ToString(),
            }
        );
        Assert.Equal(output, opened.GetProperty("stdout").GetString());
        Assert.Equal(
            (writer.NameOf(key), writer.Signer!.Id, encrypted),
            (opened.GetProperty("name").GetString(), opened.GetProperty("signer").GetString(), opened.GetProperty("encrypted").GetBoolean())
        );
        Assert.Equal(
            (41_500L, KeyFixture.Entry().Created.ToUnixTimeMilliseconds()),
            (opened.GetProperty("microseconds").GetInt64(), opened.GetProperty("created").GetInt64())
        );

        JsonElement made = await NodeAsync(
            "seal",
            new JsonObject
            {
                ["output"] = output,
                ["signing"] = await File.ReadAllTextAsync(_fixture.SigningKey),
                ["team"] = team,
                ["key"] = key.ToString(),
                ["created"] = KeyFixture.Now.ToUnixTimeMilliseconds(),
                ["microseconds"] = 7_000,
                ["helm"] = Digest.Of("helm"u8).ToString(),
                ["secret"] = true,
            }
        );
        SharedEntry theirs = SealedEntry
            .Open(made.GetProperty("object").GetBytesFromBase64(), key, _fixture.Reader(encrypted), KeyFixture.Now)
            .Entry!;
        Assert.Equal(output, Encoding.UTF8.GetString(theirs.Result.Stdout.ToArray()));
        Assert.Equal((KeyFixture.Now, 7.0, true), (theirs.Created, theirs.RenderMilliseconds, theirs.HoldsSecret));
    }

    public void Dispose() => _fixture.Dispose();

    private static async Task<JsonElement> NodeAsync(string mode, JsonObject request)
    {
        string script = Path.Combine(Repository.Root, "tests", "Shared", "peer.mjs");
        CommandResult result = await (
            new Command("node", [script, NodePackages.MessagePack, mode]).With("PATH", Environment.GetEnvironmentVariable("PATH")) with
            {
                Stdin = Encoding.UTF8.GetBytes(request.ToJsonString()),
            }
        ).RunAsync();
        Assert.Equal("", result.StderrText);
        return JsonDocument.Parse(result.StdoutText).RootElement;
    }

    private SharedKeys Writer()
    {
        string key = _fixture.File("vector.key", Block("PRIVATE KEY")),
            team = _fixture.File("vector.team", Block("HELMCACHED TEAM KEY"));
        return KeyFixture.Load(
            new SharedSettings
            {
                Url = new Uri("http://a/"),
                MayWrite = true,
                Trust = [Vector("public key")],
                SignWith = key,
                EncryptWith = team,
            }
        );
    }

    private static CacheKey Key()
    {
        Assert.True(Digest.TryParse(Vector("cache key"), out Digest key));
        return new CacheKey(key);
    }

    private static string Vector(string name) =>
        Row().Matches(s_page).Single(match => match.Groups["name"].Value == name).Groups["value"].Value;

    /// <summary>A PEM block of the page, where it is indented.</summary>
    private static string Block(string label)
    {
        int start = s_page.IndexOf($"-----BEGIN {label}-----", StringComparison.Ordinal),
            end = s_page.IndexOf($"-----END {label}-----", StringComparison.Ordinal);
        return string.Join('\n', s_page[start..end].Split('\n').Select(static line => line.Trim())) + $"-----END {label}-----\n";
    }

    [GeneratedRegex(@"^\| (?<name>[^|]+) \| `(?<value>[^`]+)` \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
