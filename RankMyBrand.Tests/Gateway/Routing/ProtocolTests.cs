using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>WebSockets, event streams, HTTP/2 and gRPC's use of it pass through.</summary>
public sealed class ProtocolTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, "ws")]
    [InlineData(2, "ws")]
    [InlineData(1, "wss")]
    public async Task WebSocket_CarriesMessagesBothWays(int version, string scheme)
    {
        await using var backend = await Backend.StartAsync(handler: EchoSocketAsync);
        await using var host = await RoutingHost.StartAsync([backend], ("Services:test:Timeouts:Total", "00:00:01"));
        using var client = await ConnectAsync(host, version, scheme);

        Assert.Equal("own", client.SubProtocol);
        await client.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Cancellation);
        Assert.Equal("hello", await ReceiveAsync(client));
        // It outlives the time that ordinary answers have.
        await Task.Delay(TimeSpan.FromSeconds(1.3), Cancellation);
        var large = new string('x', 200_000);
        await client.SendAsync(Encoding.UTF8.GetBytes(large), WebSocketMessageType.Binary, endOfMessage: true, Cancellation);
        Assert.Equal(large, await ReceiveAsync(client));

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", Cancellation);
        Assert.Equal((WebSocketCloseStatus)4001, client.CloseStatus);
        Assert.Equal("seen", client.CloseStatusDescription);
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Sum(destination => destination.InFlight) == 0), "it has ended");
    }

    [Fact]
    public async Task WebSocket_ThatIsOpen_HoldsNothingOfItsRequest()
    {
        await using var backend = await Backend.StartAsync(handler: EchoSocketAsync);
        var watch = new RequestWatch();
        await using var host = await RoutingHost.StartAsync([backend], builder => builder.Services.AddSingleton<IStartupFilter>(watch));

        using var client = await ConnectAsync(host, version: 1);

        await watch.WaitUntilFreedAsync();
        await client.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Cancellation);
        Assert.Equal("hello", await ReceiveAsync(client));
    }

    [Fact]
    public async Task WebSocket_AtAnInstanceThatIsDown_IsOpenedAtAnother()
    {
        await using var down = await Backend.StartAsync();
        await using var backend = await Backend.StartAsync(handler: EchoSocketAsync);
        await using var host = await RoutingHost.StartAsync([down, backend], ("Services:test:LoadBalancingPolicy", "RoundRobin"));
        await down.StopAsync();

        for (var i = 0; i < 2; i++)
        {
            using var client = await ConnectAsync(host, version: 1);
            await client.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Cancellation);
            Assert.Equal("hello", await ReceiveAsync(client));
        }
    }

    [Fact]
    public async Task WebSocket_ThatIsRefused_SaysSo()
    {
        await using var backend = await Backend.StartAsync(handler: Answers.Status(403));
        await using var host = await RoutingHost.StartAsync([backend]);

        var refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(host, version: 1));

        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EventStream_ArrivesEventByEvent_AndOutlivesTheTotalTime()
    {
        var next = new SemaphoreSlim(0);
        await using var backend = await Backend.StartAsync(handler: async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; ; i++)
            {
                await next.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync($"data: {i}\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        });
        await using var host = await RoutingHost.StartAsync([backend], ("Services:test:Timeouts:Total", "00:00:01"));
        next.Release();
        using var response = await host.Client.GetAsync("/services/test/", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));

        Assert.Equal("data: 0", await reader.ReadLineAsync(Cancellation));
        await Task.Delay(TimeSpan.FromSeconds(1.3), Cancellation);
        next.Release();
        Assert.Equal("", await reader.ReadLineAsync(Cancellation));
        Assert.Equal("data: 1", await reader.ReadLineAsync(Cancellation));

        response.Dispose();
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Sum(destination => destination.InFlight) == 0), "it has ended");
    }

    [Fact]
    public async Task Grpc_StreamsBothWaysAndEndsWithTrailers()
    {
        await using var backend = await Backend.StartAsync(protocols: HttpProtocols.Http2, handler: async context =>
        {
            Assert.Equal("HTTP/2", context.Request.Protocol);
            Assert.Equal("trailers", context.Request.Headers.TE);
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.FlushAsync(context.RequestAborted);
            var bytes = new byte[1];
            while (await context.Request.Body.ReadAsync(bytes, context.RequestAborted) > 0)
            {
                await context.Response.Body.WriteAsync(new[] { (byte)(bytes[0] + 1) }, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }

            context.Response.AppendTrailer("grpc-status", "0");
            context.Response.AppendTrailer("grpc-message", "done");
        });
        await using var host = await StartHttp2Async(backend);
        using var client = CreateHttp2Client(host);
        using var content = new DuplexContent();
        using var request = Http2Post("/services/test/pkg.Service/Method", content);
        request.Headers.TE.ParseAdd("trailers");

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(HttpVersion.Version20, response.Version);
        await using var answers = await response.Content.ReadAsStreamAsync(Cancellation);
        var requests = await content.Stream;
        var bytes = new byte[1];
        for (byte i = 1; i < 20; i += 2)
        {
            await requests.WriteAsync(new[] { i }, Cancellation);
            await requests.FlushAsync(Cancellation);
            await answers.ReadExactlyAsync(bytes, Cancellation);
            Assert.Equal(i + 1, bytes[0]);
        }

        content.Complete();
        Assert.Equal(0, await answers.ReadAsync(bytes, Cancellation));
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
        Assert.Equal("done", Assert.Single(response.TrailingHeaders.GetValues("grpc-message")));
    }

    [Fact]
    public async Task Grpc_ErrorWithoutABody_KeepsItsTrailers()
    {
        await using var backend = await Backend.StartAsync(protocols: HttpProtocols.Http2, handler: context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.AppendTrailer("grpc-status", "5");
            return Task.CompletedTask;
        });
        await using var host = await StartHttp2Async(backend);
        using var client = CreateHttp2Client(host);
        using var request = Http2Post("/services/test/x", new ByteArrayContent([0]));
        request.Content!.Headers.ContentType = new("application/grpc");

        using var response = await client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await response.Content.ReadAsByteArrayAsync(Cancellation);
        Assert.Equal("5", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
    }

    [Fact]
    public async Task Http2_ReachesServicesThatSpeakHttp1()
    {
        await using var backend = await Backend.StartAsync(handler: context => context.Response.WriteAsync(context.Request.Protocol));
        await using var host = await RoutingHost.StartAsync([backend]);
        using var client = CreateHttp2Client(host);

        using var response = await client.GetAsync("/services/test/", Cancellation);

        Assert.Equal(HttpVersion.Version20, response.Version);
        Assert.Equal("HTTP/1.1", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Theory]
    [InlineData(null, HttpStatusCode.BadGateway)]
    [InlineData("true", HttpStatusCode.OK)]
    public async Task Service_ThatNobodyVouchesFor_IsOnlyTrustedWhereTheConfigurationSaysSo(string? trust, HttpStatusCode expected)
    {
        await using var backend = await Backend.StartAsync();
        await using var service = await RoutingHost.StartAsync([backend]);
        await using var host = await RoutingHost.StartAsync(
            [],
            ("Services:test:Instances:0", service.HttpsAddress.ToString()),
            ("Services:test:HealthCheck:Active:Enabled", "false"),
            ("Services:test:HttpClient:DangerousAcceptAnyServerCertificate", trust));

        Assert.Equal(expected, await host.GetStatusAsync("/services/test/services/test/"));
    }

    [Fact]
    public async Task Connections_ToAService_AreNoMoreThanConfigured()
    {
        var (release, connections) = (new TaskCompletionSource(), new ConcurrentDictionary<string, bool>());
        await using var backend = await Backend.StartAsync(handler: async context =>
        {
            connections[context.Connection.Id] = true;
            await release.Task;
        });
        await using var host = await RoutingHost.StartAsync(
            [backend], ("Services:test:HttpClient:MaxConnectionsPerServer", "2"), ("Services:test:HealthCheck:Active:Enabled", "false"));

        var asking = Enumerable.Range(0, 6).Select(_ => host.GetAsync()).ToArray();
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(backend.Requests.Count >= 2), "two requests have arrived");
        await Task.Delay(500, Cancellation);
        release.SetResult();
        await Task.WhenAll(asking);

        Assert.Equal(2, connections.Count);
    }

    [Fact]
    public async Task Http2_WithManyRequestsAtOnce_GetsEveryAnswerToItsQuestion()
    {
        await using var one = await Backend.StartAsync(protocols: HttpProtocols.Http2, handler: context => context.Response.WriteAsync(context.Request.Path));
        await using var two = await Backend.StartAsync(protocols: HttpProtocols.Http2, handler: context => context.Response.WriteAsync(context.Request.Path));
        await using var host = await StartHttp2Async(one, two);
        using var client = CreateHttp2Client(host);

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.GetStringAsync($"/services/test/{i}", Cancellation)));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"/{i}"), answers);
    }

    [Fact]
    public async Task Http2_InstanceThatStops_LosesNoRequest()
    {
        await using var one = await Backend.StartAsync(protocols: HttpProtocols.Http2);
        await using var two = await Backend.StartAsync(protocols: HttpProtocols.Http2);
        await using var host = await StartHttp2Async(one, two);
        await using var load = new Load(host.Client, "/services/test/x");
        await load.WaitForAsync(50);

        await two.StopAsync();
        await load.WaitForAsync(100);
        await two.StartAsync();
        await load.WaitForAsync(100);

        await load.StopAsync();
        Assert.Empty(load.Failures);
    }

    private static Task<RoutingHost> StartHttp2Async(params Backend[] backends) => RoutingHost.StartAsync(
        backends, ("Services:test:HttpRequest:Version", "2"), ("Services:test:HttpRequest:VersionPolicy", "RequestVersionExact"));

    // The defaults of a client are not for requests that are made by hand.
    private static HttpRequestMessage Http2Post(string path, HttpContent content) => new(HttpMethod.Post, path)
    {
        Content = content,
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static HttpClient CreateHttp2Client(RoutingHost host) => new()
    {
        BaseAddress = host.Http2Address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static async Task<ClientWebSocket> ConnectAsync(RoutingHost host, int version, string scheme = "ws")
    {
        var client = new ClientWebSocket();
        client.Options.AddSubProtocol("own");
        client.Options.HttpVersion = version == 2 ? HttpVersion.Version20 : HttpVersion.Version11;
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var server = scheme == "wss" ? host.HttpsAddress : version == 2 ? host.Http2Address : host.Address;
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null;
        // It lasts as long as the WebSocket, which over HTTP/2 is a stream of its connection.
        await client.ConnectAsync(new UriBuilder(server) { Scheme = scheme, Path = "/services/test/socket" }.Uri, new HttpMessageInvoker(handler), Cancellation);
        return client;
    }

    private static async Task<string> ReceiveAsync(WebSocket socket)
    {
        using var message = new MemoryStream();
        var buffer = new byte[4096];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, Cancellation);
            message.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
                return Encoding.UTF8.GetString(message.ToArray());
        }
    }

    private static async Task EchoSocketAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync("own");
        var buffer = new byte[4096];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, context.RequestAborted);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync((WebSocketCloseStatus)4001, "seen", context.RequestAborted);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        }
    }

    /// <summary>A body that is written while the answer is read.</summary>
    private sealed class DuplexContent : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public DuplexContent() => Headers.ContentType = new("application/grpc");

        public Task<Stream> Stream => _stream.Task;

        public void Complete() => _complete.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync(Cancellation);
            _stream.SetResult(stream);
            await _complete.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
