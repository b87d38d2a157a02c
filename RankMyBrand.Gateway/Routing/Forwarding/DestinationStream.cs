using System.Net.Sockets;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>
/// A connection to a destination under the HTTP client, which can be taken away from it: the client holds eight kilobytes of buffers
/// for one that has switched protocols, in which it has no part any more.
/// </summary>
internal sealed class DestinationStream(Stream inner) : WrappedStream
{
    private static readonly AsyncLocal<Claim?> s_claim = new();

    private bool _isTaken;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>From now on it is known over which connection the requests of the current flow go.</summary>
    public static Claim BeginClaim() => s_claim.Value = new Claim();

    /// <summary>The connection itself. To the client it ends, as soon as that has read what it has received already.</summary>
    public async ValueTask<Stream> TakeAsync()
    {
        _isTaken = true;
        try
        {
            // A socket keeps the buffer of what it has sent last: here the client's, of four kilobytes.
            if (inner is NetworkStream)
                await inner.WriteAsync(ReadOnlyMemory<byte>.Empty);
        }
        catch (IOException)
        {
            // It is broken, but what has come over it before can still be read.
        }

        return inner;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _isTaken ? new ValueTask<int>(0) : inner.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (s_claim.Value is { } claim)
            claim.Connection = this;
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isTaken)
            inner.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The connection over which the last request went; null while none has gone.</summary>
    internal sealed class Claim
    {
        public DestinationStream? Connection { get; set; }
    }
}
