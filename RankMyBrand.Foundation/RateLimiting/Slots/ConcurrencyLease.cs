namespace RankMyBrand.Foundation.RateLimiting.Slots;

/// <summary>The slots of concurrency limits that one request holds.</summary>
internal sealed class ConcurrencyLease(string holder, Claim[] claims, long renewedAt, Action<ConcurrencyLease> release)
{
    private int _isReleased;

    public string Holder => holder;

    /// <summary>The concurrency limits of the check.</summary>
    public Claim[] Claims => claims;

    /// <summary>When the slots were last known to be entered in Redis.</summary>
    public long RenewedAt { get; set; } = renewedAt;

    public bool IsReleased => Volatile.Read(ref _isReleased) != 0;

    public void Release()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0)
            release(this);
    }
}
