using System;
using System.Runtime.InteropServices;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Shim;

/// <summary>
/// A number for the whole environment, so that calls which differ in it are not taken for equal: proxies, certificates and the logins of a
/// downloader plugin may be in any variable. Values go nowhere. What only says where a call stands among others is left out.
/// </summary>
internal static unsafe class EnvironmentDigest
{
    /// <summary>The same for the same variables, whatever their order.</summary>
    public static ulong Compute()
    {
        ulong sum = 0;
        for (byte** p = Libc.EnvironmentBlock; p is not null && *p is not null; p++)
        {
            ReadOnlySpan<byte> entry = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(*p);
            if (!IsLeftOut(entry))
                sum += Mix(entry);
        }
        return sum;
    }

    /// <summary>What shells and GNU parallel count, the working directory, which is compared by itself, and what is ours.</summary>
    private static bool IsLeftOut(ReadOnlySpan<byte> entry) =>
        entry.StartsWith("_="u8)
        || entry.StartsWith("SHLVL="u8)
        || entry.StartsWith("PWD="u8)
        || entry.StartsWith("OLDPWD="u8)
        || entry.StartsWith("PARALLEL_"u8)
        || entry.StartsWith("HELMCACHED_"u8);

    /// <summary>FNV-1a, and the finalizer of MurmurHash3, without which sums of similar entries would be similar.</summary>
    private static ulong Mix(ReadOnlySpan<byte> entry)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in entry)
            hash = (hash ^ b) * 1099511628211;
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        return hash ^ (hash >> 33);
    }
}
