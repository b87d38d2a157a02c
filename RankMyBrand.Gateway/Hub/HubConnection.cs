using System.Buffers;
using System.Net.WebSockets;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Gateway.Identity;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Hub;

/// <summary>
/// One client of the hub. Its messages are answered in the order they come; what it is sent goes through one outbox, so a client that
/// does not keep up holds back its own subscriptions and nobody else's.
/// </summary>
/// <param name="socket">Its WebSocket.</param>
/// <param name="cutOff">Ends its connection without a goodbye.</param>
/// <param name="tenant">Whose events it gets; null for those of no tenant.</param>
/// <param name="permission">That it may listen; null where everybody may.</param>
/// <param name="feed">Where events come from.</param>
/// <param name="options">The settings of the hub.</param>
internal sealed class HubConnection(WebSocket socket, Action cutOff, string? tenant, Permission? permission, HubFeed feed, HubOptions options)
{
    /// <summary>"Try again later" (RFC 6455, registry of close codes), for a client that was too slow.</summary>
    public const WebSocketCloseStatus TryAgainLater = (WebSocketCloseStatus)1013;

    private readonly HubOutbox _outbox = new(socket, cutOff, options);
    private Dictionary<string, HubSubscription>? _subscriptions;
    private SubscribePace _pace = new(options);

    /// <summary>Serves the client until it leaves, is told to, or is cut off.</summary>
    public async Task RunAsync()
    {
        using var watched = permission?.Watch(CloseForbidden);
        try
        {
            // An idle client, and most are, holds no buffer.
            ValueWebSocketReceiveResult begun;
            do
                begun = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
            while (begun.MessageType is not WebSocketMessageType.Close
                && (begun.EndOfMessage ? await AnswerNothingAsync() : await ReceiveAsync()));
        }
        catch (WebSocketException e) when (e.WebSocketErrorCode == WebSocketError.Faulted)
        {
            // It has broken the protocol and been told so. To cut it off would take back what is still on its way.
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Gone without a goodbye, or cut off.
            cutOff();
        }

        _outbox.Close(WebSocketCloseStatus.NormalClosure, "");
        foreach (var subscription in _subscriptions?.Values.AsEnumerable() ?? [])
            await subscription.DisposeAsync();
        await _outbox.WhenClosed();
    }

    /// <summary>Begins to close: what is queued is still sent, then the client is told why.</summary>
    public void Close(WebSocketCloseStatus status, string reason) => _outbox.Close(status, reason);

    private void CloseForbidden() => Close(WebSocketCloseStatus.PolicyViolation, "The credential is no longer good for this; connect again with another.");

    /// <summary>To be called at least every second.</summary>
    public void Beat() => _outbox.Beat();

    /// <summary>Answers a message with nothing in it, of which no more will come.</summary>
    private async Task<bool> AnswerNothingAsync()
    {
        if (!_outbox.IsClosing)
            await ActAsync(null);
        return true;
    }

    /// <summary>Receives one message and acts on it; false when the client closes.</summary>
    private async Task<bool> ReceiveAsync()
    {
        // One more byte tells a message that is too long from one whose end comes by itself.
        const int Room = HubRequest.MaxBytes + 1;
        var buffer = ArrayPool<byte>.Shared.Rent(Room);
        try
        {
            var length = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(buffer.AsMemory(length, Room - length), CancellationToken.None);
                length += received.Count;
                if (length == Room)
                {
                    Close(WebSocketCloseStatus.MessageTooBig, $"A message may have {HubRequest.MaxBytes} bytes.");
                    return true;
                }
            }
            while (!received.EndOfMessage && received.MessageType is not WebSocketMessageType.Close);

            if (received.MessageType is WebSocketMessageType.Close)
                return false;
            if (!_outbox.IsClosing)
                await ActAsync(HubRequest.Parse(buffer.AsSpan(0, length)));
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ValueTask<bool> ActAsync(HubRequest? request) => request switch
    {
        { Op: "ping" } => _outbox.WriteAsync(HubFrame.Pong),
        { Op: "subscribe", Stream: { } stream } => SubscribeAsync(stream, request),
        { Op: "unsubscribe", Stream: { } stream } => UnsubscribeAsync(stream),
        _ => _outbox.WriteAsync(HubFrame.Error(
            ProblemCode.Validation,
            """The message is not understood; send {"op":"subscribe","stream":"NAME"}, {"op":"unsubscribe","stream":"NAME"} or {"op":"ping"}.""")),
    };

    private ValueTask<bool> SubscribeAsync(string stream, HubRequest request)
    {
        _subscriptions ??= new(StringComparer.Ordinal);
        // One that has ended by itself, because Redis was away, makes room for the next.
        if (_subscriptions.TryGetValue(stream, out var old) && old.HasEnded)
            _subscriptions.Remove(stream);

        if ((feed.Refuse(stream, request.After) ?? RefuseAnother(_subscriptions, stream)) is { } refusal)
            return _outbox.WriteAsync(HubFrame.Error(refusal.Code, refusal.Detail, stream));

        var topic = new LiveTopic(stream) { After = request.After, Type = request.Type, Tenant = tenant };
        _subscriptions[stream] = HubSubscription.Start(feed, topic, _outbox);
        return ValueTask.FromResult(true);
    }

    private HubRefusal? RefuseAnother(Dictionary<string, HubSubscription> subscriptions, string stream)
    {
        if (subscriptions.ContainsKey(stream))
            return new HubRefusal(ProblemCode.Conflict, $"You follow '{stream}' already; unsubscribe first to follow it otherwise.");
        if (subscriptions.Count >= options.MaxSubscriptions)
            return new HubRefusal(ProblemCode.Validation, $"You follow {subscriptions.Count} streams, which is as many as one connection may; unsubscribe from one first.");
        return _pace.TryTake()
            ? null
            : new HubRefusal(ProblemCode.RateLimited, $"You subscribe more than {options.SubscribesPerMinute} times a minute; subscribe to '{stream}' later.");
    }

    private async ValueTask<bool> UnsubscribeAsync(string stream)
    {
        if (_subscriptions?.Remove(stream, out var subscription) == true)
            await subscription.DisposeAsync();
        return await _outbox.WriteAsync(HubFrame.Unsubscribed(stream));
    }
}
