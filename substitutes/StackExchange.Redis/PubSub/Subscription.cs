namespace StackExchange.Redis;

/// <summary>The listeners of one channel: handlers, and queues.</summary>
internal sealed class Subscription(RedisChannel channel)
{
    private readonly TaskCompletionSource _confirmed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Replaced whole, so that messages are delivered without a lock.
    private object[] _listeners = [];

    public Task Confirmed => _confirmed.Task;

    public void Confirm() => _confirmed.TrySetResult();

    /// <summary>Learns that the server refuses it; false when the server had confirmed it before.</summary>
    public bool Refuse(Exception exception) => _confirmed.TrySetException(exception);

    /// <summary>Adds a listener; true when it is the first. The caller orders changes.</summary>
    public bool Add(object listener)
    {
        var before = _listeners;
        Volatile.Write(ref _listeners, [.. before, listener]);
        return before.Length == 0;
    }

    /// <summary>Removes a listener; true when none is left. The caller orders changes.</summary>
    public bool Remove(object listener)
    {
        var index = Array.IndexOf(_listeners, listener);
        if (index < 0) return false;
        Volatile.Write(ref _listeners, [.. _listeners[..index], .. _listeners[(index + 1)..]]);
        (listener as ChannelMessageQueue)?.Complete();
        return _listeners.Length == 0;
    }

    public void Clear()
    {
        foreach (var queue in Interlocked.Exchange(ref _listeners, []).OfType<ChannelMessageQueue>()) queue.Complete();
    }

    public void Deliver(ConnectionMultiplexer owner, RedisChannel from, RedisValue message)
    {
        foreach (var listener in Volatile.Read(ref _listeners))
        {
            if (listener is ChannelMessageQueue queue) queue.Add(new(channel, from, message));
            else ThreadPool.UnsafeQueueUserWorkItem(Run, (owner, (Action<RedisChannel, RedisValue>)listener, from, message), preferLocal: false);
        }
    }

    private static void Run(
        (ConnectionMultiplexer Owner, Action<RedisChannel, RedisValue> Handler, RedisChannel From, RedisValue Message) work)
    {
        try
        {
            work.Handler(work.From, work.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            work.Owner.HandlerFailed(e, $"handler of channel '{work.From}'");
        }
    }
}
