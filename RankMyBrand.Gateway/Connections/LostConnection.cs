using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace RankMyBrand.Gateway.Connections;

/// <summary>
/// Notices that a connection is gone although the server still serves it. That happens: the server never comes back from some of the HTTP/2
/// connections whose client resets streams faster than it can answer. Each would hold its place among the connections until a restart.
/// </summary>
internal sealed class LostConnection
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _serving;
    private readonly IConnectionSocketFeature? _socket;

    private LostConnection(Task serving, ConnectionContext connection) =>
        (_serving, _socket) = (serving, connection.Features.Get<IConnectionSocketFeature>());

    /// <summary>Waits until a connection has been served; false when it was lost before.</summary>
    public static async Task<bool> EndsFirstAsync(Task serving, ConnectionContext connection)
    {
        var watch = new LostConnection(serving, connection);
        await using var closed = connection.ConnectionClosed.UnsafeRegister(
            static lost => _ = ((LostConnection)lost!).WaitForTheSocketAsync(), watch);
        if (await Task.WhenAny(serving, watch._lost.Task) != serving)
            return false;
        await serving;
        return true;
    }

    // A client may have ended only its half and still be listening, for as long as the socket is open.
    private async Task WaitForTheSocketAsync()
    {
        while (_socket is not null && !_serving.IsCompleted)
        {
            await Task.Delay(s_patience);
            if (!_socket.Socket.SafeHandle.IsClosed)
                continue;
            _lost.TrySetResult();
            return;
        }
    }
}
