using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace RankMyBrand.Tests.Gateway.Hub;

/// <summary>A client of the hub, as a browser or a service would be one.</summary>
internal sealed class HubClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public string? CloseReason => _socket.CloseStatusDescription;

    public string? SubProtocol => _socket.SubProtocol;

    public static async Task<HubClient> ConnectAsync(
        Uri gateway, Action<ClientWebSocketOptions>? configure = null, HttpMessageInvoker? invoker = null)
    {
        var client = new HubClient();
        configure?.Invoke(client._socket.Options);
        var scheme = gateway.Scheme == Uri.UriSchemeHttps ? "wss" : "ws";
        await client._socket.ConnectAsync(new UriBuilder(gateway) { Scheme = scheme, Path = "/ws" }.Uri, invoker, Token);
        return client;
    }

    public Task SendAsync(string message) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, Token);

    /// <summary>Sends a message, and its end as a fragment without content.</summary>
    public async Task SendBeforeItsEndAsync(string message)
    {
        await _socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: false, Token);
        await _socket.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Text, endOfMessage: true, Token);
    }

    /// <summary>Subscribes, and waits for the answer.</summary>
    public async Task SubscribeAsync(string stream, string? after = null, string? type = null)
    {
        await SendAsync(JsonSerializer.Serialize(new { op = "subscribe", stream, after, type }));
        Assert.Equal("subscribed", (await ReceiveAsync())?.GetProperty("op").GetString());
    }

    /// <summary>The next message; null when the hub has closed the connection.</summary>
    public async Task<JsonElement?> ReceiveAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[8192];
        WebSocketReceiveResult received;
        do
        {
            received = await _socket.ReceiveAsync(buffer, Token);
            message.Write(buffer, 0, received.Count);
        }
        while (!received.EndOfMessage);
        return received.MessageType is WebSocketMessageType.Close ? null : JsonSerializer.Deserialize<JsonElement>(message.ToArray());
    }

    /// <summary>The next <paramref name="count"/> events; heartbeats are passed over.</summary>
    public async Task<List<JsonElement>> ReceiveEventsAsync(int count)
    {
        var events = new List<JsonElement>();
        while (events.Count < count)
        {
            var message = await ReceiveAsync() ?? throw new InvalidOperationException($"The hub closed the connection: {CloseReason}");
            if (message.GetProperty("op").GetString() is "event")
                events.Add(message);
        }

        return events;
    }

    /// <summary>The numbers of the next <paramref name="count"/> events.</summary>
    public async Task<List<int>> ReceiveNumbersAsync(int count) =>
        (await ReceiveEventsAsync(count)).ConvertAll(message => message.GetProperty("data").GetProperty("n").GetInt32());

    public Task CloseAsync() => _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Token);

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
