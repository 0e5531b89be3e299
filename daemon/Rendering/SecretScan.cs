using System;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>Tells whether a manifest holds a Kubernetes Secret. Errs on the side of "yes": it only decides where the entry may live.</summary>
internal static class SecretScan
{
    /// <summary>True when some line or JSON member reads <c>kind: Secret</c>, quoted or not; also for kinds that begin so.</summary>
    public static bool HoldsSecret(ReadOnlySpan<byte> manifest)
    {
        while (manifest.IndexOf("kind"u8) is var at && at >= 0)
        {
            manifest = manifest[(at + 4)..];
            ReadOnlySpan<byte> value = manifest.TrimStart("\"' :\t\r\n"u8);
            if (value.StartsWith("Secret"u8))
                return true;
        }
        return false;
    }
}
