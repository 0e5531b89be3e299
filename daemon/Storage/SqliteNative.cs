using System;
using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// Decides which SQLite library this process uses: the system's <c>libsqlite3.so.0</c> when it is there, at least as new
/// as the bundled one and built for threads (distributions patch it; the bundle's is 3.35.5 of 2021), else the bundled
/// <c>e_sqlite3</c>. The choice is made once, before the first connection.
/// </summary>
internal static unsafe class SqliteNative
{
    private const string SystemLibrary = "libsqlite3.so.0";

    /// <summary>3.35.5, in SQLite's own number form: what the bundle brings and the schema is written for.</summary>
    private const int OldestVersion = 3_035_005;

    private static readonly Lazy<string> s_choice = new(Choose);

    /// <summary>Which library is in use, for <c>doctor</c>: <c>system 3.40.1</c> or <c>bundled 3.35.5</c>.</summary>
    /// <exception cref="DllNotFoundException">Neither library can be loaded.</exception>
    public static string Description => s_choice.Value;

    private static string Choose()
    {
        IntPtr system = TryLoadSystem();
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        // Named here, so that the trimmer keeps what Microsoft.Data.Sqlite would look up by reflection.
        Batteries_V2.Init();
        // SQLite's count of the memory in use takes one lock for each allocation, of all connections: readers would meet an eviction there.
        raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
        return $"{(system == IntPtr.Zero ? "bundled" : "system")} {raw.sqlite3_libversion().utf8_to_string()}";

        IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
            name == "e_sqlite3" ? system : IntPtr.Zero;
    }

    /// <summary>The system's library, or zero when it is absent, too old or built without threads.</summary>
    private static IntPtr TryLoadSystem()
    {
        if (!NativeLibrary.TryLoad(SystemLibrary, out IntPtr library))
            return IntPtr.Zero;
        bool usable = NativeLibrary.TryGetExport(library, "sqlite3_libversion_number", out IntPtr version)
            && ((delegate* unmanaged[Cdecl]<int>)version)() >= OldestVersion
            && NativeLibrary.TryGetExport(library, "sqlite3_threadsafe", out IntPtr threads)
            && ((delegate* unmanaged[Cdecl]<int>)threads)() != 0;
        if (usable)
            return library;
        NativeLibrary.Free(library);
        return IntPtr.Zero;
    }
}
