using System.Collections.Concurrent;

namespace StackExchange.Redis;

/// <summary>Who listens to which channel. Outlives connections: each new one is told to subscribe again.</summary>
internal sealed class Subscriptions(ConnectionMultiplexer owner, ConfigurationOptions options)
{
    private readonly ConcurrentDictionary<RedisChannel, Subscription> _active = new();

    // Orders changes of the list with the commands that announce them. Taken before the gate of a link, never inside it.
    private readonly Lock _gate = new();

    public int Count => _active.Count;

    /// <summary>Whether messages need a socket of their own, as they do in RESP2.</summary>
    private bool Separate => options.Protocol == RedisProtocol.Resp2 || owner.Interactive.Live is { Facts.Protocol: RedisProtocol.Resp2 };

    private Link Link => Separate ? owner.UseSubscriptionLink() : owner.Interactive;

    public RedisConnection? ConnectionOf(RedisChannel channel)
    {
        if (!channel.IsNullOrEmpty && !_active.ContainsKey(channel)) return null;
        return Separate ? owner.SubscriptionLink?.Live : owner.Interactive.Live;
    }

    /// <summary>Adds a listener and waits until the server knows of it.</summary>
    public async Task AddAsync(RedisChannel channel, object listener, CommandFlags flags)
    {
        if (channel.IsNullOrEmpty) throw new ArgumentNullException(nameof(channel));
        Task confirmed;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(owner.IsDisposed, owner);
            var subscription = _active.GetOrAdd(channel, static key => new(key));
            var first = subscription.Add(listener);
            confirmed = subscription.Confirmed;
            if (first)
            {
                var frame = CommandFrame.Start(Subscribing(channel), owner.Map).Add(OnWire(channel));
                // Without a connection there is nothing to send: the next one renews every subscription in the list.
                var sent = Link.TrySend(new SubscribeMessage(this, channel, subscription, frame.Command, flags), frame.Complete());
                if (!sent && !options.BacklogPolicy.QueueWhileDisconnected)
                {
                    _active.TryRemove(channel, out _);
                    throw Link.NoConnection(frame.Command, flags);
                }
            }
        }
        if (flags.HasFlag(CommandFlags.FireAndForget)) return;
        try
        {
            await confirmed.WaitAsync(TimeSpan.FromMilliseconds(options.AsyncTimeout)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            lock (_gate)
            {
                if (_active.TryGetValue(channel, out var subscription) && subscription.Remove(listener)) _active.TryRemove(channel, out _);
            }
            if (e is RedisException or RedisTimeoutException) throw;
            throw new RedisTimeoutException(
                flags, $"The subscription to '{channel}' was not confirmed within {options.AsyncTimeout} ms; {owner.Status()}.", CommandStatus.Unknown);
        }
    }

    /// <summary>Removes a listener, or all when none is given, and waits until the server knows of it.</summary>
    public async Task RemoveAsync(RedisChannel channel, object? listener, CommandFlags flags)
    {
        if (channel.IsNullOrEmpty) throw new ArgumentNullException(nameof(channel));
        Task removed;
        lock (_gate)
        {
            if (!_active.TryGetValue(channel, out var subscription)) return;
            if (listener is null) subscription.Clear();
            else if (!subscription.Remove(listener)) return;
            if (!_active.TryRemove(channel, out _)) return;
            var frame = CommandFrame.Start(Unsubscribing(channel), owner.Map).Add(OnWire(channel));
            var message = new UnsubscribeMessage(channel, frame.Command, flags);
            if (!Link.TrySend(message, frame.Complete())) return;
            removed = message.Task;
        }
        if (!flags.HasFlag(CommandFlags.FireAndForget)) await removed.ConfigureAwait(false);
    }

    public Task RemoveAllAsync(CommandFlags flags) => Task.WhenAll(_active.Keys.Select(channel => RemoveAsync(channel, null, flags)));

