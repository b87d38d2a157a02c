using System.Net;

namespace StackExchange.Redis;

/// <summary>Publishes messages and subscribes to them. Subscriptions return by themselves after a reconnect; what was published meanwhile is lost.</summary>
public interface ISubscriber : IRedis
{
    /// <summary>Whether there is a connection for the channel.</summary>
    bool IsConnected(RedisChannel channel = default);

    /// <summary>Publishes a message and returns how many clients of the server received it.</summary>
    long Publish(RedisChannel channel, RedisValue message, CommandFlags flags = CommandFlags.None);

    /// <summary>Publishes a message and returns how many clients of the server received it.</summary>
    Task<long> PublishAsync(RedisChannel channel, RedisValue message, CommandFlags flags = CommandFlags.None);

    /// <summary>Calls a handler for every message; handlers run at the same time and in any order.</summary>
    void Subscribe(RedisChannel channel, Action<RedisChannel, RedisValue> handler, CommandFlags flags = CommandFlags.None);

    /// <summary>Calls a handler for every message; handlers run at the same time and in any order.</summary>
    Task SubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> handler, CommandFlags flags = CommandFlags.None);

    /// <summary>Queues every message, in the order in which they came.</summary>
    ChannelMessageQueue Subscribe(RedisChannel channel, CommandFlags flags = CommandFlags.None);

    /// <summary>Queues every message, in the order in which they came.</summary>
    Task<ChannelMessageQueue> SubscribeAsync(RedisChannel channel, CommandFlags flags = CommandFlags.None);

    /// <summary>The server that serves the subscription; null when there is none.</summary>
    EndPoint? SubscribedEndpoint(RedisChannel channel);

    /// <summary>Ends the subscription of a handler, or all to the channel.</summary>
    void Unsubscribe(RedisChannel channel, Action<RedisChannel, RedisValue>? handler = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Ends the subscription of a handler, or all to the channel.</summary>
    Task UnsubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue>? handler = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Ends every subscription.</summary>
    void UnsubscribeAll(CommandFlags flags = CommandFlags.None);

    /// <summary>Ends every subscription.</summary>
    Task UnsubscribeAllAsync(CommandFlags flags = CommandFlags.None);
}
