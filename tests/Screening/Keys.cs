using System;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CacheDaemon.Tests.Screening;

/// <summary>A key and a certificate for the functions that want one.</summary>
internal static class Keys
{
    private static readonly Lazy<string> s_values = new(Make);

    /// <summary>A values.yaml with <c>key</c> and <c>cert</c>.</summary>
    public static string Values => s_values.Value;

    /// <summary>A chart whose values hold <c>key</c> and <c>cert</c> besides the usual map.</summary>
    public static TrialChart Chart() => new TrialChart().With("values.yaml", Values);

    private static string Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=trial", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return "m: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7}\nkey: |\n" + Indent(key.ExportECPrivateKeyPem()) + "cert: |\n" + Indent(certificate.ExportCertificatePem());
    }

    private static string Indent(string pem) => string.Concat(pem.Split('\n').Where(static line => line.Length > 0).Select(static line => "  " + line + "\n"));
}
