using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RankMyBrand.Benchmarks.Gateway.Load;

/// <summary>
/// Many open WebSockets of which nobody reads. All go from one address to one, so the system's range of local ports bounds their number
/// (28,000 by default), and so does the number of files that a process may open.
/// </summary>
internal sealed class WebSocketCrowd : IDisposable
{
    private const int AtOnce = 64;

    // For the rest of a process: its own files, and the connections to its servers.
    private const int OtherFiles = 500;

    private readonly Socket[] _sockets;

    private WebSocketCrowd(Socket[] sockets) => _sockets = sockets;

    /// <summary>How many there are: fewer than were asked for only when a process may not open so many files.</summary>
    public int Count => _sockets.Length;

    /// <summary>Opens them.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="apiKey">The key to show.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="filesEach">How many files the server needs for one: two if it forwards it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<WebSocketCrowd> ConnectAsync(
        Uri address, string apiKey, int count, int filesEach, CancellationToken cancellationToken)
    {
        var possible = Math.Min(count, (await MostFilesAsync(cancellationToken) - OtherFiles) / filesEach);
        var sockets = new Socket[possible];
        var request = Encoding.ASCII.GetBytes(
            $"GET {address.AbsolutePath} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-API-Key: {apiKey}\r\n\r\n");
        var crowd = new WebSocketCrowd(sockets);
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
            await Parallel.ForAsync(0, possible, options, async (i, stop) =>
            {
                sockets[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await sockets[i].ConnectAsync(IPAddress.Loopback, address.Port, stop);
                await sockets[i].SendAsync(request, stop);
                await UpgradedAsync(sockets[i], stop);
            });
            return crowd;
        }
        catch
        {
            crowd.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var socket in _sockets)
            socket?.Dispose();
    }

    private static async Task UpgradedAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[2048];
        var length = 0;
        do
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            length += read;
            if (read == 0 || !buffer.AsSpan(0, Math.Min(length, 12)).SequenceEqual("HTTP/1.1 101"u8[..Math.Min(length, 12)]))
                throw new InvalidOperationException($"The WebSocket was refused: {Encoding.Latin1.GetString(buffer, 0, length)}");
        }
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0);
    }

    private static async Task<int> MostFilesAsync(CancellationToken cancellationToken)
    {
        // The runtime has raised the soft limit to the hard one; the servers have at least as much.
        var lines = await File.ReadAllLinesAsync("/proc/self/limits", cancellationToken);
        var soft = lines.First(
            line => line.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
        return int.TryParse(soft, out var files) ? files : int.MaxValue;
    }
}
