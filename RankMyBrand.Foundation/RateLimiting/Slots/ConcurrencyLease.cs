namespace RankMyBrand.Foundation.RateLimiting.Slots;

/// <summary>The slots of concurrency limits that one request holds.</summary>
/// <param name="holder">The id of the request.</param>
/// <param name="claims">Its concurrency limits.</param>
/// <param name="enteredAt">When Redis has given the slots; null when this instance has, because Redis was away.</param>
/// <param name="release">What a release does.</param>
internal sealed class ConcurrencyLease(string holder, Claim[] claims, long? enteredAt, Action<ConcurrencyLease> release)
{
    private const long Never = long.MinValue;

    private long _askedAt = enteredAt ?? Never;
    private int _isReleased;

    public string Holder => holder;

    /// <summary>The concurrency limits of the check.</summary>
    public Claim[] Claims => claims;

    /// <summary>When the slots were last known to be entered in Redis; null when they never were.</summary>
    public long? EnteredAt { get; set; } = enteredAt;

    /// <summary>When Redis was last asked to enter the slots, so whether they are to be freed there; null when it never was.</summary>
    public long? AskedAt => Volatile.Read(ref _askedAt) is var at and not Never ? at : null;

    /// <summary>The shortest time after which Redis forgets one of the slots.</summary>
    public TimeSpan Duration { get; } = claims.Min(claim => claim.Rule.Window);

    public bool IsReleased => Volatile.Read(ref _isReleased) != 0;

    /// <summary>Notes that Redis is asked to enter the slots. Whoever does looks afterwards whether they were released meanwhile.</summary>
    public void Ask(long now) => Interlocked.Exchange(ref _askedAt, now);

    public void Release()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0)
            release(this);
    }
}
