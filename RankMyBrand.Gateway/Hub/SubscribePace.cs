namespace RankMyBrand.Gateway.Hub;

/// <summary>
/// How often one client may subscribe: as often as it may have subscriptions, and then so many times a minute (a token bucket). Every time
/// may make the hub read and send a whole stream, which costs far more than the message that asks for it.
/// </summary>
internal struct SubscribePace(HubOptions options)
{
    private const double Minute = 60_000;

    private double _left = options.MaxSubscriptions;
    private long _lookedAt = Environment.TickCount64;

    /// <summary>Takes one; false when there is none yet.</summary>
    public bool TryTake()
    {
        var now = Environment.TickCount64;
        _left = Math.Min(options.MaxSubscriptions, _left + ((now - _lookedAt) * options.SubscribesPerMinute / Minute));
        _lookedAt = now;
        if (_left < 1)
            return false;
        _left--;
        return true;
    }
}
