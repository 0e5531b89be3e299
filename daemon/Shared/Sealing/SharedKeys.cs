using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Shared.Sealing;

/// <summary>
/// The keys of the team's cache as this machine has them, and what they allow. Read once from their files; safe for use by many at once.
/// </summary>
internal sealed class SharedKeys
{
    private readonly Dictionary<string, PublicKey> _trusted = [];
    private readonly byte[] _names;
    private readonly byte[]? _payloads;
    private readonly ECParameters? _signing;

    private SharedKeys(SharedSettings settings, IEnumerable<PublicKey> trusted, TeamKey? names, TeamKey? payloads, ECDsa? signing)
    {
        foreach (PublicKey key in trusted)
            _trusted[key.Id] = key;
        _names = names?.ForNames ?? [];
        _payloads = payloads?.ForPayloads;
        if (signing is not null)
        {
            _signing = signing.ExportParameters(includePrivateParameters: true);
            Signer = PublicKey.Of(signing);
        }
        MaxAge = settings.MaxAge;
        MaySealSecrets = settings.Secrets && Encrypts;
    }

    /// <summary>Whose entries are accepted.</summary>
    public IReadOnlyCollection<PublicKey> Trusted => _trusted.Values;

    /// <summary>The public half of the key that entries are signed with; null on a machine that only reads.</summary>
    public PublicKey? Signer { get; }

    /// <summary>Whether this machine can make entries.</summary>
    public bool CanSign => _signing is not null;

    /// <summary>Whether the entries that it makes are encrypted.</summary>
    public bool Encrypts => _payloads is not null;

    /// <summary>Whether names on the server come from a key: else whoever sees them can try guesses of inputs.</summary>
    public bool HidesNames => _names.Length > 0;

    /// <summary>
    /// Whether entries that hold a Kubernetes Secret may be sealed: they are encrypted, and <c>shared.secrets</c> says so.
    /// </summary>
    public bool MaySealSecrets { get; }

    /// <summary>Older entries are refused.</summary>
    public TimeSpan MaxAge { get; }

    /// <summary>
    /// Reads the files that the settings name. Null when anything is wrong with them: the team's cache is out then, and helm works as
    /// without it.
    /// </summary>
    /// <param name="shared">What is configured.</param>
    /// <param name="problems">Receives a sentence for each thing that is wrong: file or setting, reason, next step.</param>
    public static SharedKeys? Load(SharedSettings shared, ICollection<string> problems)
    {
        if (shared.Mistake is not null)
        {
            problems.Add(shared.Mistake);
            return null;
        }
        // .NET ends the process that asks for an algorithm of a library that is not there.
        if (!Sha256.HasOpenSsl)
        {
            problems.Add(
                "shared.url: signatures need OpenSSL's library (libssl.so.3), which this system does not have; install it (Debian: libssl3)"
            );
            return null;
        }
        int before = problems.Count;
        List<PublicKey> trusted = [.. ReadTrusted(shared.Trust, problems)];
        TeamKey? payloads = ReadTeamKey("shared.encrypt_with", shared.EncryptWith, problems);
        TeamKey? names = shared.NamesFrom is null ? payloads : ReadTeamKey("shared.names_from", shared.NamesFrom, problems);
        using ECDsa? signing = shared.MayWrite ? ReadSigningKey(shared.SignWith, problems) : null;
        if (problems.Count == before && trusted.Count == 0 && signing is null)
            problems.Add(
                "shared.trust: nobody is trusted, so nothing could be served; add the line that `helmcached shared keygen` printed "
                    + "for the writer"
            );
        if (shared.Secrets && shared.EncryptWith is null)
            problems.Add("shared.secrets: encrypted needs shared.encrypt_with, the file of the team key");
        return problems.Count == before ? new SharedKeys(shared, trusted, names, payloads, signing) : null;
    }

    /// <summary>What an entry is called on the server: HMAC-SHA256 of its key, 64 hexadecimal digits.</summary>
    public string NameOf(CacheKey key) => Convert.ToHexStringLower(NameBytesOf(key));

    /// <summary><see cref="NameOf"/> as 32 bytes.</summary>
    public byte[] NameBytesOf(CacheKey key) => HMACSHA256.HashData(_names, key.Value.ToArray());

    /// <summary>The trusted key of an id; null when nobody of that id is trusted.</summary>
    public PublicKey? TrustedKey(string id) => _trusted.GetValueOrDefault(id);

    /// <summary>Signs a SHA-256: 64 bytes, IEEE P1363.</summary>
    /// <exception cref="InvalidOperationException">There is no key to sign with (<see cref="CanSign"/>).</exception>
    public byte[] Sign(ReadOnlySpan<byte> digest)
    {
        using var key = ECDsa.Create(_signing ?? throw new InvalidOperationException("This machine only reads."));
        return key.SignHash(digest, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>AES-256-GCM with the team's key; null without one. To be disposed of.</summary>
    public AesGcm? Cipher(int tagBytes) => _payloads is null ? null : new AesGcm(_payloads, tagBytes);

    private static IEnumerable<PublicKey> ReadTrusted(IEnumerable<string> trust, ICollection<string> problems)
    {
        foreach (string item in trust)
        {
            if (item.StartsWith(PublicKey.Prefix, StringComparison.Ordinal))
            {
                if (PublicKey.OfLine(item) is { } key)
                    yield return key;
                else
                    problems.Add($"shared.trust: {item} is no public key; copy the whole line that `helmcached shared keygen` printed");
                continue;
            }
            if (PrivateFile.Read(item, isPrivate: false, out string? problem) is not { } text)
                problems.Add($"shared.trust: {problem}");
            else if (PublicKey.OfFile(text) is not { } keys)
                problems.Add(
                    $"shared.trust: {item}: holds no public keys; expected lines hc1:…, or a PEM file with an ECDSA P-256 public key"
                );
            else
                foreach (PublicKey key in keys)
                    yield return key;
        }
    }

    private static TeamKey? ReadTeamKey(string setting, string? path, ICollection<string> problems)
    {
        if (path is null)
            return null;
        if (PrivateFile.Read(path, isPrivate: true, out string? problem) is not { } text)
            problems.Add($"{setting}: {problem}");
        else if (TeamKey.OfPem(text) is { } key)
            return key;
        else
            problems.Add($"{setting}: {path}: holds no team key; expected the file team.key that `helmcached shared keygen` makes");
        return null;
    }

    private static ECDsa? ReadSigningKey(string? path, ICollection<string> problems)
    {
        if (path is null)
        {
            problems.Add(
                "shared.mode: write needs shared.sign_with, the file of the private key; make one with `helmcached shared keygen DIR`"
            );
            return null;
        }
        if (PrivateFile.Read(path, isPrivate: true, out string? problem) is not { } text)
        {
            problems.Add($"shared.sign_with: {problem}");
            return null;
        }
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(text);
            if (PublicKey.IsOnP256(key) && key.ExportParameters(includePrivateParameters: true).D is not null)
                return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            // Said below, in words that help more.
        }
        key.Dispose();
        problems.Add(
            $"shared.sign_with: {path}: holds no private key; expected a PEM file with an ECDSA P-256 key without a passphrase, as "
                + "`helmcached shared keygen` makes it"
        );
        return null;
    }
}
