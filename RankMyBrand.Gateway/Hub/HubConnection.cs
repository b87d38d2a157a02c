using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Hub;

/// <summary>
/// One client of the hub. Its messages are answered in the order they come; what it is sent goes through one queue, so a client that
/// does not keep up holds back its own subscriptions and nobody else's.
/// </summary>
internal sealed class HubConnection(WebSocket socket, string? tenant, HubFeed feed, HubOptions options) : IDisposable
{
    /// <summary>"Try again later" (RFC 6455, registry of close codes), for a client that was too slow.</summary>
    public const WebSocketCloseStatus TryAgainLater = (WebSocketCloseStatus)1013;

    private const int QueueLength = 16;
    private static readonly TimeSpan s_closeTimeout = TimeSpan.FromSeconds(5);

    private readonly Channel<ReadOnlyMemory<byte>> _outgoing = Channel.CreateBounded<ReadOnlyMemory<byte>>(QueueLength);
    private readonly Dictionary<string, HubSubscription> _subscriptions = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _cutOff = new();
    private readonly Lock _closing = new();
    private WebSocketCloseStatus? _closeStatus;
    private string _closeReason = "";
    private long _lastSentAt = Environment.TickCount64;

    /// <summary>Serves the client until it leaves, is told to, or is cut off.</summary>
    public async Task RunAsync()
    {
        var sending = SendAllAsync();
        await ReceiveAllAsync();
        Close(WebSocketCloseStatus.NormalClosure, "");
        foreach (var subscription in _subscriptions.Values)
            await subscription.DisposeAsync();
        await sending;
    }

    /// <summary>Begins to close: what is queued is still sent, then the client is told why.</summary>
    public void Close(WebSocketCloseStatus status, string reason)
    {
        lock (_closing)
        {
            if (_closeStatus is not null)
                return;
            (_closeStatus, _closeReason) = (status, reason);
            _outgoing.Writer.TryComplete();
            _cutOff.CancelAfter(s_closeTimeout);
        }
    }

    /// <summary>Sends a heartbeat, unless something else was sent within the interval.</summary>
    public void Beat()
    {
        if (Environment.TickCount64 - Volatile.Read(ref _lastSentAt) >= options.Heartbeat.TotalMilliseconds)
            _outgoing.Writer.TryWrite(HubFrame.Heartbeat);
    }

    public void Dispose() => _cutOff.Dispose();

    private async Task ReceiveAllAsync()
    {
        try
        {
            while (true)
            {
                // An idle client, and most are, holds no buffer.
                var ready = await socket.ReceiveAsync(Memory<byte>.Empty, _cutOff.Token);
                if (ready.MessageType is WebSocketMessageType.Close || !await ReceiveAsync())
                    return;
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Gone without a goodbye, or cut off.
            await _cutOff.CancelAsync();
        }
    }

    /// <summary>Receives one message and acts on it; false when the client closes.</summary>
    private async Task<bool> ReceiveAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(HubRequest.MaxBytes);
        try
        {
            var length = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                if (length == HubRequest.MaxBytes)
                {
                    Close(WebSocketCloseStatus.MessageTooBig, $"A message may have {HubRequest.MaxBytes} bytes.");
                    return true;
                }

                received = await socket.ReceiveAsync(buffer.AsMemory(length, HubRequest.MaxBytes - length), _cutOff.Token);
                length += received.Count;
            }
            while (!received.EndOfMessage && received.MessageType is not WebSocketMessageType.Close);

            if (received.MessageType is WebSocketMessageType.Close)
                return false;
            if (_closeStatus is null)
                await ActAsync(HubRequest.Parse(buffer.AsSpan(0, length)));
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ValueTask ActAsync(HubRequest? request) => request switch
    {
        { Op: "ping" } => QueueAsync(HubFrame.Pong),
        { Op: "subscribe", Stream: { } stream } => SubscribeAsync(stream, request),
        { Op: "unsubscribe", Stream: { } stream } => UnsubscribeAsync(stream),
        _ => QueueAsync(HubFrame.Error(
            ProblemCode.Validation,
            """The message is not understood; send {"op":"subscribe","stream":"NAME"}, {"op":"unsubscribe","stream":"NAME"} or {"op":"ping"}.""")),
    };

    private async ValueTask SubscribeAsync(string stream, HubRequest request)
    {
        // One that has ended by itself, because Redis was away, makes room for the next.
        if (_subscriptions.TryGetValue(stream, out var old) && old.HasEnded)
            _subscriptions.Remove(stream);

        if ((feed.Refuse(stream, request.After) ?? RefuseAnother(stream)) is { } refusal)
        {
            await QueueAsync(HubFrame.Error(refusal.Code, refusal.Detail, stream));
            return;
        }

        var topic = new LiveTopic(stream) { After = request.After, Type = request.Type, Tenant = tenant };
        _subscriptions[stream] = HubSubscription.Start(feed, topic, _outgoing.Writer, TooSlow);
    }

    private HubRefusal? RefuseAnother(string stream)
    {
        if (_subscriptions.ContainsKey(stream))
            return new HubRefusal(ProblemCode.Conflict, $"You follow '{stream}' already; unsubscribe first to follow it otherwise.");
        return _subscriptions.Count < options.MaxSubscriptions
            ? null
            : new HubRefusal(ProblemCode.Validation, $"You follow {_subscriptions.Count} streams, which is as many as one connection may; unsubscribe from one first.");
    }

    private async ValueTask UnsubscribeAsync(string stream)
    {
        if (_subscriptions.Remove(stream, out var subscription))
            await subscription.DisposeAsync();
        await QueueAsync(HubFrame.Unsubscribed(stream));
    }

    private void TooSlow(string stream) =>
        Close(TryAgainLater, $"Too slow for '{stream}'; resume after the last event.");

    private async ValueTask QueueAsync(ReadOnlyMemory<byte> frame)
    {
        try
        {
            await _outgoing.Writer.WriteAsync(frame, _cutOff.Token);
        }
        catch (ChannelClosedException)
        {
            // The connection is closing.
        }
    }

    private async Task SendAllAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_cutOff.Token);
        try
        {
            await foreach (var frame in _outgoing.Reader.ReadAllAsync(_cutOff.Token))
            {
                patience.CancelAfter(options.SendTimeout);
                await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, patience.Token);
                patience.CancelAfter(Timeout.InfiniteTimeSpan);
                Volatile.Write(ref _lastSentAt, Environment.TickCount64);
            }

            await socket.CloseOutputAsync(_closeStatus ?? WebSocketCloseStatus.NormalClosure, _closeReason, _cutOff.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            _outgoing.Writer.TryComplete();
            await _cutOff.CancelAsync();
        }
    }
}
