namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>What becomes of a connection after its request has switched protocols, whatever the new one is.</summary>
public sealed class RelayTests(Gateways gateways)
{
    private const string Switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n";
    private static readonly string s_request =
        $"GET /echo/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {GatewayHost.Key}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    [Fact]
    public async Task Bytes_PassBothWays_AlsoThoseThatComeWithTheAnswer()
    {
        await using var backend = Backend();
        await using var gateway = await gateways.StartAsync(backend);
        await using var client = await ConnectAsync(gateway);

        Assert.Equal("early\r\n\r\n", await client.ReadAsync());
        var much = new string('x', 100_000) + "\r\n\r\n";
        await client.SendAsync(much);

        Assert.Equal($"got {much}", await client.ReadAsync());
    }

    [Fact]
    public async Task Bytes_SentRightBehindTheRequest_Arrive()
    {
        await using var backend = Backend();
        await using var gateway = await gateways.StartAsync(backend);
        await using var client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync($"{s_request}hello\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadAsync(), StringComparison.Ordinal);
        Assert.Equal("early\r\n\r\n", await client.ReadAsync());
        Assert.Equal("got hello\r\n\r\n", await client.ReadAsync());
    }

    [Fact]
    public async Task Client_ThatSendsNoMore_StillGetsTheRest()
    {
        await using var backend = Backend();
        await using var gateway = await gateways.StartAsync(backend);
        await using var client = await ConnectAsync(gateway);
        await client.ReadAsync();

        await client.SendAsync("last\r\n\r\n");
        client.End();

        Assert.Equal("got last\r\n\r\n", await client.ReadAsync());
        // The backend ends when the client has ended, which it only knows from the gateway.
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Client_ThatSendsNoMore_GetsWhatStillComes_HoweverLong()
    {
        await using var backend = Backend();
        backend.AfterEnd = async (stream, cancellation) =>
        {
            // In all more than the five seconds that are given to silence.
            for (var i = 0; i < 7; i++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
                await stream.WriteAsync("more\r\n\r\n"u8.ToArray(), cancellation);
            }
        };
        await using var gateway = await gateways.StartAsync(backend);
        await using var client = await ConnectAsync(gateway);
        await client.ReadAsync();

        client.End();

        for (var i = 0; i < 7; i++)
            Assert.Equal("more\r\n\r\n", await client.ReadAsync());
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Destination_ThatEnds_EndsTheClientToo()
    {
        var backend = Backend();
        await using var gateway = await gateways.StartAsync(backend);
        await using var client = await ConnectAsync(gateway);
        await client.ReadAsync();

        await backend.DisposeAsync();

        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Silence_ForTooLong_EndsBoth()
    {
        await using var backend = Backend();
        await using var gateway = await gateways.StartAsync(backend, ("ReverseProxy:Clusters:test:Timeouts:Idle", "00:00:01"));
        await using var client = await ConnectAsync(gateway);
        await client.ReadAsync();

        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Client_ThatAloneSpeaks_IsNotSilence()
    {
        await using var backend = Backend();
        var answer = backend.Answer;
        backend.Answer = request => request.StartsWith("quiet", StringComparison.Ordinal) ? "" : answer(request);
        await using var gateway = await gateways.StartAsync(backend, ("ReverseProxy:Clusters:test:Timeouts:Idle", "00:00:02"));
        await using var client = await ConnectAsync(gateway);
        await client.ReadAsync();

        for (var i = 0; i < 10; i++)
        {
            await client.SendAsync("quiet\r\n\r\n");
            await Task.Delay(TimeSpan.FromSeconds(0.5), TestContext.Current.CancellationToken);
        }

        await client.SendAsync("last\r\n\r\n");
        Assert.Equal("got last\r\n\r\n", await client.ReadAsync());
    }

    [Fact]
    public async Task Client_ThatSendsNoMore_IsNotKeptByASilentDestination()
    {
        await using var backend = Backend();
        backend.AfterEnd = static (_, cancellation) => Task.Delay(Timeout.Infinite, cancellation);
        await using var gateway = await gateways.StartAsync(backend);
        await using var client = await ConnectAsync(gateway);
        await client.ReadAsync();

        client.End();

        // Long before the time that silence may take otherwise, and a read waits for a minute.
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Connection_ThatHasSwitched_StillCounts()
    {
        await using var backend = Backend();
        await using var gateway = await gateways.StartAsync(backend, ("Gateway:Limits:Connections", "2"));
        await using var first = await ConnectAsync(gateway);
        await using (await ConnectAsync(gateway))
        {
            await using var third = await RawClient.ConnectAsync(gateway.Address);
            await third.SendAsync(s_request);
            Assert.Null(await third.ReadAsync());
        }

        await RoutingHost.WaitUntilAsync(async () =>
        {
            await using var fourth = await RawClient.ConnectAsync(gateway.Address);
            await fourth.SendAsync(s_request);
            return await fourth.ReadAsync() is not null;
        }, "there is room again");
    }

    private static RawBackend Backend() => new()
    {
        Answer = static request => request.StartsWith("GET ", StringComparison.Ordinal) ? $"{Switching}early\r\n\r\n" : $"got {request}",
    };

    private static async Task<RawClient> ConnectAsync(GatewayHost gateway)
    {
        var client = await RawClient.ConnectAsync(gateway.Address);
        await client.SendAsync(s_request);
        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadAsync(), StringComparison.Ordinal);
        return client;
    }
}
