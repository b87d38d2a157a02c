using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RankMyBrand.Tests.Gateway;

/// <summary>A backend that speaks HTTP/1.1 by hand and keeps every request as the bytes that arrived.</summary>
internal sealed class RawBackend : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public RawBackend()
    {
        _listener.Start(512);
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>The requests, head and body, as Latin-1 text.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>What is answered, status line and headers and body; null ends the connection.</summary>
    public Func<string, string?> Answer { get; set; } = static _ => Ok("text/plain", "hello");

    /// <summary>What happens on a connection whose other side sends no more.</summary>
    public Func<NetworkStream, CancellationToken, Task> AfterEnd { get; set; } = static (_, _) => Task.CompletedTask;

    public static string Ok(string contentType, string body, string headers = "") =>
        $"HTTP/1.1 200 OK\r\nContent-Type: {contentType}\r\nContent-Length: {Encoding.Latin1.GetByteCount(body)}\r\n{headers}\r\n{body}";

    /// <summary>The one request that has come, as it arrived.</summary>
    public string Only => Assert.Single(Requests);

    /// <summary>The values of a header in a request, in order.</summary>
    public static IReadOnlyList<string> Values(string request, string header) =>
        [.. request[..request.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n").Skip(1)
            .Where(line => line.StartsWith(header + ":", StringComparison.OrdinalIgnoreCase))
            .Select(line => line[(header.Length + 1)..].Trim())];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            // On a thread of its own: an answer may wait for what a test does next, with another connection.
            _ = Task.Run(() => ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        var reader = new RawReader(client.GetStream());
        try
        {
            while (await reader.ReadMessageAsync(_stop.Token) is { } request)
            {
                Requests.Enqueue(request);
                if (Answer(request) is not { } answer)
                    return;
                await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(answer), _stop.Token);
            }

            await AfterEnd(client.GetStream(), _stop.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // The other side has gone, or the test has ended.
        }
    }
}
