using System.Threading.Channels;

namespace StackExchange.Redis;

/// <summary>A message of a channel.</summary>
public readonly struct ChannelMessage
{
    internal ChannelMessage(RedisChannel subscriptionChannel, RedisChannel channel, RedisValue message) =>
        (SubscriptionChannel, Channel, Message) = (subscriptionChannel, channel, message);

    /// <summary>The channel or pattern that was subscribed to.</summary>
    public RedisChannel SubscriptionChannel { get; }

    /// <summary>The channel the message was published on.</summary>
    public RedisChannel Channel { get; }

    /// <summary>The message.</summary>
    public RedisValue Message { get; }

    /// <summary>Whether two messages are the same.</summary>
    public static bool operator ==(ChannelMessage left, ChannelMessage right) =>
        left.Channel == right.Channel && left.Message == right.Message;

    /// <summary>Whether two messages differ.</summary>
    public static bool operator !=(ChannelMessage left, ChannelMessage right) => !(left == right);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ChannelMessage other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Channel, Message);

    /// <summary>The channel and the message.</summary>
    public override string ToString() => $"{Channel}:{Message}";
}

/// <summary>The messages of a subscription, in the order in which they came. It is not bounded: read it as fast as it fills.</summary>
public sealed class ChannelMessageQueue : IAsyncEnumerable<ChannelMessage>
{
    private readonly Channel<ChannelMessage> _messages = System.Threading.Channels.Channel.CreateUnbounded<ChannelMessage>(
        new() { SingleWriter = true });
    private readonly ConnectionMultiplexer _owner;
    private int _handled;

    internal ChannelMessageQueue(RedisChannel channel, ConnectionMultiplexer owner) => (Channel, _owner) = (channel, owner);

    /// <summary>The channel or pattern that was subscribed to.</summary>
    public RedisChannel Channel { get; }

    /// <summary>Completes when the subscription has ended and every message has been read.</summary>
    public Task Completion => _messages.Reader.Completion;

    /// <summary>The next message.</summary>
    /// <exception cref="ChannelClosedException">The subscription has ended.</exception>
    public ValueTask<ChannelMessage> ReadAsync(CancellationToken cancellationToken = default) =>
        _messages.Reader.ReadAsync(cancellationToken);

    /// <summary>The next message, if there is one.</summary>
    public bool TryRead(out ChannelMessage item) => _messages.Reader.TryRead(out item);

    /// <summary>How many messages wait.</summary>
    public bool TryGetCount(out int count)
    {
        var countable = _messages.Reader.CanCount;
        count = countable ? _messages.Reader.Count : 0;
        return countable;
    }

    /// <summary>Calls a handler for one message after the other. Exceptions of the handler are ignored.</summary>
    public void OnMessage(Action<ChannelMessage> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Handle(message =>
        {
            handler(message);
            return Task.CompletedTask;
        });
    }

    /// <summary>Calls a handler for one message after the other, and waits for it. Exceptions of the handler are ignored.</summary>
    public void OnMessage(Func<ChannelMessage, Task> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Handle(handler);
    }

    /// <summary>Ends the subscription.</summary>
    public void Unsubscribe(CommandFlags flags = CommandFlags.None) => _owner.Wait(UnsubscribeAsync(flags));

    /// <summary>Ends the subscription.</summary>
    public Task UnsubscribeAsync(CommandFlags flags = CommandFlags.None) => _owner.Subscriptions.RemoveAsync(Channel, this, flags);

    /// <summary>Reads the messages until the subscription ends.</summary>
    public IAsyncEnumerator<ChannelMessage> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        _messages.Reader.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    /// <summary>The channel.</summary>
    public override string? ToString() => Channel;

    internal void Add(ChannelMessage message) => _messages.Writer.TryWrite(message);

    internal void Complete() => _messages.Writer.TryComplete();

    private void Handle(Func<ChannelMessage, Task> handler)
    {
        if (Interlocked.Exchange(ref _handled, 1) != 0) throw new InvalidOperationException("Only a single OnMessage is allowed.");
        // It ends with the subscription, which completes the channel.
        _ = Task.Run(async () =>
        {
            await foreach (var message in _messages.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                try
                {
                    await handler(message).ConfigureAwait(false);
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    _owner.HandlerFailed(e, $"handler of channel '{message.Channel}'");
                }
            }
        });
    }
}
