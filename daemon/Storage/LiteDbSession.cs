using System;
using System.Collections.Generic;
using System.Linq;
using LiteDB;
using LiteDB.Engine;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// One open data file: documents in, documents out, and nothing else of LiteDB, whose mapper does not survive trimming. Any thread may
/// read; the one that writes holds the store's writing lock. Every method may throw whatever LiteDB meets in a damaged file.
/// </summary>
internal sealed class LiteDbSession : IDisposable
{
    private readonly LiteEngine _engine;

    private LiteDbSession(LiteEngine engine) => _engine = engine;

    /// <summary>What the store holds now; true to the documents after each transaction.</summary>
    public StoreSums Sums { get; set; }

    /// <summary>Opens <paramref name="path"/>, which must exist and may be empty.</summary>
    public static LiteDbSession Open(string path, bool readOnly = false) =>
        new(
            new LiteEngine(
                new EngineSettings
                {
                    Filename = path,
                    ReadOnly = readOnly,
                    Collation = Collation.Binary,
                }
            )
        );

    /// <summary>The document with this key, or null.</summary>
    public BsonDocument? Find(string collection, BsonValue id) => Select(collection, 1, "_id = @0", null, id).FirstOrDefault();

    /// <summary>At most <paramref name="most"/> documents that <paramref name="where"/> is true of.</summary>
    /// <param name="collection">Their collection.</param>
    /// <param name="most">How many, at most.</param>
    /// <param name="where">
    /// A comparison of an indexed field with <c>@0</c> (and <c>@1</c>), so that an index is walked; null for all documents.
    /// </param>
    /// <param name="order">The same field, to sort by; null for any order.</param>
    /// <param name="arguments">What is compared with.</param>
    public List<BsonDocument> Select(string collection, int most, string? where, string? order, params BsonValue[] arguments) =>
        Select(collection, most, where, order, Query.Ascending, arguments);

    /// <inheritdoc cref="Select(string, int, string, string, BsonValue[])"/>
    public List<BsonDocument> Select(string collection, int most, string? where, string? order, int direction, params BsonValue[] arguments)
    {
        var found = new List<BsonDocument>();
        using IBsonDataReader reader = Read(collection, most, where, order, direction, arguments);
        while (reader.Read())
            found.Add(reader.Current.AsDocument);
        return found;
    }

    /// <summary>The documents in order of an indexed field, one by one. Read to the end or dispose, and write nothing meanwhile.</summary>
    public IEnumerable<BsonDocument> Each(
        string collection,
        string order = "_id",
        BsonValue? from = null,
        BsonValue? to = null,
        int direction = Query.Ascending
    )
    {
        BsonValue[] ends = to is null ? [from ?? BsonValue.MinValue] : [from ?? BsonValue.MinValue, to];
        using IBsonDataReader reader = Read(
            collection,
            int.MaxValue,
            to is null ? $"{order} >= @0" : $"{order} BETWEEN @0 AND @1",
            order,
            direction,
            ends
        );
        while (reader.Read())
            yield return reader.Current.AsDocument;
    }

    /// <summary>Adds the document, or replaces the one with its key.</summary>
    public void Put(string collection, BsonDocument document) => _engine.Upsert(collection, [document], BsonAutoId.ObjectId);

    /// <summary>Deletes the document; false when there was none.</summary>
    public bool Delete(string collection, BsonValue id) => _engine.Delete(collection, [id]) > 0;

    /// <summary>Names of the collections.</summary>
    public IEnumerable<string> Collections() => _engine.GetCollectionNames();

    /// <summary>Keeps an index of a field.</summary>
    public void Index(string collection, string field) =>
        _engine.EnsureIndex(collection, field, BsonExpression.Create("$." + field), false);

    public void SetPragma(string name, BsonValue value)
    {
        if (_engine.Pragma(name) != value)
            _engine.Pragma(name, value);
    }

    /// <summary>Copies the log into the data file and empties it. Readers wait meanwhile.</summary>
    public void Checkpoint() => _engine.Checkpoint();

    /// <summary>Runs <paramref name="work"/> in a transaction of this thread: all of it happens or nothing.</summary>
    public T InTransaction<T>(Func<LiteDbSession, T> work)
    {
        StoreSums before = Sums;
        _engine.BeginTrans();
        try
        {
            T result = work(this);
            if (Sums != before)
                Put(LiteDbSchema.Totals, Sums.ToDocument());
            _engine.Commit();
            return result;
        }
        catch
        {
            Sums = before;
            RollBack();
            throw;
        }
    }

    public void Dispose() => _engine.Dispose();

    private IBsonDataReader Read(string collection, int most, string? where, string? order, int direction, BsonValue[] arguments)
    {
        var query = new Query { Limit = most, Order = direction };
        if (where is not null)
            query.Where.Add(BsonExpression.Create(where, arguments));
        if (order is not null)
            query.OrderBy = BsonExpression.Create(order);
        return _engine.Query(collection, query);
    }

    private void RollBack()
    {
        try
        {
            _engine.Rollback();
        }
#pragma warning disable CA1031 // LiteDB rolls back, or closes, by itself after most failures; the one that led here is what counts.
        catch (Exception)
#pragma warning restore CA1031
        { }
    }
}

/// <summary>What the store holds, in one document that each transaction keeps true.</summary>
/// <param name="Results">Entries with a result; notes are not counted.</param>
/// <param name="Bytes">What all entries and blobs take (<see cref="LiteDbSchema.Charge"/>).</param>
/// <param name="Varying">Keys known to vary.</param>
/// <param name="NextRun">Number of the next run of chunks.</param>
/// <param name="LooseRuns">Runs of chunks that no blob leads to.</param>
internal readonly record struct StoreSums(long Results, long Bytes, long Varying, long NextRun, long LooseRuns)
{
    public static StoreSums Of(BsonDocument? row) =>
        row is null
            ? default
            : new StoreSums(
                row["results"].AsInt64,
                row["bytes"].AsInt64,
                row["varying"].AsInt64,
                row["nextRun"].AsInt64,
                row["looseRuns"].AsInt64
            );

    public BsonDocument ToDocument() =>
        new()
        {
            ["_id"] = 1,
            ["results"] = Results,
            ["bytes"] = Bytes,
            ["varying"] = Varying,
            ["nextRun"] = NextRun,
            ["looseRuns"] = LooseRuns,
        };
}
