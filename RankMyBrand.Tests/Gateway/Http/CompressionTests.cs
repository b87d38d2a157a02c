using System.IO.Compression;
using System.Net;
using System.Text;
using static RankMyBrand.Tests.Gateway.Identity.AuthenticationTests;

namespace RankMyBrand.Tests.Gateway.Http;

/// <summary>Which answers are compressed.</summary>
public sealed class CompressionTests(Gateways gateways)
{
    private static readonly string s_long = $"{{\"text\":\"{new string('x', 4000)}\"}}";

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("br", "br")]
    [InlineData("gzip, br", "br")]
    [InlineData("identity", null)]
    [InlineData("zstd", null)]
    [InlineData(null, null)]
    public async Task Json_LongEnough_IsCompressedAsTheClientTakesIt(string? accepted, string? expected)
    {
        var response = await GetAsync("application/json", s_long, "", accepted);

        Assert.Equal(expected, response.Encoding);
        Assert.Equal(s_long, response.Text);
        Assert.True(expected is null || response.Bytes < 1000);
    }

    [Theory]
    [InlineData("application/json", 500, "", "")]
    [InlineData("application/json", 4000, "Set-Cookie: session=1\r\n", "")]
    [InlineData("application/json", 4000, "", "session=1")]
    [InlineData("application/json", 4000, "Cache-Control: no-transform\r\n", "")]
    [InlineData("image/png", 4000, "", "")]
    [InlineData("text/event-stream", 4000, "", "")]
    [InlineData("application/grpc", 4000, "", "")]
    public async Task Answer_ThatHadBetterNotBe_IsNotCompressed(string contentType, int length, string headers, string cookie)
    {
        var body = new string('x', length);

        var response = await GetAsync(contentType, body, headers, "gzip, br", cookie);

        Assert.Null(response.Encoding);
        Assert.Equal(body, response.Text);
    }

    // A client that resumes would put parts of the one and of the other together.
    [Theory]
    [InlineData("gzip", null, "W/\"v1\"")]
    [InlineData("identity", "bytes", "\"v1\"")]
    public async Task Ranges_OfWhatIsCompressed_AreNotOffered(string accepted, string? ranges, string tag)
    {
        await using var backend = new RawBackend
        {
            Answer = _ => RawBackend.Ok("application/json", s_long, "Accept-Ranges: bytes\r\nETag: \"v1\"\r\n"),
        };
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), ("Accept-Encoding", accepted));

        Assert.Equal(ranges is null, response.Content.Headers.ContentEncoding.Contains("gzip"));
        Assert.Equal(ranges, response.Headers.AcceptRanges.SingleOrDefault());
        Assert.Equal(tag, response.Headers.ETag?.ToString());
    }

    [Fact]
    public async Task Tag_ThatIsWeakAlready_StaysAsItIs()
    {
        await using var backend = new RawBackend
        {
            Answer = _ => RawBackend.Ok("application/json", s_long, "Accept-Ranges: bytes\r\nETag: W/\"v1\"\r\n"),
        };
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), ("Accept-Encoding", "gzip"));

        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        Assert.Equal("W/\"v1\"", Assert.Single(response.Headers.NonValidated["ETag"]));
    }

    [Fact]
    public async Task Json_OverHttps_IsCompressedToo()
    {
        await using var backend = new RawBackend { Answer = _ => RawBackend.Ok("application/json", s_long) };
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await SendAsync(
            gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), ("Accept-Encoding", "br"), ("X-Forwarded-For", "203.0.113.7"),
            ("X-Forwarded-Proto", "https"));

        Assert.Equal(["br"], response.Content.Headers.ContentEncoding);
    }

    private async Task<(string? Encoding, int Bytes, string Text)> GetAsync(
        string contentType, string body, string headers, string? accepted, string cookie = "")
    {
        await using var backend = new RawBackend { Answer = _ => RawBackend.Ok(contentType, body, headers) };
        await using var gateway = await gateways.StartAsync(backend);
        var sent = new List<(string, string)> { ("X-API-Key", GatewayHost.Key) };
        if (accepted is not null)
            sent.Add(("Accept-Encoding", accepted));
        if (cookie.Length > 0)
            sent.Add(("Cookie", cookie));

        using var response = await SendAsync(gateway, "/echo/x", [.. sent]);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var encoding = response.Content.Headers.ContentEncoding.SingleOrDefault();
        await using Stream stream = encoding switch
        {
            "gzip" => new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress),
            "br" => new BrotliStream(new MemoryStream(bytes), CompressionMode.Decompress),
            _ => new MemoryStream(bytes),
        };
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return (encoding, bytes.Length, await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }
}
