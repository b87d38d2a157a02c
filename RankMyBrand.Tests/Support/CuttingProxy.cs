using System.Net;
using System.Net.Sockets;

namespace RankMyBrand.Tests.Support;

/// <summary>
/// Stands between clients and a server and resets each connection after so many bytes of replies, wherever in a reply that is; the
/// client cannot know what the server has done.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _server;
    private readonly Func<int> _bytes;
    private readonly Task _accepting;
    private int _cuts;

    /// <param name="serverPort">The server's port on the loopback interface.</param>
    /// <param name="bytes">After how many bytes of replies the next connection is cut.</param>
    public CuttingProxy(int serverPort, Func<int> bytes)
    {
        _server = new IPEndPoint(IPAddress.Loopback, serverPort);
        _bytes = bytes;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many connections have been cut.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>False lets connections live from now on, also those that are open.</summary>
    public bool IsCutting { get; set; } = true;

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
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient accepted)
    {
        using var client = accepted;
        using var server = new TcpClient();
        try
        {
            (client.NoDelay, server.NoDelay) = (true, true);
            await server.ConnectAsync(_server, _stop.Token);
            await await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), _stop.Token), ReplyAsync(client, server));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // Either side has gone.
        }
    }

    private async Task ReplyAsync(TcpClient client, TcpClient server)
    {
        var left = _bytes();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await server.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
        {
            var passed = IsCutting ? Math.Min(read, left) : read;
            await client.GetStream().WriteAsync(buffer.AsMemory(0, passed), _stop.Token);
            left -= passed;
            if (left > 0 || !IsCutting)
                continue;

            // A reset instead of an orderly end, on both sides.
            Interlocked.Increment(ref _cuts);
            (client.LingerState, server.LingerState) = (new LingerOption(true, 0), new LingerOption(true, 0));
            return;
        }
    }
}
