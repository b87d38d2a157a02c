namespace RankMyBrand.Tests.Gateway.Http;

/// <summary>Clients that take their time lose their connection.</summary>
public sealed class SlowRequestTests(Gateways gateways)
{
    private const string Key = "X-API-Key: " + GatewayHost.Key + "\r\n";

    [Theory]
    [InlineData("HeadersTimeout", "GET /echo/x HTTP/1.1\r\nHost: a\r\nX-Slow: ", "HTTP/1.1 408 ")]
    [InlineData("HeadersTimeout", "GET /ec", "HTTP/1.1 408 ")]
    [InlineData("BodyGrace", "POST /echo/x HTTP/1.1\r\nHost: a\r\n" + Key + "Content-Length: 1000\r\n\r\nhel", "HTTP/1.1 408 ")]
    [InlineData("KeepAlive", "", null)]
    [InlineData("KeepAlive", "GET /echo/x HTTP/1.1\r\nHost: a\r\n" + Key + "\r\n", "HTTP/1.1 200 ")]
    public async Task Client_SlowerThanTheLimit_IsCutOff(string limit, string sent, string? answer)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, ($"Gateway:Limits:{limit}", "00:00:01.1"));
        await using var client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(sent);

        // The end, too, has to come: a read waits for a minute.
        if (answer is not null)
            Assert.StartsWith(answer, await client.ReadAsync(), StringComparison.Ordinal);
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Body_WhereNoRateIsAskedFor_MayTakeItsTime()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(
            backend, ("Gateway:Limits:BodyRate", "0"), ("Gateway:Limits:BodyGrace", "00:00:01.1"));
        await using var client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /echo/x HTTP/1.1\r\nHost: a\r\n" + Key + "Content-Length: 5\r\n\r\nh");
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        await client.SendAsync("ello");

        Assert.StartsWith("HTTP/1.1 200 ", await client.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_OverTheLimit_AreClosed()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, ("Gateway:Limits:Connections", "2"));
        await using var first = await RawClient.ConnectAsync(gateway.Address);
        await using var second = await RawClient.ConnectAsync(gateway.Address);
        foreach (var client in new[] { first, second })
        {
            await client.SendAsync("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 404 ", await client.ReadAsync(), StringComparison.Ordinal);
        }

        await using var third = await RawClient.ConnectAsync(gateway.Address);
        await third.SendAsync("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Null(await third.ReadAsync());
    }

    [Theory]
    [InlineData("HeaderCount", "10", "/nowhere", 10, 1, 431)]
    [InlineData("Headers", "1024", "/nowhere", 1, 1100, 431)]
    [InlineData("RequestLine", "1024", "LONG", 0, 0, 414)]
    public async Task Request_LargerThanTheLimit_IsRefused(string limit, string value, string path, int headers, int length, int status)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, ($"Gateway:Limits:{limit}", value));
        var target = path == "LONG" ? $"/nowhere/{new string('a', 1100)}" : path;
        var lines = string.Concat(Enumerable.Range(0, headers).Select(i => $"X-{i}: {new string('a', length)}\r\n"));

        var answers = await RawClient.AnswersAsync(gateway.Address, $"GET {target} HTTP/1.1\r\nHost: a\r\n{lines}Connection: close\r\n\r\n");

        Assert.StartsWith($"HTTP/1.1 {status} ", Assert.Single(answers), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RequestLine", "10")]
    [InlineData("HeaderCount", "0")]
    [InlineData("HeadersTimeout", "00:00:00")]
    [InlineData("BodyGrace", "00:00:01")]
    public async Task Start_ALimitThatCannotBeRight_SaysSo(string limit, string value)
    {
        await using var backend = new RawBackend();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => gateways.StartAsync(backend, ($"Gateway:Limits:{limit}", value)));

        Assert.Contains($"Gateway:Limits:{limit}", error.ToString(), StringComparison.Ordinal);
    }
}
