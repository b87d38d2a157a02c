using System.Globalization;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Where a dead letter stands: the id of its entry and, beyond the first partition, the number of the partition:
/// <c>1763683200000-0-2</c>.
/// </summary>
internal readonly record struct DeadLetterId(EntryId Entry, int Partition)
{
    public static bool TryParse(ReadOnlySpan<char> text, out DeadLetterId id)
    {
        id = default;
        var partition = 0;
        if (text.Count('-') == 2)
        {
            var dash = text.LastIndexOf('-');
            if (!int.TryParse(text[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out partition) || partition == 0)
                return false;
            text = text[..dash];
        }

        if (text.Count('-') != 1 || !EntryId.TryParse(text, out var entry) || entry == default || entry == EntryId.Highest)
            return false;
        id = new DeadLetterId(entry, partition);
        return true;
    }

    /// <summary>From the oldest to the newest; two partitions may have the same id.</summary>
    public static int Compare(DeadLetterId left, DeadLetterId right) =>
        left.Entry.CompareTo(right.Entry) is var order and not 0 ? order : left.Partition.CompareTo(right.Partition);

    public override string ToString() =>
        Partition == 0 ? Entry.ToString() : string.Create(CultureInfo.InvariantCulture, $"{Entry}-{Partition}");
}
