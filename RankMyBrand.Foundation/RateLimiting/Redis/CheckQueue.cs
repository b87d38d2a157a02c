using StackExchange.Redis;

namespace RankMyBrand.Foundation.RateLimiting.Redis;

/// <summary>
/// Sends checks to Redis. A check goes out at once while no other is under way; those that come meanwhile share the next script call, in
/// which each is decided by itself, in the order in which they came. So the more there is to check, the less a check costs: one turn and
/// one sync of the server for all of them. Nothing waits for a clock.
/// </summary>
internal sealed class CheckQueue(IDatabase redis)
{
    /// <summary>The most limits of a call, about half a millisecond of the server's time.</summary>
    private const int MaxLimits = 128;

    private readonly Lock _lock = new();
    private readonly Queue<PendingCheck> _waiting = new();
    private bool _isSending;

    public void Add(PendingCheck check)
    {
        lock (_lock)
        {
            _waiting.Enqueue(check);
            if (_isSending)
                return;
            _isSending = true;
        }

        _ = SendAsync();
    }

    private async Task SendAsync()
    {
        var group = new List<PendingCheck>();
        while (TakeGroup(group))
        {
            try
            {
                await AskAsync(group);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                foreach (var check in group)
                    check.Fail(e);
            }

            // Whoever was waiting for these answers may have the next check, which then is in the next call and not in the one after.
            await Task.Yield();
        }
    }

    private bool TakeGroup(List<PendingCheck> group)
    {
        group.Clear();
        var limits = 0;
        lock (_lock)
        {
            while (_waiting.TryPeek(out var check) && (check.IsAbandoned || limits + check.Takes.Length <= MaxLimits))
            {
                _waiting.Dequeue();
                if (check.IsAbandoned)
                {
                    check.SetCanceled();
                    continue;
                }

                group.Add(check);
                limits += check.Takes.Length;
            }

            return _isSending = group.Count > 0;
        }
    }

    private async Task AskAsync(List<PendingCheck> group)
    {
        var count = 0;
        foreach (var check in group)
            count += check.Takes.Length;
        var keys = new RedisKey[count];
        var values = new RedisValue[count];
        var at = 0;
        foreach (var check in group)
        {
            var takes = check.Takes;
            for (var i = 0; i < takes.Length; i++, at++)
            {
                keys[at] = takes[i].Claim.Rule.RedisKey(takes[i].Claim.Key);
                values[at] = LimitRecord.Of(takes[i], takes.Length - 1 - i, check.Holder);
            }
        }

        var reply = (byte[]?)await redis.ScriptEvaluateAsync(LimitScript.Check, keys, values) ?? [];
        if (reply.Length != count * Grant.Length)
        {
            throw new RedisException(
                $"The script of the rate limits answered {reply.Length} bytes to {count} limits; {Grant.Length} a limit were expected.");
        }

        at = 0;
        foreach (var check in group)
        {
            var grants = new Grant[check.Takes.Length];
            for (var i = 0; i < grants.Length; i++, at++)
                grants[i] = Grant.Read(reply.AsSpan(at * Grant.Length));
            check.Answer(grants);
        }
    }
}
