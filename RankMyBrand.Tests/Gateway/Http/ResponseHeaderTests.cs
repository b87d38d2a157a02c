namespace RankMyBrand.Tests.Gateway.Http;

/// <summary>What a service says in its headers is between it and the client.</summary>
public sealed class ResponseHeaderTests(Gateways gateways)
{
    [Theory]
    [InlineData("Content-Disposition: attachment; filename=\"\u00c3\u00a9.pdf\"")]
    [InlineData("X-City: Z\u00fcrich")]
    public async Task Header_BesideAscii_PassesByteForByte(string header)
    {
        await using var backend = new RawBackend { Answer = _ => RawBackend.Ok("text/plain", "hello", $"{header}\r\n") };
        await using var gateway = await gateways.StartAsync(backend);

        var answers = await RawClient.AnswersAsync(
            gateway.Address, $"GET /echo/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {GatewayHost.Key}\r\nConnection: close\r\n\r\n");

        Assert.Contains($"\r\n{header}\r\n", Assert.Single(answers), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Header_ThatTheServiceMeansForItsConnection_DoesNotPass()
    {
        await using var backend = new RawBackend
        {
            Answer = _ => RawBackend.Ok("text/plain", "hello", "X-Hop: secret\r\nConnection: x-hop, Content-Length\r\nX-Kept: kept\r\n"),
        };
        await using var gateway = await gateways.StartAsync(backend);

        var answers = await RawClient.AnswersAsync(
            gateway.Address, $"GET /echo/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {GatewayHost.Key}\r\nConnection: close\r\n\r\n");

        Assert.Empty(RawBackend.Values(Assert.Single(answers), "X-Hop"));
        Assert.Equal(["kept"], RawBackend.Values(answers[0], "X-Kept"));
        Assert.Equal(["5"], RawBackend.Values(answers[0], "Content-Length"));
    }

    [Fact]
    public async Task Length_OfAnAnswerThatHasNoBody_IsLeftOut()
    {
        await using var backend = new RawBackend { Answer = _ => "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n" };
        await using var gateway = await gateways.StartAsync(backend);

        var answers = await RawClient.AnswersAsync(
            gateway.Address, $"GET /echo/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {GatewayHost.Key}\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 204 No Content\r\n", Assert.Single(answers), StringComparison.Ordinal);
        Assert.DoesNotContain("Content-Length: 5", answers[0], StringComparison.Ordinal);
    }

    // Not allowed, but the form is reset all the same.
    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    public async Task Body_OfAnAnswerThatMayHaveNone_IsLeftOut(string rest)
    {
        await using var backend = new RawBackend { Answer = _ => $"HTTP/1.1 205 Reset Content\r\n{rest}" };
        await using var gateway = await gateways.StartAsync(backend);

        var answers = await RawClient.AnswersAsync(
            gateway.Address, $"GET /echo/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {GatewayHost.Key}\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 205 Reset Content\r\n", Assert.Single(answers), StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Length: 0\r\n", answers[0], StringComparison.Ordinal);
        Assert.Contains("\r\nX-Correlation-ID: ", answers[0], StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answers[0], StringComparison.Ordinal);
    }
}
