namespace RankMyBrand.Foundation.Events;

/// <summary>
/// A place in a stream: for each of its partitions the id of the last entry heard. As text the ids stand in the order of the partitions,
/// with commas between them; one id alone stands for that place in every partition, as <c>0-0</c> does for the beginning.
/// </summary>
internal sealed class LivePlace
{
    private readonly EntryId[] _ids;

    private LivePlace(EntryId[] ids) => _ids = ids;

    public EntryId this[int partition] => _ids[partition];

    /// <summary>The place after one entry of each partition.</summary>
    public static LivePlace At(EntryId[] ids) => new(ids);

    /// <summary>Null when the text is not a place in a stream of so many partitions.</summary>
    public static LivePlace? Parse(string text, int partitions)
    {
        var parts = text.Split(',', partitions + 1);
        if (parts.Length != 1 && parts.Length != partitions)
            return null;
        var ids = new EntryId[partitions];
        for (var i = 0; i < partitions; i++)
        {
            if (!EntryId.TryParse(parts[parts.Length == 1 ? 0 : i], out ids[i]) || ids[i] == EntryId.Highest)
                return null;
        }

        return new LivePlace(ids);
    }

    /// <summary>Moves on; false when the entry has been passed already.</summary>
    public bool Advance(int partition, EntryId id)
    {
        if (id <= _ids[partition])
            return false;
        _ids[partition] = id;
        return true;
    }

    public override string ToString() => _ids.Length == 1 ? _ids[0].ToString() : string.Join(',', _ids);
}
