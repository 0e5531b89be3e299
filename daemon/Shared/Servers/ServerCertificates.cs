using System.Collections.Generic;
using System.Linq;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CacheDaemon.Daemon.Shared.Servers;

/// <summary>
/// Who may vouch for the server, and what was wrong with the certificate that it showed. No words of the server's or of OpenSSL's reach a
/// log: a certificate is text from outside. Revocation is not looked up, which would be a request to a third party for each connection.
/// </summary>
/// <param name="authorities">The certificates of <c>shared.ca_file</c>; null: those that the system trusts.</param>
internal sealed class ServerCertificates(X509Certificate2Collection? authorities = null)
{
    /// <summary>A bundle of all public authorities has 0.2 MB.</summary>
    private const int MaxBytes = 4 << 20;

    private volatile string _problem = "";

    /// <summary>Why no connection came about, for a client whose encryption failed.</summary>
    public string Failure => _problem.Length > 0 ? _problem : NoTls;

    /// <summary>Whether the last certificate that was looked at is refused.</summary>
    public bool IsRefused => _problem.Length > 0;

    /// <summary>What <see cref="Failure"/> says where the server showed no certificate at all.</summary>
    public const string NoTls = "TLS failed: it does not speak TLS on this port, or no version that this machine does";

    /// <summary>Reads <c>shared.ca_file</c>; null, with a sentence that names file, reason and next step.</summary>
    /// <param name="file">Certificates as PEM, anything between them is skipped.</param>
    /// <param name="problems">Receives what is wrong.</param>
    public static ServerCertificates? Load(string file, ICollection<string> problems)
    {
        string? text = PrivateFile.Read(file, isPrivate: false, out string? problem, MaxBytes);
        if (text is null)
        {
            problems.Add(problem!);
            return null;
        }
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            authorities.Clear();
        }
        if (authorities.Count == 0)
        {
            problems.Add($"{file}: holds no certificate; shared.ca_file names a PEM file (-----BEGIN CERTIFICATE-----)");
            return null;
        }
        return new ServerCertificates(authorities);
    }

    /// <summary>What a client is to know before it connects.</summary>
    /// <param name="host">The name that the certificate must have; null where the client fills it in.</param>
    public SslClientAuthenticationOptions Options(string? host) =>
        new()
        {
            TargetHost = host,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = Policy(authorities),
            RemoteCertificateValidationCallback = (_, _, chain, errors) => Judge(chain, errors),
        };

    /// <summary>
    /// A certificate names addresses where others can be had: a server that nobody trusts yet does not decide where this machine connects
    /// to.
    /// </summary>
    private static X509ChainPolicy Policy(X509Certificate2Collection? authorities)
    {
        var policy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };
        if (authorities is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
        }
        return policy;
    }

    private bool Judge(X509Chain? chain, SslPolicyErrors errors)
    {
        _problem = errors switch
        {
            SslPolicyErrors.None => "",
            _ when errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) => "TLS failed: it shows no certificate",
            _ when errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) => "TLS failed: its certificate is for another host",
            _ => "TLS failed: "
                + Words((chain?.ChainStatus ?? []).Aggregate(X509ChainStatusFlags.NoError, static (all, status) => all | status.Status)),
        };
        return errors == SslPolicyErrors.None;
    }

    private static string Words(X509ChainStatusFlags status) =>
        status switch
        {
            _ when status.HasFlag(X509ChainStatusFlags.NotTimeValid) => "its certificate has expired, or is not valid yet",
            _ when (
                    status
                    & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid)
                ) != 0 => "its certificate comes from an authority that is not trusted here",
            _ => $"its certificate is not valid ({status})",
        };
}
