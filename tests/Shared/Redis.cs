using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>Debian's redis-server, which keeps nothing over a restart.</summary>
/// <param name="password">What callers must say; null: nothing.</param>
/// <param name="tls">Files of its certificate and key; null: it does not encrypt.</param>
internal sealed class Redis(string? password = null, (string Certificate, string Key)? tls = null) : StartedServer
{
    public override Uri Url => new($"{(tls is null ? "redis" : "rediss")}://127.0.0.1:{Port}/1");

    /// <summary>From the next start on; null: none.</summary>
    public string? Password { get; set; } = password;

    protected override Command Command =>
        new(
            ToolFactAttribute.PathOf("redis-server")!,
            [
                .. Listening(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--rdbcompression",
                "no",
                "--databases",
                "2",
                "--dir",
                At(),
                .. Password is null ? (IEnumerable<string>)[] : ["--requirepass", Password],
            ]
        );

    private string[] Listening() =>
        tls is not { } files
            ? ["--port", $"{Port}"]
            :
            [
                "--port",
                "0",
                "--tls-port",
                $"{Port}",
                "--tls-cert-file",
                files.Certificate,
                "--tls-key-file",
                files.Key,
                "--tls-auth-clients",
                "no",
                "--tls-ca-cert-file",
                files.Certificate,
            ];

    /// <summary>What a command answers, by Redis' own client.</summary>
    public async Task<string> AskAsync(params string[] words)
    {
        CommandResult result = await new Command(
            ToolFactAttribute.PathOf("redis-cli")!,
            [
                "-p",
                $"{Port}",
                "-n",
                "1",
                .. tls is null ? (IEnumerable<string>)[] : ["--tls", "--insecure"],
                "--no-auth-warning",
                .. Password is null ? (IEnumerable<string>)[] : ["-a", Password],
                .. words,
            ]
        ).RunAsync();
        Assert.Equal(0, result.ExitCode);
        return result.StdoutText.TrimEnd('\n');
    }

    /// <summary>All that it holds, as it would lie on disk.</summary>
    public async Task<byte[]> DumpAsync()
    {
        Assert.Equal("OK", await AskAsync("save"));
        return await File.ReadAllBytesAsync(At("dump.rdb"));
    }
}
