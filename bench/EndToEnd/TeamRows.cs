using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using CacheDaemon.Bench.Charts;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Shared.Sealing;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>
/// Machines that share a cache through a server: what CI rendered is asked for by machines that have nothing. Helm is armed on all of them,
/// as it is from the second day on.
/// </summary>
/// <param name="home">Whose environment the server gets.</param>
internal sealed class TeamRows(BenchHome home)
{
    /// <summary>How many of the calls real helm makes each time; the rest is reckoned.</summary>
    private const int HelmCalls = 6;

    /// <summary>What nginx keeps temporary files for.</summary>
    private static readonly string[] s_temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

    /// <summary>60 environments, each of which takes a render of its own. No row where the engine is not installed.</summary>
    /// <param name="engine"><c>nginx</c> or <c>redis</c>.</param>
    /// <param name="repeats">How many fresh machines.</param>
    public IEnumerable<Row> Fresh(string engine, int repeats)
    {
        string program = engine == "nginx" ? "/usr/sbin/nginx" : "/usr/bin/redis-server";
        if (!File.Exists(program))
            yield break;
        int port = FreePort();
        string root = Directory.CreateDirectory(home.At("server-" + engine)).FullName;
        using Contender server = home.Other(
            engine,
            program,
            engine == "nginx"
                ? ["-p", root, "-c", Nginx(root, port)]
                : ["--port", Text(port), "--bind", "127.0.0.1", "--save", "", "--dir", root]
        );
        int running = server.Start();
        try
        {
            yield return Measure(
                engine,
                engine == "nginx" ? $"http://127.0.0.1:{Text(port)}/cache" : $"redis://127.0.0.1:{Text(port)}/0",
                repeats
            );
        }
        finally
        {
            Libc.Kill(running, Libc.SIGKILL);
            Libc.Wait(running, block: true);
        }
    }

    private Row Measure(string engine, string url, int repeats)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string reads =
            $"shared:\n  url: {url}\n  trust: [{PublicKey.Of(key)}]\n  encrypt_with: {Private("team.key", TeamKey.Create().ToPem())}\n";
        string writes = reads + $"  mode: write\n  sign_with: {Private("signing.key", key.ExportPkcs8PrivateKeyPem())}\n";
        List<double> fresh = [],
            warm = [],
            helm = [];
        double runs = 0,
            answered = 0,
            processor = 0;
        using (BenchHome ci = Machine(writes))
        {
            for (int i = 0; ci.Stat("proof_runs") == 0; i++)
                Run(ci.Shim("template", string.Create(CultureInfo.InvariantCulture, $"arming{i}"), "fleet"));
            double before = ci.SharedStat("stored");
            CrowdRows.All(Calls(ci, ci.Shim), 1);
            while (ci.SharedStat("stored") < before + BenchCharts.FleetSize)
                Libc.Poll([], 20);
        }
        for (int i = 0; i < repeats; i++)
        {
            using BenchHome machine = Machine(reads);
            Contender[] shims = Calls(machine, machine.Shim);
            double before = machine.ProcessorMicroseconds();
            fresh.Add(CrowdRows.All(shims, 1));
            processor += (machine.ProcessorMicroseconds() - before) / 1000 / BenchCharts.FleetSize;
            runs += machine.Stat("helm_runs");
            answered += machine.SharedStat("latency_ms_p50");
            warm.Add(CrowdRows.All(shims, 1));
            helm.Add(CrowdRows.All(Calls(machine, machine.Real)[..HelmCalls], 1) * BenchCharts.FleetSize / HelmCalls);
        }
        var times = new Dictionary<string, Samples>
        {
            ["helm"] = Samples.Of(helm),
            ["fresh machine, " + engine] = Samples.Of(fresh),
            ["warm store of its own"] = Samples.Of(warm),
        };
        return new Row(
            $"60 environments on a fresh machine, {engine}",
            [new Check("helm runs", runs / repeats, 0)],
            times,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Samples.Of(helm).Median / Samples.Of(fresh).Median:0.0} times faster than helm; the server answered in "
                    + $"{answered / repeats:0.0} ms (median), which took the daemon {processor / repeats:0.0} ms of processor time a "
                    + $"call, all included; helm itself made {HelmCalls} of {BenchCharts.FleetSize} calls, scaled"
            )
        );
    }

    /// <summary>
    /// A machine with the fleet's chart and values, each environment with contents of its own, and a daemon that has nothing.
    /// </summary>
    private BenchHome Machine(string configuration)
    {
        var machine = new BenchHome(home.RealHelm);
        machine.Environment["HELMCACHED_ARMED_DIRECTORY"] = home.At("armed");
        File.WriteAllText(machine.Environment["HELMCACHED_CONFIG"], configuration);
        BenchCharts.Fleet(machine.Charts);
        for (int i = 0; i < BenchCharts.FleetSize; i++)
            BenchCharts.FleetValues(machine.Charts, i, Text(i));
        machine.Start();
        BenchHome.LetStampsAge();
        return machine;
    }

    private static Contender[] Calls(BenchHome machine, Func<IEnumerable<string>, Contender> program) =>
        [
            .. Enumerable
                .Range(0, BenchCharts.FleetSize)
                .Select(i => program(["template", "team", "fleet", "-f", $"environments/env{Text(i)}/values.yaml"])),
        ];

    private static void Run(Contender call)
    {
        using (call)
            call.Capture();
    }

    private string Private(string name, string content)
    {
        string path = home.At(name);
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private static string Nginx(string root, int port)
    {
        string temporary = string.Concat(s_temporary.Select(name => $"{name}_temp_path {root}/{name}; "));
        string path = Path.Combine(root, "nginx.conf");
        File.WriteAllText(
            path,
            $"daemon off; master_process off; pid {root}/pid; error_log {root}/error.log; events {{}}\n"
                + $"http {{ access_log off; {temporary} server {{ listen 127.0.0.1:{Text(port)}; root {root}; client_max_body_size "
                + $"16m; location /cache/ {{ dav_methods PUT; create_full_put_path on; }} }} }}\n"
        );
        return path;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
