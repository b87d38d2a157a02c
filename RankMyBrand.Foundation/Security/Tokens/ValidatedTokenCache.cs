using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// Remembers validated tokens by their SHA-256 until they expire. Bounded by two generations: when the young one has half the capacity, it
/// becomes the old one, whose unused half is dropped; what is in use moves back. Only valid tokens enter, so
/// strangers cannot push others out.
/// </summary>
public sealed class ValidatedTokenCache(IOptions<JwtOptions> options, TimeProvider time)
{
    private readonly Lock _turning = new();
    private readonly int _half = Math.Max(1, options.Value.CacheCapacity / 2);
    private Generations _generations = new([], []);

    /// <summary>How many tokens are remembered, those included that have expired and not been asked for since.</summary>
    public int Count => _generations is var (young, old) ? young.Count + old.Count : 0;

    internal ValidatedToken? Find(TokenDigest digest)
    {
        var (young, old) = Volatile.Read(ref _generations);
        if (!young.TryGetValue(digest, out var entry) && old.TryRemove(digest, out entry))
            Add(digest, entry);
        if (entry is null)
            return null;
        if (time.GetUtcNow() < entry.Until)
            return entry.Token;
        young.TryRemove(digest, out _);
        return null;
    }

    internal void Add(TokenDigest digest, ValidatedToken token)
    {
        var now = time.GetUtcNow();
        // Not by the instant of the expiry with the skew: with a token for eternity there is none.
        var (left, limit) = (token.ExpiresAt - now + options.Value.ClockSkew, options.Value.CacheLifetime);
        var kept = left < limit ? left : limit;
        if (kept > TimeSpan.Zero)
            Add(digest, new Entry(token, now + kept));
    }

    private void Add(TokenDigest digest, Entry entry)
    {
        lock (_turning)
        {
            if (_generations.YoungCount >= _half)
                Volatile.Write(ref _generations, new Generations([], _generations.Young));
            if (_generations.Young.TryAdd(digest, entry))
                _generations.YoungCount++;
            else
                _generations.Young[digest] = entry;
        }
    }

    private sealed record Entry(ValidatedToken Token, DateTimeOffset Until);

    private sealed record Generations(ConcurrentDictionary<TokenDigest, Entry> Young, ConcurrentDictionary<TokenDigest, Entry> Old)
    {
        // Counts additions, under the lock; removals of expired entries are not taken back, which only turns the
        // generation a little earlier.
        public int YoungCount { get; set; }
    }
}