    /// <summary>Ends every queue when the multiplexer is closed.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            foreach (var subscription in _active.Values) subscription.Clear();
            _active.Clear();
        }
    }

    /// <summary>What a new connection has to send first. Called under the gate of its link.</summary>
    public IEnumerable<(IMessage Message, byte[] Frame)> Renewals(Link link, RedisConnection connection)
    {
        if (link.Type == ConnectionType.Interactive && connection.Facts.Protocol == RedisProtocol.Resp2) yield break;
        foreach (var (channel, subscription) in _active)
        {
            var frame = CommandFrame.Start(Subscribing(channel), owner.Map).Add(OnWire(channel));
            yield return (new SubscribeMessage(this, channel, subscription, frame.Command, CommandFlags.None), frame.Complete().ToArray());
        }
    }

    /// <summary>Opens the second socket when a server turns out to need it.</summary>
    public void Connected()
    {
        if (Separate && !_active.IsEmpty) owner.UseSubscriptionLink();
    }

    public CommandFrame Publication(RedisChannel channel, RedisValue message) =>
        owner.Start(channel.IsSharded ? Commands.Spublish : Commands.Publish).Add(OnWire(channel)).Add(message);

    /// <summary>The channel with the configured prefix.</summary>
    public RedisChannel OnWire(RedisChannel channel) => options.ChannelPrefix.IsNullOrEmpty
        ? channel
        : RedisChannel.Received([.. options.ChannelPrefix.Bytes.Span, .. channel.Bytes.Span], KindOf(channel));

    /// <summary>Takes a message for subscribers; false when it is the answer to a command.</summary>
    public bool TryReceive(Link link, RedisConnection connection, RespReader reader)
    {
        if (reader.Count == 0) return false;
        var (count, push) = (reader.Count, reader.Type == (byte)'>');
        reader.Next();
        var (isMessage, isPattern, isSharded) = (reader.Is("message"u8), reader.Is("pmessage"u8), reader.Is("smessage"u8));
        if (!isMessage && !isPattern && !isSharded)
        {
            return IsNotice(reader, out var notice) ? TryTake(notice, link, connection, reader) : push;
        }
        if (count != (isPattern ? 4 : 3)) throw reader.Unexpected("a published message");
        var subscribed = Named(reader.NextValue(), isPattern ? RedisChannel.Kind.Pattern : isSharded ? RedisChannel.Kind.Sharded : RedisChannel.Kind.Literal);
        var channel = isPattern ? Named(reader.NextValue(), RedisChannel.Kind.Literal) : subscribed;
        var message = reader.NextValue();
        if (_active.TryGetValue(subscribed, out var subscription)) subscription.Deliver(owner, channel, message);
        return true;
    }

    // Other pushes, such as invalidations of client-side caches, are nothing this client has asked for.
    private static bool IsNotice(in RespReader kind, out (bool Subscribes, RedisChannel.Kind Kind) notice)
    {
        notice = (kind.Is("subscribe"u8) || kind.Is("psubscribe"u8) || kind.Is("ssubscribe"u8), RedisChannel.Kind.Literal);
        if (kind.Is("psubscribe"u8) || kind.Is("punsubscribe"u8)) notice.Kind = RedisChannel.Kind.Pattern;
        else if (kind.Is("ssubscribe"u8) || kind.Is("sunsubscribe"u8)) notice.Kind = RedisChannel.Kind.Sharded;
        else return notice.Subscribes || kind.Is("unsubscribe"u8);
        return true;
    }

    /// <summary>Takes the notice of a change that the server has made by itself; false when the oldest command has asked for it.</summary>
    private bool TryTake((bool Subscribes, RedisChannel.Kind Kind) notice, Link link, RedisConnection connection, RespReader reader)
    {
        var channel = Named(reader.NextValue(), notice.Kind);
        var isAnswer = connection.Oldest switch
        {
            SubscribeMessage message => notice.Subscribes && message.Channel == channel,
            UnsubscribeMessage message => !notice.Subscribes && message.Channel == channel,
            _ => false,
        };
        if (isAnswer) return false;
        if (!notice.Subscribes) Renew(link, channel);
        return true;
    }

    // The server ends the subscription of a sharded channel by itself when it gives the channel's slot away.
    private void Renew(Link link, RedisChannel channel)
    {
        lock (_gate)
        {
            if (!_active.TryGetValue(channel, out var subscription)) return;
            var frame = CommandFrame.Start(Subscribing(channel), owner.Map).Add(OnWire(channel));
            link.TrySend(new SubscribeMessage(this, channel, subscription, frame.Command, CommandFlags.None), frame.Complete());
        }
    }

    private RedisChannel Named(byte[]? name, RedisChannel.Kind kind)
    {
        var prefix = options.ChannelPrefix.Bytes.Span;
        return RedisChannel.Received(name.AsSpan().StartsWith(prefix) ? name.AsSpan(prefix.Length).ToArray() : name ?? [], kind);
    }

    private static RedisChannel.Kind KindOf(RedisChannel channel) =>
        channel.IsPattern ? RedisChannel.Kind.Pattern : channel.IsSharded ? RedisChannel.Kind.Sharded : RedisChannel.Kind.Literal;

    private static Command Subscribing(RedisChannel channel) =>
        channel.IsPattern ? Commands.Psubscribe : channel.IsSharded ? Commands.Ssubscribe : Commands.Subscribe;

    private static Command Unsubscribing(RedisChannel channel) =>
        channel.IsPattern ? Commands.Punsubscribe : channel.IsSharded ? Commands.Sunsubscribe : Commands.Unsubscribe;

    /// <summary>Tells the subscription what became of it.</summary>
    private sealed class SubscribeMessage(
        Subscriptions all, RedisChannel channel, Subscription subscription, Command command, CommandFlags flags)
        : Message<bool>(command, flags, Replies.Done)
    {
        public RedisChannel Channel => channel;

        public override void Complete(ref RespReader reader)
        {
            if (!reader.IsError)
            {
                subscription.Confirm();
            }
            else if (subscription.Refuse(RedisErrors.Exception(reader.Text()!, Flags)))
            {
                // The next one who subscribes asks the server again; it may have learnt better.
                all._active.TryRemove(KeyValuePair.Create(channel, subscription));
                subscription.Clear();
            }
            TrySetResult(true);
        }

        // A connection that breaks is replaced by one that subscribes again, so the subscription goes on waiting.
        public override bool Fail(Exception exception) => TrySetResult(false);
    }

    private sealed class UnsubscribeMessage(RedisChannel channel, Command command, CommandFlags flags)
        : Message<bool>(command, flags, Replies.Done)
    {
        public RedisChannel Channel => channel;
    }
}
