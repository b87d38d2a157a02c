using StackExchange.Redis;

namespace RankMyBrand.Foundation.RateLimiting.Redis;

/// <summary>
/// Sends checks to Redis. A check goes out at once while no other is under way; those that come meanwhile share the next script call, in
/// which each is decided by itself, in the order in which they came. So the more there is to check, the less a check costs: one turn and
/// one sync of the server for all of them. A call that is slow is not waited for: the next goes out behind it. A call that fails fails all
/// of its checks, and those that wait.
/// </summary>
internal sealed class CheckQueue(IDatabase redis, RateLimitPlanHolder plans, LocalClock clock) : IThreadPoolWorkItem
{
    /// <summary>The most limits of a call: for buckets half a millisecond of the server's time, for sliding windows one.</summary>
    private const int MaxLimits = 128;

    /// <summary>
    /// Longer than any call of a server that keeps up. By a slow one, what waits for its turn would wait for two calls, and that may be
    /// longer than callers do though the server answers each of them in time.
    /// </summary>
    private static readonly TimeSpan s_longestTurn = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly Queue<PendingCheck> _waiting = new();
    private bool _isSending;
    private List<PendingCheck>? _latest;

    public void Add(PendingCheck check)
    {
        lock (_lock)
        {
            _waiting.Enqueue(check);
            if (_isSending)
                return;
            _isSending = true;
        }

        // The calls are everybody's, and nothing of the caller that happens to find the queue idle belongs to them.
        using (ExecutionContext.SuppressFlow())
            _ = SendAsync();
    }

    void IThreadPoolWorkItem.Execute() => _ = SendAsync();

    private async Task SendAsync()
    {
        Task call;
        bool isMoreWaiting;
        do
        {
            if (TakeGroup(out isMoreWaiting) is not { } group)
                return;
            call = CallAsync(group);
        }
        while (isMoreWaiting);

        // When the call is stuck, another connection may have come in the place of its own.
        await call.WaitAsync(Turn(), clock.Provider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // After the answers in the pool's queue: whoever was waiting for one may have the next check, which then is in the next call and
        // not in the one after.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>How long the next checks wait for the call before them: a small part of what their callers wait.</summary>
    private TimeSpan Turn()
    {
        var part = plans.Current.Options.RedisTimeout / 10;
        return part < s_longestTurn ? part : s_longestTurn;
    }

    /// <summary>The next checks to send; null when nothing waits, and then the next check that comes is the one to send.</summary>
    private List<PendingCheck>? TakeGroup(out bool isMoreWaiting)
    {
        List<PendingCheck>? group = null;
        var limits = 0;
        lock (_lock)
        {
            while (_waiting.TryPeek(out var check) && (group is null || limits + check.Takes.Length <= MaxLimits))
            {
                _waiting.Dequeue();
                if (check.IsAbandoned)
                {
                    // Only those who clean up after the caller still wait for it.
                    check.SetCanceled();
                    continue;
                }

                (group ??= []).Add(check);
                limits += check.Takes.Length;
            }

            isMoreWaiting = _waiting.Count > 0;
            _isSending = group is not null;
            _latest = group;
        }

        return group;
    }

    private async Task CallAsync(List<PendingCheck> group)
    {
        try
        {
            var count = group.Sum(static check => check.Takes.Length);
            var reply = (byte[]?)await AskAsync(group, count).ConfigureAwait(false) ?? [];
            if (reply.Length != count * Grant.Length)
            {
                throw new RedisException(
                    $"The script of the rate limits answered {reply.Length} bytes to {count} limits; it must be {Grant.Length} a limit.");
            }

            var at = 0;
            foreach (var check in group)
            {
                var grants = new Grant[check.Takes.Length];
                for (var i = 0; i < grants.Length; i++, at++)
                    grants[i] = Grant.Read(reply.AsSpan(at * Grant.Length));
                check.Answer(grants);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            foreach (var check in group)
                check.Fail(e);
            FailWaiting(group, e);
        }
    }

    /// <summary>
    /// An outage has begun: what waits for its turn need not find that out by itself. Of a later call that is under way the failure of an
    /// earlier one, which was stuck, says nothing.
    /// </summary>
    private void FailWaiting(List<PendingCheck> group, Exception failure)
    {
        lock (_lock)
        {
            if (_latest != group)
                return;
            while (_waiting.TryDequeue(out var check))
                check.Fail(failure);
        }
    }

    private Task<RedisResult> AskAsync(List<PendingCheck> group, int count)
    {
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

        return redis.ScriptEvaluateAsync(LimitScript.Check, keys, values);
    }
}
