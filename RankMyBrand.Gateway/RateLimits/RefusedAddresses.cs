using System.Collections.Concurrent;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>The addresses that were refused lately.</summary>
internal sealed class RefusedAddresses(TimeProvider time)
{
    /// <summary>Any number of addresses can be had for guessing; those beyond are not remembered.</summary>
    private const int MaxAddresses = 100_000;

    private const int SweepSeconds = 10;

    private readonly Lock _adding = new();
    private readonly ConcurrentDictionary<string, RefusedAddress> _addresses = new(StringComparer.Ordinal);
    private long _latest = time.GetTimestamp();
    private long _sweepAt = time.GetTimestamp();

    /// <summary>False nearly always, and found out by one look at the clock.</summary>
    public bool Any => time.GetTimestamp() < Volatile.Read(ref _latest);

    /// <summary>The address, if it was refused lately.</summary>
    public RefusedAddress? Find(string address) =>
        _addresses.TryGetValue(address, out var known) && time.GetTimestamp() < known.Until ? known : null;

    /// <summary>Remembers a refusal.</summary>
    /// <param name="address">Whose.</param>
    /// <param name="span">For how long.</param>
    public void Add(string address, TimeSpan span)
    {
        var now = time.GetTimestamp();
        var until = now + (long)(span.TotalSeconds * time.TimestampFrequency);
        lock (_adding)
        {
            Volatile.Write(ref _latest, Math.Max(_latest, until));
            Sweep(now);
            if (!_addresses.TryGetValue(address, out var known))
            {
                if (_addresses.Count >= MaxAddresses)
                    return;
                _addresses[address] = known = new RefusedAddress();
            }

            known.Until = Math.Max(known.Until, until);
        }
    }

    private void Sweep(long now)
    {
        if (now < _sweepAt)
            return;
        _sweepAt = now + (SweepSeconds * time.TimestampFrequency);
        foreach (var entry in _addresses)
        {
            if (now >= entry.Value.Until)
                _addresses.TryRemove(entry);
        }
    }
}

/// <summary>An address that was refused lately. Its requests take turns: whoever has entered disposes it when his turn is over.</summary>
internal sealed class RefusedAddress : IDisposable
{
    private long _until;
    private int _isTaken;

    /// <summary>The timestamp at which the refusal may be forgotten.</summary>
    public long Until
    {
        get => Volatile.Read(ref _until);
        set => Volatile.Write(ref _until, value);
    }

    /// <summary>False while another request has its turn.</summary>
    public bool TryEnter() => Interlocked.Exchange(ref _isTaken, 1) == 0;

    public void Dispose() => Volatile.Write(ref _isTaken, 0);
}
