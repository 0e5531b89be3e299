using System;
using System.IO;
using System.Linq;
using CacheDaemon.Tests.Support;

namespace CacheDaemon.Tests.Shared;

/// <summary>Debian's nginx as a store of objects (WebDAV's PUT), with a token for writing and reading where the test wants one.</summary>
internal sealed class Nginx : StartedServer
{
    /// <summary>Largest object that it takes.</summary>
    public const int MaxBytes = 1 << 20;

    private readonly string _configuration,
        _scheme;

    /// <param name="token">What the <c>Authorization</c> header must say after <c>Bearer</c>; null: nobody is asked.</param>
    /// <param name="takes">Whether it takes objects; else PUT is answered with 405.</param>
    /// <param name="tls">Files of its certificate and key; null: it speaks plain HTTP.</param>
    public Nginx(string? token = null, bool takes = true, (string Certificate, string Key)? tls = null)
    {
        _scheme = tls is null ? "http" : "https";
        Directory.CreateDirectory(At("root"));
        _configuration = Write(
            "nginx.conf",
            $$"""
            daemon off;
            master_process off;
            pid {{At("pid")}};
            error_log {{At("error.log")}};
            events { worker_connections 512; }
            http {
              access_log {{At("access.log")}};
              client_body_temp_path {{At("body")}};
              proxy_temp_path {{At("proxy")}};
              fastcgi_temp_path {{At("fastcgi")}};
              uwsgi_temp_path {{At("uwsgi")}};
              scgi_temp_path {{At("scgi")}};
              server {
                listen 127.0.0.1:{{Port}}{{(
                tls is { } files ? $" ssl; ssl_certificate {files.Certificate}; ssl_certificate_key {files.Key}" : ""
            )}};
                root {{At("root")}};
                client_max_body_size {{MaxBytes}};
                location /cache/ {
                  {{(token is null ? "" : $"if ($http_authorization != \"Bearer {token}\") {{ return 401; }}")}}
                  {{(takes ? "dav_methods PUT; create_full_put_path on;" : "")}}
                }
                location /moved/ { return 302 http://127.0.0.1:{{Port}}/cache/; }
              }
            }
            """
        );
    }

    public override Uri Url => new($"{_scheme}://127.0.0.1:{Port}/cache");

    protected override Command Command => new(ToolFactAttribute.PathOf("nginx")!, ["-p", At(), "-c", _configuration]);

    /// <summary>Files of the objects.</summary>
    public string[] Objects => Directory.Exists(At("root", "cache", "ac")) ? Directory.GetFiles(At("root", "cache", "ac")) : [];

    /// <summary>How many requests of a method it has answered.</summary>
    public int Requests(string method) =>
        File.ReadLines(At("access.log")).Count(line => line.Contains($"\"{method} ", StringComparison.Ordinal));
}
