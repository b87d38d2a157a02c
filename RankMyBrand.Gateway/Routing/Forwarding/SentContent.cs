using System.Net;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>
/// A request body that is passed on as it comes. It starts the time to the first byte of the answer when all of it has gone, and knows
/// when the client has failed to send it.
/// </summary>
internal sealed class SentContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly Lock _lock = new();
    private CancellationTokenSource? _timer;
    private TimeSpan _time;
    private volatile bool _hasStarted;

    public SentContent(HttpContent inner)
    {
        _inner = inner;
        RequestCopies.WithHeaders(this, inner);
    }

    /// <summary>Whether a part of it may be gone, so that it cannot be sent again.</summary>
    public bool HasStarted => _hasStarted;

    /// <summary>Whether it could not be read to its end.</summary>
    public bool HasFailed { get; private set; }

    public void BeginTimer(CancellationTokenSource timer, TimeSpan time)
    {
        lock (_lock)
            (_timer, _time) = (timer, time);
    }

    /// <summary>There is an answer, or no more need for one.</summary>
    public void EndTimer()
    {
        lock (_lock)
        {
            _timer?.CancelAfter(Timeout.InfiniteTimeSpan);
            _timer = null;
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _hasStarted = true;
        try
        {
            await _inner.CopyToAsync(new FlushingStream(stream), context, cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // YARP's content throws nothing when writing fails, only when reading does.
            HasFailed = true;
            throw;
        }

        lock (_lock)
            _timer?.CancelAfter(_time);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    // The client gathers small parts to larger ones otherwise, and a service would wait for what has come long ago.
    private sealed class FlushingStream(Stream inner) : WrappedStream
    {
        public override bool CanWrite => true;

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            await inner.FlushAsync(cancellationToken);
        }
    }
}
