using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>Bodies pass through as they come, up to the size that a route takes.</summary>
public sealed class BodyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Upload_OverTheLimit_Is413(bool isChunked)
    {
        await using var backend = await Backend.StartAsync(handler: Answers.Echo);
        await using var host = await RoutingHost.StartAsync([backend], ("Services:test:MaxRequestBodySize", "1000"));

        using var tooLarge = await PostAsync(host, 1001, isChunked);
        var problem = await RoutingHost.ReadProblemAsync(tooLarge, HttpStatusCode.RequestEntityTooLarge, "VALIDATION");
        // Of a chunked body, the server counts the sizes of the chunks as well.
        using var fits = await PostAsync(host, isChunked ? 900 : 1000, isChunked);

        Assert.Contains("larger than the 1000 bytes", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, fits.StatusCode);
        Assert.Equal(isChunked ? 2 : 1, backend.Requests.Count);
        Assert.Equal(0, host.Destinations().Sum(destination => destination.InFlight));
    }

    [Fact]
    public async Task Limit_IsTenMebibytesUnlessSetOtherwise()
    {
        await using var backend = await Backend.StartAsync(handler: Answers.Echo);
        await using var host = await RoutingHost.StartAsync(
            [backend], ("Services:large:Instances:0", backend.Address), ("Services:large:MaxRequestBodySize", "-1"));
        using var fits = await PostAsync(host, 10 * 1024 * 1024);
        using var tooLarge = await PostAsync(host, (10 * 1024 * 1024) + 1);
        // Beyond Kestrel's own limit, too.
        using var unlimited = await PostAsync(host, 40 * 1024 * 1024, path: "/services/large/");

        Assert.Equal(HttpStatusCode.OK, fits.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooLarge.StatusCode);
        Assert.Equal(HttpStatusCode.OK, unlimited.StatusCode);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Limit_HoldsForWhateverTheClientCallsItsBody(HttpProtocols protocols)
    {
        await using var backend = await Backend.StartAsync(handler: Answers.Echo, protocols: protocols);
        await using var host = await RoutingHost.StartAsync(
            [backend],
            ("Services:test:MaxRequestBodySize", "1000"),
            ("Services:test:HttpRequest:Version", protocols == HttpProtocols.Http2 ? "2" : "1.1"),
            ("Services:test:HttpRequest:VersionPolicy", "RequestVersionExact"));
        using var client = host.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Http2Address, "/services/test/"))
        {
            Content = new ByteArrayContent(new byte[100_000]) { Headers = { ContentType = new("application/grpc") } },
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        // So that nobody knows its length before.
        request.Headers.TransferEncodingChunked = true;

        using var response = await client.SendAsync(request, Cancellation);

        await RoutingHost.ReadProblemAsync(response, HttpStatusCode.RequestEntityTooLarge, "VALIDATION");
    }

    [Fact]
    public async Task TooLargeUploads_AreNotTheServicesFault()
    {
        await using var backend = await Backend.StartAsync(handler: Answers.Echo);
        await using var host = await RoutingHost.StartAsync(
            [backend], ("Services:test:MaxRequestBodySize", "10"), ("Services:test:Breaker:MinimumRequests", "2"));

        for (var i = 0; i < 6; i++)
        {
            using var refused = await PostAsync(host, 1000, isChunked: true);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        }

        using var answered = await PostAsync(host, 5);
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }

    [Fact]
    public async Task Request_IsPassedOnWhileItIsBeingSent()
    {
        var firstPart = new TaskCompletionSource<string>();
        await using var backend = await Backend.StartAsync(handler: async context =>
        {
            var bytes = new byte[5];
            await context.Request.Body.ReadExactlyAsync(bytes, context.RequestAborted);
            firstPart.SetResult(System.Text.Encoding.ASCII.GetString(bytes));
            await Answers.Echo(context);
        });
        await using var host = await RoutingHost.StartAsync([backend]);

        using var content = new WatchedContent(firstPart.Task);
        using var response = await host.Client.PostAsync("/services/test/", content, Cancellation);

        Assert.Equal("first", await firstPart.Task);
        Assert.Equal("6:second", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task Answer_IsPassedOnWhileItIsBeingMade()
    {
        var goOn = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync(handler: async context =>
        {
            await context.Response.WriteAsync("first", context.RequestAborted);
            await goOn.Task;
            await context.Response.WriteAsync("second", context.RequestAborted);
        });
        await using var host = await RoutingHost.StartAsync([backend]);
        using var response = await host.Client.GetAsync("/services/test/", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
        var bytes = new byte[5];

        await body.ReadExactlyAsync(bytes, Cancellation);
        goOn.SetResult();

        Assert.Equal("first"u8.ToArray(), bytes);
        Assert.Equal("second", await new StreamReader(body).ReadToEndAsync(Cancellation));
    }

    [Fact]
    public async Task Client_ThatGoesAwayDuringItsUpload_IsNotTheServicesFault()
    {
        await using var backend = await Backend.StartAsync(handler: Answers.Echo);
        await using var host = await RoutingHost.StartAsync([backend], ("Services:test:Breaker:MinimumRequests", "1"));
        using var leave = new CancellationTokenSource();
        using var content = new WatchedContent(Task.Delay(Timeout.Infinite, leave.Token));
        var posting = host.Client.PostAsync("/services/test/", content, leave.Token);
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(backend.Requests.Count == 1), "the request has arrived");

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => posting);
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(host.Destinations().Sum(destination => destination.InFlight) == 0), "it has ended");
        Assert.Equal("0:", await host.GetAsync());
    }

    private static Task<HttpResponseMessage> PostAsync(RoutingHost host, int size, bool isChunked = false, string path = "/services/test/")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(new byte[size]) };
        request.Headers.TransferEncodingChunked = isChunked;
        // So that a refusal does not race with the body.
        request.Headers.ExpectContinue = true;
        return host.Client.SendAsync(request, Cancellation);
    }

    /// <summary>Sends a first part, and the second when told.</summary>
    private sealed class WatchedContent(Task goOn) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("first"u8.ToArray(), Cancellation);
            await stream.FlushAsync(Cancellation);
            await goOn;
            await stream.WriteAsync("second"u8.ToArray(), Cancellation);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
