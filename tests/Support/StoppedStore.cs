using System;
using System.Collections.Generic;
using CacheDaemon.Daemon.Storage;
using LiteDB;

namespace CacheDaemon.Tests.Support;

/// <summary>Documents of a store that no daemon has open: a person with LiteDB at hand, or a bad disk.</summary>
internal static class StoppedStore
{
    /// <summary>All documents of a collection.</summary>
    public static List<BsonDocument> Rows(string file, string collection)
    {
        using LiteDbSession session = LiteDbSession.Open(file, readOnly: true);
        return session.Select(collection, int.MaxValue, null, null);
    }

    /// <summary>Changes every document of a collection; answers how many.</summary>
    public static int ChangeEach(string file, string collection, Action<BsonDocument> change)
    {
        using LiteDbSession session = LiteDbSession.Open(file);
        List<BsonDocument> rows = session.Select(collection, int.MaxValue, null, null);
        foreach (BsonDocument row in rows)
        {
            change(row);
            session.Put(collection, row);
        }
        session.Checkpoint();
        return rows.Count;
    }
}
