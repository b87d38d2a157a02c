using System.Diagnostics;
using System.Net;

namespace StackExchange.Redis;

/// <summary>Publishes and subscribes.</summary>
internal sealed class RedisSubscriber(ConnectionMultiplexer owner) : ISubscriber
{
    private readonly RedisDatabase _database = new(owner, 0, null);

    public IConnectionMultiplexer Multiplexer => owner;

    public bool IsConnected(RedisChannel channel) => owner.Subscriptions.ConnectionOf(channel) is not null;

    public long Publish(RedisChannel channel, RedisValue message, CommandFlags flags) => Wait(PublishAsync(channel, message, flags));

    public Task<long> PublishAsync(RedisChannel channel, RedisValue message, CommandFlags flags) =>
        _database.PublishAsync(channel, message, flags);

    public void Subscribe(RedisChannel channel, Action<RedisChannel, RedisValue> handler, CommandFlags flags) =>
        Wait(SubscribeAsync(channel, handler, flags));

    public Task SubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> handler, CommandFlags flags)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return owner.Subscriptions.AddAsync(channel, handler, flags);
    }

    public ChannelMessageQueue Subscribe(RedisChannel channel, CommandFlags flags) => Wait(SubscribeAsync(channel, flags));

    public async Task<ChannelMessageQueue> SubscribeAsync(RedisChannel channel, CommandFlags flags)
    {
        var queue = new ChannelMessageQueue(channel, owner);
        await owner.Subscriptions.AddAsync(channel, queue, flags).ConfigureAwait(false);
        return queue;
    }

    public EndPoint? SubscribedEndpoint(RedisChannel channel) => owner.Subscriptions.ConnectionOf(channel)?.EndPoint;

    public void Unsubscribe(RedisChannel channel, Action<RedisChannel, RedisValue>? handler, CommandFlags flags) =>
        Wait(UnsubscribeAsync(channel, handler, flags));

    public Task UnsubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue>? handler, CommandFlags flags) =>
        owner.Subscriptions.RemoveAsync(channel, handler, flags);

    public void UnsubscribeAll(CommandFlags flags) => Wait(UnsubscribeAllAsync(flags));

    public Task UnsubscribeAllAsync(CommandFlags flags) => owner.Subscriptions.RemoveAllAsync(flags);

    public TimeSpan Ping(CommandFlags flags) => Wait(PingAsync(flags));

    public async Task<TimeSpan> PingAsync(CommandFlags flags)
    {
        var started = Stopwatch.GetTimestamp();
        await _database.PingAsync(flags).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(started);
    }

    public bool TryWait(Task task) => task.Wait(owner.TimeoutMilliseconds);

    public void Wait(Task task) => owner.Wait(task);

    public T Wait<T>(Task<T> task) => owner.Wait(task);

    public void WaitAll(params Task[] tasks) => owner.WaitAll(tasks);
}
