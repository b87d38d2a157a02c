namespace RankMyBrand.Foundation.Security;

/// <summary>
/// How often something may be fetched: a few times at once, and over time once an interval. So one stranger who causes a fetch does not
/// leave the next token of a new key without. Not for several threads at once.
/// </summary>
internal sealed class FetchAllowance(TimeSpan interval, TimeProvider time)
{
    /// <summary>How many fetches may follow each other at once.</summary>
    public const int AtOnce = 3;

    private readonly long _start = time.GetTimestamp();                  // timestamps: they do not jump with the clock
    private TimeSpan _spentUntil;                                        // since the start: when all are there again

    /// <summary>Takes one fetch, if there is one.</summary>
    public bool TrySpend()
    {
        var now = time.GetElapsedTime(_start);
        if (_spentUntil - now > (AtOnce - 1) * interval)
            return false;
        _spentUntil = (_spentUntil > now ? _spentUntil : now) + interval;
        return true;
    }
}
