using System.Net.WebSockets;

namespace RankMyBrand.Gateway.Hub;

/// <summary>
/// What one client is sent, in order. While there is nothing to send, and with most clients most of the time there is not, it holds neither
/// buffer nor timer nor task: <see cref="Beat"/> watches the times of all clients.
/// </summary>
internal sealed class HubOutbox(WebSocket socket, Action cutOff, HubOptions options)
{
    private const int Length = 16;
    private const int MaxBytes = 1024 * 1024;
    private static readonly TimeSpan s_closeTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Queue<ReadOnlyMemory<byte>>? _frames;
    private long _bytes;
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _closed;
    private bool _isSending;
    private WebSocketCloseStatus? _closeStatus;
    private string _closeReason = "";
    private long _lastSentAt = Environment.TickCount64;
    private long _cutOffAt = long.MaxValue;

    /// <summary>Whether it takes no more.</summary>
    public bool IsClosing => _closeStatus is not null;

    /// <summary>Queues a frame, unless there is no room.</summary>
    public bool TryWrite(ReadOnlyMemory<byte> frame)
    {
        lock (_gate)
        {
            if (_closeStatus is not null || !HasRoom)
                return false;
            (_frames ??= new()).Enqueue(frame);
            _bytes += frame.Length;
            if (_isSending)
                return true;
            _isSending = true;
        }

        _ = SendAllAsync();
        return true;
    }

    /// <summary>Queues a frame as soon as there is room; false when the connection is closing.</summary>
    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken = default)
    {
        while (!TryWrite(frame))
        {
            Task room;
            lock (_gate)
            {
                if (_closeStatus is not null)
                    return false;
                if (HasRoom)
                    continue;
                room = (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await room.WaitAsync(cancellationToken);
        }

        return true;
    }

    /// <summary>Begins to close: what is queued is still sent, then the client is told why. It has a few seconds to answer.</summary>
    public void Close(WebSocketCloseStatus status, string reason)
    {
        lock (_gate)
        {
            if (_closeStatus is not null)
                return;
            (_closeStatus, _closeReason) = (status, reason);
            _closed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            _room?.TrySetResult();
            Interlocked.Exchange(ref _cutOffAt, After(s_closeTimeout));
            if (_isSending)
                return;
            _isSending = true;
        }

        _ = SendAllAsync();
    }

    /// <summary>Completes when everything was sent, or nothing more can be. Must be closed before.</summary>
    public Task WhenClosed() => _closed!.Task;

    /// <summary>Sends a heartbeat, unless something else was sent within the interval, and cuts off a client whose time is over.</summary>
    public void Beat()
    {
        if (Environment.TickCount64 >= Interlocked.Read(ref _cutOffAt))
            cutOff();
        else if (Environment.TickCount64 - Interlocked.Read(ref _lastSentAt) >= options.Heartbeat.TotalMilliseconds)
            TryWrite(HubFrame.Heartbeat);
    }

    private bool HasRoom => _frames is null || (_frames.Count < Length && _bytes < MaxBytes);

    private static long After(TimeSpan time) => Environment.TickCount64 + (long)time.TotalMilliseconds;

    private async Task SendAllAsync()
    {
        try
        {
            WebSocketCloseStatus? close;
            while (TryTake(out var frame, out close))
            {
                await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
                Interlocked.Exchange(ref _lastSentAt, Environment.TickCount64);
            }

            if (close is { } status)
            {
                await socket.CloseOutputAsync(status, _closeReason, CancellationToken.None);
                _closed!.TrySetResult();
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or InvalidOperationException)
        {
            Fail();
            // Otherwise whoever receives has found the client to break the protocol, and told it so: that shall still arrive.
            if (e is not WebSocketException { WebSocketErrorCode: WebSocketError.InvalidState })
                cutOff();
        }
    }

    // Each frame has its time to go out in; together, once the connection is closing.
    // What comes at the end is told together with it, or whoever begins to close just then would do so a second time.
    private bool TryTake(out ReadOnlyMemory<byte> frame, out WebSocketCloseStatus? close)
    {
        close = null;
        lock (_gate)
        {
            if (_frames?.TryDequeue(out frame) == true)
            {
                _bytes -= frame.Length;
                _room?.TrySetResult();
                _room = null;
                if (_closeStatus is null)
                    Interlocked.Exchange(ref _cutOffAt, After(options.SendTimeout));
                return true;
            }

            (frame, _frames, close) = (default, null, _closeStatus);
            _isSending = close is not null;
            if (close is null)
                Interlocked.Exchange(ref _cutOffAt, long.MaxValue);
            return false;
        }
    }

    private void Fail()
    {
        lock (_gate)
        {
            _frames = null;
            _closeStatus ??= WebSocketCloseStatus.Empty;
            _room?.TrySetResult();
            (_closed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }
}
