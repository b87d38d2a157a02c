using System.Net;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>
/// The body of an answer that is a stream. Until the first part of it comes, which may take long, the client shall know that there is
/// an answer: some send nothing more before they do. Where the body ends at once, nothing is sent early, because gRPC clients tell an
/// error by its headers and trailers being one.
/// </summary>
internal sealed class StreamedContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly HttpResponse _response;

    public StreamedContent(HttpContent inner, HttpResponse response)
    {
        (_inner, _response) = (inner, response);
        RequestCopies.WithHeaders(this, inner);
    }

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new AnnouncingStream(await _inner.ReadAsStreamAsync(cancellationToken), _response);

    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }

    private sealed class AnnouncingStream(Stream inner, HttpResponse response) : WrappedStream
    {
        public override bool CanRead => true;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var reading = inner.ReadAsync(buffer, cancellationToken);
            return reading.IsCompleted || response.HasStarted ? reading : AnnounceAsync(reading, cancellationToken);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }

        private async ValueTask<int> AnnounceAsync(ValueTask<int> reading, CancellationToken cancellationToken)
        {
            var read = reading.AsTask();
            await response.Body.FlushAsync(cancellationToken);
            return await read;
        }
    }
}
