using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using RankMyBrand.Gateway.Identity;
using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>
/// Carries bytes both ways between a client and a destination that have switched protocols. While nothing comes it holds no buffer, and
/// the server's heartbeat is its timer.
/// </summary>
/// <param name="stream">The connection to the destination.</param>
/// <param name="early">What has come over it already.</param>
/// <param name="destination">The destination, which is busy until the end.</param>
/// <param name="idle">How long neither side may say anything. Once the client has ended, the destination may not for five seconds.</param>
internal sealed class Relay(Stream stream, ReadOnlyMemory<byte> early, Destination destination, TimeSpan idle)
{
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(5);

    private ConnectionContext? _client;
    private Permission? _permission;
    private long _endsAt;
    private bool _hasClientEnded;
    private bool _isClosed;

    /// <summary>Both connections end when the permission is gone.</summary>
    public void Watch(Permission? permission) => _permission = permission?.Watch(CutOff);

    /// <summary>Runs until the destination has ended, or nothing more is to be expected of it.</summary>
    public async Task RunAsync(ConnectionContext client)
    {
        try
        {
            _client = client;
            Extend();
            client.Features.Get<IConnectionHeartbeatFeature>()!.OnHeartbeat(static relay => ((Relay)relay).EndInTime(), this);
            var sending = SendAllAsync(client.Transport.Input);
            await ReceiveAllAsync(client.Transport.Output);
            Close();
            client.Transport.Input.CancelPendingRead();
            await sending;
        }
        finally
        {
            Close();
        }
    }

    /// <summary>Gives the destination up.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, true))
            return;
        _permission?.Dispose();
        stream.Dispose();
        destination.End();
    }

    private async Task ReceiveAllAsync(PipeWriter client)
    {
        try
        {
            await client.WriteAsync(early);
            while (true)
            {
                // The first waits without a buffer and reads nothing.
                var read = await stream.ReadAsync(Memory<byte>.Empty) + await stream.ReadAsync(client.GetMemory());
                client.Advance(read);
                Extend();
                if (read == 0 || (await client.FlushAsync()).IsCompleted)
                    return;
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
        }
    }

    private async Task SendAllAsync(PipeReader client)
    {
        try
        {
            bool isLast, isTaken = true;
            do
            {
                var read = await client.ReadAsync();
                isTaken = isTaken && (read.Buffer.IsEmpty || await IsTakenAsync(SendAsync(read.Buffer)));
                client.AdvanceTo(read.Buffer.End);
                isLast = read.IsCompleted || read.IsCanceled;
            }
            while (!isLast);

            await IsTakenAsync(EndRequestAsync());
        }
        catch (Exception e) when (IsEnd(e))
        {
            Close();
        }
    }

    // A destination that takes no more may have said something before that, which is still to be read.
    private static async ValueTask<bool> IsTakenAsync(ValueTask sending)
    {
        try
        {
            await sending;
            return true;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return false;
        }
    }

    private async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        Extend();
        foreach (var part in bytes)
            await stream.WriteAsync(part);
    }

    // The client sends no more, but may still read. The destination is told the same way.
    private async ValueTask EndRequestAsync()
    {
        Volatile.Write(ref _hasClientEnded, true);
        Extend();
        if (stream is NetworkStream { Socket: var socket })
            socket.Shutdown(SocketShutdown.Send);
        else if (stream is SslStream secure)
            await secure.ShutdownAsync();
    }

    // Most clients that send no more are gone, which only writing to them would tell.
    private void Extend()
    {
        var time = Volatile.Read(ref _hasClientEnded) ? s_rest : idle;
        Interlocked.Exchange(ref _endsAt, Environment.TickCount64 + (long)time.TotalMilliseconds);
    }

    private void EndInTime()
    {
        if (Environment.TickCount64 >= Interlocked.Read(ref _endsAt))
            CutOff();
    }

    private void CutOff()
    {
        _client?.Abort();
        Close();
    }

    // One side has gone, or this one has closed the other's connection.
    private static bool IsEnd(Exception e) =>
        e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;
}
