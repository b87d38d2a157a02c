using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RankMyBrand.EventProcessor.Events;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Foundation.Events.Consuming;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.EventProcessor.Events;

/// <summary>What the API of events answers for itself, without a gateway in front of it.</summary>
public sealed class EventsApiTests : IAsyncLifetime
{
    private const string Stream = "metrics.raw";

    private readonly HttpClient _client = new();
    private RedisServer _redis = null!;
    private WebApplication _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(Cancellation);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "tested" });
        builder.Logging.ClearProviders();
        builder.Configuration["ConnectionStrings:redis"] = _redis.EndPoint;
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddServiceDefaults();
        builder.AddEventBus();
        // Nothing here gets as far as the database.
        builder.Services.AddSingleton(new EventStore(NpgsqlDataSource.Create("Host=127.0.0.1")));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.MapDefaultEndpoints();
        _app.MapEvents();
        _app.MapLiveEvents();
        await _app.StartAsync(Cancellation);
        _client.BaseAddress = new Uri(_app.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.StopAsync(Cancellation);
        await _app.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [InlineData("?type=a%00b", "'type'")]
    [InlineData("/live?after=18446744073709551615-18446744073709551615", "is not a place in a stream")]
    public async Task Get_WithWhatNoServerTakes_SaysWhy(string path, string expected)
    {
        using var response = await _client.GetAsync($"/api/events/{Stream}{path}", Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(expected, (string?)(await AnswerAsync(response))["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_ForTheDefaultTenantByItsName_IsOncePerKeyWithThatForNone()
    {
        var ids = new HashSet<string>();
        foreach (var tenant in (string[])["", "default"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/events/{Stream}")
            {
                Content = new StringContent("""{"type":"t","data":1}""", Encoding.UTF8, "application/json"),
                Headers = { { "X-Tenant-ID", tenant }, { "Idempotency-Key", "k" } },
            };
            using var response = await _client.SendAsync(request, Cancellation);
            ids.Add((string)(await AnswerAsync(response))["id"]!);
        }

        Assert.Single(ids);
    }

    [Fact]
    public async Task PostBatch_LinesOfMoreThanAServerTakesByDefault_ArePublished()
    {
        const int Lines = 31;
        var line = $"{{\"type\":\"t\",\"data\":\"{new string('x', 1_000_000)}\"}}\n";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/events/{Stream}/batch")
        {
            Content = new StringContent(string.Concat(Enumerable.Repeat(line, Lines)), Encoding.ASCII, "application/x-ndjson"),
        };
        request.Headers.TransferEncodingChunked = true;

        using var response = await _client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(Lines, (int)(await AnswerAsync(response))["accepted"]!);
    }

    [Fact]
    public async Task PostBatch_BodyThatBreaksOff_IsAnsweredWithWhatWasPublished()
    {
        var redis = _app.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();
        var lines = string.Concat(Enumerable.Range(0, 502).Select(i => $"{{\"type\":\"t\",\"data\":{i}}}\n"));
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, _client.BaseAddress!.Port, Cancellation);
        var wire = connection.GetStream();
        await wire.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /api/events/{Stream}/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
                + string.Create(CultureInfo.InvariantCulture, $"Transfer-Encoding: chunked\r\n\r\n{lines.Length:X}\r\n{lines}\r\n")),
            Cancellation);
        await Eventually.TrueAsync(async () => await redis.StreamLengthAsync(Stream) == 500);

        await wire.WriteAsync("this is no chunk\r\n"u8.ToArray(), Cancellation);
        using var reader = new StreamReader(wire, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync(Cancellation);

        Assert.StartsWith("HTTP/1.1 202 Accepted", answer, StringComparison.Ordinal);
        Assert.Contains("\"accepted\":502,\"rejected\":[{\"line\":503,\"code\":\"VALIDATION\"", answer, StringComparison.Ordinal);
        Assert.Equal(502, await redis.StreamLengthAsync(Stream));
    }

    [Fact]
    public async Task PostBatch_OfLargeLines_IsPublishedAsItComes()
    {
        var redis = _app.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();
        var lines = string.Concat(Enumerable.Repeat($"{{\"type\":\"t\",\"data\":\"{new string('x', 1_000_000)}\"}}\n", 6));
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, _client.BaseAddress!.Port, Cancellation);

        await connection.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /api/events/{Stream}/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
                + string.Create(CultureInfo.InvariantCulture, $"Transfer-Encoding: chunked\r\n\r\n{lines.Length:X}\r\n{lines}\r\n")),
            Cancellation);

        await Eventually.TrueAsync(async () => await redis.StreamLengthAsync(Stream) >= 4);
    }

    [Fact]
    public async Task Live_OfAQuietStream_BeginsAtOnceAndDoesNotFallSilent()
    {
        using var response = await _client.GetAsync($"/api/events/{Stream}/live", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal([":", "", ":", ""], await ReadAsync(lines, 4));
    }

    [Fact]
    public async Task Live_OfEventsOfAnyForm_GivesEachInALineOfItsOwn()
    {
        var bus = _app.Services.GetRequiredService<IEventBus>();
        var deep = $"{new string('[', JsonText.MaxDepth)}{new string(']', JsonText.MaxDepth)}";
        await bus.PublishAsync(
            Stream,
            [
                new StreamEvent { Type = "deep", Data = Encoding.UTF8.GetBytes(deep) },
                new StreamEvent { Type = "of two\nlines", Data = "{\r\n\"a\":\n\"ü\"}"u8.ToArray() },
            ],
            Cancellation);
        using var response = await _client.GetAsync($"/api/events/{Stream}/live?after=0-0", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));

        var read = await ReadAsync(lines, 10);

        Assert.Equal("event: deep", read[2]);
        Assert.Contains($"\"data\":{deep},", read[3], StringComparison.Ordinal);
        Assert.Equal("event: of two lines", read[6]);
        Assert.Equal("ü", (string?)JsonNode.Parse(read[7]!["data: ".Length..])!["data"]!["a"]);
    }

    [Fact]
    public async Task Live_ClientClosesItsWebSocket_IsAnswered()
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_client.BaseAddress!.Port}/api/events/{Stream}/live"), Cancellation);

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);

        Assert.Equal((WebSocketState.Closed, WebSocketCloseStatus.NormalClosure), (socket.State, socket.CloseStatus));
    }

    [Fact]
    public async Task Live_AfterAPlaceWhileRedisIsAway_IsUnavailable()
    {
        var path = $"/api/events/{Stream}/live";
        // With one who listens already, another may join without asking Redis.
        using var listening = await _client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        _redis.Kill();

        using var response = await _client.GetAsync($"{path}?after=0-0", HttpCompletionOption.ResponseHeadersRead, Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task Live_WhoseRedisGoesWhileThePastIsRead_EndsInOrder()
    {
        // More than a connection holds that its client does not read.
        for (var i = 0; i < 60; i++)
        {
            await _app.Services.GetRequiredService<IEventBus>().PublishAsync(
                Stream, new StreamEvent { Type = "t", Data = Encoding.UTF8.GetBytes($"\"{new string('x', 1_000_000)}\"") }, Cancellation);
        }

        var path = $"/api/events/{Stream}/live?after=0-0";
        using var response = await _client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_client.BaseAddress!.Port}{path}"), Cancellation);

        _redis.Kill();

        await response.Content.CopyToAsync(System.IO.Stream.Null, Cancellation);
        var buffer = new byte[64 * 1024];
        while ((await socket.ReceiveAsync(buffer, Cancellation)).MessageType is not WebSocketMessageType.Close)
        {
        }

        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, socket.CloseStatus);
    }

    private static async Task<List<string?>> ReadAsync(StreamReader lines, int count)
    {
        var read = new List<string?>();
        while (read.Count < count)
            read.Add(await lines.ReadLineAsync(Cancellation));
        return read;
    }

    private static async Task<JsonObject> AnswerAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!;
}
