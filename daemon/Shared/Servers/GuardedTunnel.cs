using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Shared.Sealing;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace CacheDaemon.Daemon.Shared.Servers;

/// <summary>
/// Between Redis' client and the socket: encryption, where that is wanted, and a look at what the server says before the client reads it.
/// </summary>
/// <param name="certificates">Judges the server's certificate; null: the connection is not encrypted.</param>
/// <param name="host">The name that the certificate must have.</param>
internal sealed class GuardedTunnel(ServerCertificates? certificates, string host) : Tunnel
{
    public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
        new(endpoint);

    public override async ValueTask<Stream?> BeforeAuthenticateAsync(
        EndPoint endpoint,
        ConnectionType connectionType,
        Socket? socket,
        CancellationToken cancellationToken
    )
    {
        Stream stream = new NetworkStream(socket!, ownsSocket: true);
        if (certificates is not null)
        {
            var encrypted = new SslStream(stream);
            await encrypted.AuthenticateAsClientAsync(certificates.Options(host), cancellationToken).ConfigureAwait(false);
            stream = encrypted;
        }
        return new RespGuard(stream, SealedEntry.MaxBytes + 1);
    }
}
