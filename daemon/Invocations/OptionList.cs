using System.Collections.Generic;
using CacheDaemon.Client.Helm;

namespace CacheDaemon.Daemon.Invocations;

/// <summary>
/// Collects what enters the key and puts it in canonical order: kinds by their place in the command's table, order kept within a kind,
/// variables after flags by name.
/// </summary>
/// <param name="table">The command's flags.</param>
internal sealed class OptionList(FlagTable table)
{
    private readonly List<(int Rank, KeyOption Option)> _flags = [];
    private readonly SortedDictionary<string, string> _variables = new(System.StringComparer.Ordinal);

    /// <summary>The last value wins.</summary>
    public void Replace(int flag, string value)
    {
        _flags.RemoveAll(f => f.Rank == flag);
        Append(flag, value);
    }

    /// <summary>One more value of this kind.</summary>
    public void Append(int flag, string value) => _flags.Add((flag, new KeyOption(table[flag].Name, value)));

    /// <summary>
    /// One more occurrence of a flag of which each counts, spelled with its name: flags of one group share a label and keep their order
    /// among each other.
    /// </summary>
    public void AppendOccurrence(int flag, string? value)
    {
        HelmFlag row = table[flag];
        int rank = row.Group is null ? flag : FirstOfGroup(row.Group);
        _flags.Add((rank, new KeyOption(row.Group ?? row.Name, value is null ? row.Name : row.Name + "=" + value)));
    }

    /// <summary>A variable's value.</summary>
    public void Variable(string name, string value) => _variables["$" + name] = value;

    /// <summary>The canonical list.</summary>
    public List<KeyOption> ToList()
    {
        var list = new List<KeyOption>(_flags.Count + _variables.Count);
        for (int rank = 0; rank < table.Count; rank++)
        {
            int start = list.Count;
            foreach ((int at, KeyOption option) in _flags)
                if (at == rank)
                    list.Add(option);
            if (table[rank].Role is not (FlagRole.Set or FlagRole.SetString))
                continue;
            List<KeyOption> items = list.GetRange(start, list.Count - start);
            SetItems.SortWhenOrderFree(items, o => SetItems.PathOf(o.Value));
            list.RemoveRange(start, items.Count);
            list.AddRange(items);
        }
        foreach ((string name, string value) in _variables)
            list.Add(new KeyOption(name, value));
        return list;
    }

    private int FirstOfGroup(string group)
    {
        for (int i = 0; i < table.Count; i++)
            if (table[i].Group == group)
                return i;
        return -1;
    }
}
