using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

/// <summary>Stands between client and server and hands the replies on in small pieces.</summary>
internal sealed class ChoppingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<int> _nextPiece;
    private readonly IPEndPoint _server;
    private readonly Task _accepting;

    /// <param name="server">The server's address.</param>
    /// <param name="nextPiece">How many bytes the next piece has.</param>
    public ChoppingProxy(string server, Func<int> nextPiece)
    {
        _server = IPEndPoint.Parse(server);
        _nextPiece = nextPiece;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Bytes that go to the client ahead of the server's next ones.</summary>
    public ConcurrentQueue<byte[]> Injections { get; } = new();

    public string EndPoint => _listener.LocalEndpoint.ToString()!;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var own = client;
        using var server = new TcpClient();
        try
        {
            own.NoDelay = true;
            await server.ConnectAsync(_server, _stop.Token);
            await await Task.WhenAny(own.GetStream().CopyToAsync(server.GetStream(), _stop.Token), ChopAsync(server.GetStream(), own.GetStream()));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // Either side has gone.
        }
    }

    private async Task ChopAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, _stop.Token)) > 0)
        {
            while (Injections.TryDequeue(out var injected)) await to.WriteAsync(injected, _stop.Token);
            for (var at = 0; at < read;)
            {
                var piece = Math.Min(Math.Max(1, _nextPiece()), read - at);
                await to.WriteAsync(buffer.AsMemory(at, piece), _stop.Token);
                at += piece;
            }
        }
    }
}
