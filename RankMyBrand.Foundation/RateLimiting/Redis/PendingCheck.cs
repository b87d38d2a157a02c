namespace RankMyBrand.Foundation.RateLimiting.Redis;

/// <summary>
/// A check on its way to Redis and back. Its task always ends: with the answers, with the failure of the call, or cancelled when it was
/// abandoned before it was sent.
/// </summary>
/// <remarks>
/// Who awaits it runs as a work item of the pool's common queue, which as a rule keeps the order: what a <see cref="CheckQueue"/> queues
/// after the answers of a call begins when all of their callers have begun.
/// </remarks>
/// <param name="takes">The limits, each key once.</param>
/// <param name="holder">Who holds the slots of concurrency limits; empty without any.</param>
internal sealed class PendingCheck(Take[] takes, string holder) : TaskCompletionSource<Grant[]>, IThreadPoolWorkItem
{
    private volatile bool _isAbandoned;
    private Grant[]? _grants;
    private Exception? _failure;

    public Take[] Takes => takes;

    public string Holder => holder;

    /// <summary>Whether nobody waits for the answers any more.</summary>
    public bool IsAbandoned => _isAbandoned;

    public void Abandon() => _isAbandoned = true;

    public void Answer(Grant[] grants)
    {
        _grants = grants;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Fail(Exception failure)
    {
        _failure = failure;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_failure is null)
            TrySetResult(_grants!);
        else
            TrySetException(_failure);
    }
}
