using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using RankMyBrand.Gateway.Routing.Forwarding;

namespace RankMyBrand.Gateway.Connections;

/// <summary>A connection as a stream, for a WebSocket. Reading nothing waits until there is something to read.</summary>
internal sealed class ConnectionStream(IDuplexPipe transport) : WrappedStream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var reading = transport.Input.ReadAsync(cancellationToken);
        return reading.IsCompletedSuccessfully ? new ValueTask<int>(Take(reading.Result, buffer)) : TakeAsync(reading, buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var writing = transport.Output.WriteAsync(buffer, cancellationToken);
        if (!writing.IsCompletedSuccessfully)
            return CheckAsync(writing);
        Check(writing.Result);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Reads on, for no longer than it may take, a client of whom nothing more is wanted. A connection that is closed before all has been read is
    /// reset, which takes from the client what it was told last.
    /// </summary>
    public async Task DiscardAsync(TimeSpan time)
    {
        using var end = new CancellationTokenSource(time);
        try
        {
            ReadResult read;
            do
            {
                read = await transport.Input.ReadAsync(end.Token);
                transport.Input.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // Gone, or cut off, or the time is over.
        }
    }

    /// <summary>What is written goes at once.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> TakeAsync(ValueTask<ReadResult> reading, Memory<byte> buffer) => Take(await reading, buffer);

    private int Take(in ReadResult result, Memory<byte> buffer)
    {
        var length = (int)Math.Min(result.Buffer.Length, buffer.Length);
        var taken = result.Buffer.Slice(0, length);
        taken.CopyTo(buffer.Span);
        transport.Input.AdvanceTo(taken.End);
        return length;
    }

    private static async ValueTask CheckAsync(ValueTask<FlushResult> writing) => Check(await writing);

    private static void Check(in FlushResult written)
    {
        if (written.IsCompleted)
            throw new ConnectionAbortedException("The client has gone.");
    }
}
