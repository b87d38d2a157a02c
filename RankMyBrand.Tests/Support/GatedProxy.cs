using System.Net;
using System.Net.Sockets;

namespace RankMyBrand.Tests.Support;

/// <summary>Stands between clients and a server that runs on, and cuts them off from it as long as it is closed.</summary>
internal sealed class GatedProxy : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<TcpClient> _open = [];
    private readonly IPEndPoint _server;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _accepting;
    private bool _isClosed;

    /// <param name="serverPort">The server's port on the loopback interface.</param>
    public GatedProxy(int serverPort)
    {
        _server = new IPEndPoint(IPAddress.Loopback, serverPort);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The address as connection strings have it.</summary>
    public string EndPoint => _listener.LocalEndpoint.ToString()!;

    /// <summary>Ends all connections, and new ones at once.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            _open.ForEach(client => client.Dispose());
            _open.Clear();
        }
    }

    /// <summary>Lets clients through again.</summary>
    public void Open()
    {
        lock (_lock)
            _isClosed = false;
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        _listener.Stop();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync()));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            lock (_lock)
            {
                if (_isClosed)
                    return;
                _open.AddRange([client, server]);
            }

            try
            {
                client.NoDelay = true;
                await server.ConnectAsync(_server);
                await await Task.WhenAny(
                    client.GetStream().CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(client.GetStream()));
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // Either side has gone.
            }
        }
    }
}
