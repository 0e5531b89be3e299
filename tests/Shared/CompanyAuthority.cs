using System;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CacheDaemon.Tests.Support;

namespace CacheDaemon.Tests.Shared;

/// <summary>An authority that no system trusts, as companies have one, and certificates that it made for servers.</summary>
internal sealed class CompanyAuthority : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    public CompanyAuthority()
    {
        var request = new CertificateRequest("CN=An authority of a test", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(30));
        File = _directory.Write("ca.pem", "The authority of a company that does not exist.\n" + _certificate.ExportCertificatePem() + "\n");
    }

    /// <summary>Its certificate, for <c>shared.ca_file</c>.</summary>
    public string File { get; }

    /// <summary>Files of a certificate and its key for a server.</summary>
    /// <param name="host">The host in it; null: 127.0.0.1.</param>
    /// <param name="days">For how long from now it is good; less than 0: it has expired.</param>
    public (string Certificate, string Key) For(string? host = null, int days = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=A server of a test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (host is null)
            names.AddIpAddress(IPAddress.Loopback);
        else
            names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.Create(
            _certificate,
            DateTimeOffset.UtcNow.AddDays(-10),
            DateTimeOffset.UtcNow.AddDays(days),
            RandomNumberGenerator.GetBytes(8)
        );
        string name = Guid.NewGuid().ToString("N");
        return (
            _directory.Write(name + ".pem", made.ExportCertificatePem()),
            _directory.Write(name + ".key", key.ExportPkcs8PrivateKeyPem())
        );
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
        _directory.Dispose();
    }
}
