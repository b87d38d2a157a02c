using System.Globalization;

namespace RankMyBrand.Tests.Gateway.Http2;

/// <summary>What HTTP/1 attacks become in HTTP/2, and those that only HTTP/2 has: what is answered, and that no service sees any of it.</summary>
public sealed class Http2AttackTests(Http2Fixture http2, Gateways gateways) : IClassFixture<Http2Fixture>
{
    internal static readonly (string Name, string Value)[] Good =
        [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/echo/x"), ("x-api-key", GatewayHost.Key)];

    private const FrameFlags Whole = FrameFlags.EndHeaders | FrameFlags.EndStream;
    private const string Connection = "GOAWAY PROTOCOL_ERROR";
    private const string Stream = "RST_STREAM PROTOCOL_ERROR";

    // What is wrong in the fields alone.
    private static readonly Dictionary<string, (string Expected, (string Name, string Value)[] Fields)> s_fields = new(StringComparer.Ordinal)
    {
        // Fields that HTTP/1 would read as several.
        ["CR LF in a value"] = (Connection, [.. Good, ("x", "a\r\nX-Tenant-ID: evil")]),
        ["LF in a value"] = (Connection, [.. Good, ("x", "a\nX-Tenant-ID: evil")]),
        ["CR in a value"] = (Connection, [.. Good, ("x", "a\rX-Tenant-ID: evil")]),
        ["NUL in a value"] = (Connection, [.. Good, ("x", "a\0evil")]),
        ["a control character in a value"] = ("400", [.. Good, ("x", "a\u001bevil")]),
        ["UTF-8 in a value"] = ("400", [.. Good, ("x", "evil\u00c3\u00a9")]),
        ["CR LF in a name"] = ("400", [.. Good, ("x: a\r\nx-tenant-id", "evil")]),
        ["a colon in a name"] = ("400", [.. Good, ("x-tenant-id: evil", "x")]),
        ["a space in a name"] = ("400", [.. Good, ("x-tenant-id ", "evil")]),
        ["an empty name"] = ("GOAWAY COMPRESSION_ERROR", [.. Good, ("", "evil")]),
        ["a name in capitals"] = (Connection, [.. Good, ("X-Evil", "evil")]),
        ["CR LF in the path"] = (Connection, With(":path", "/echo/x HTTP/1.1\r\nX-Tenant-ID: evil\r\n")),
        ["a space in the path"] = ("400", With(":path", "/echo/x evil")),
        ["a tab in the path"] = ("400", With(":path", "/echo/\tevil")),
        ["NUL in the path"] = (Connection, With(":path", "/echo/\0evil")),
        ["CR LF in the authority"] = (Connection, With(":authority", "a\r\nX-Tenant-ID: evil")),
        ["CR LF in the method"] = (Connection, With(":method", "GET / HTTP/1.1\r\nHost: evil\r\n\r\nGET")),
        ["a space in the method"] = (Stream, With(":method", "GET /evil")),
        ["CR LF in the scheme"] = (Connection, With(":scheme", "https\r\nX-Tenant-ID: evil")),

        // Pseudo-headers.
        ["no method"] = (Stream, Without(":method")),
        ["no path"] = (Stream, Without(":path")),
        ["no scheme"] = (Stream, Without(":scheme")),
        ["two methods"] = (Connection, [(":method", "GET"), .. Good]),
        ["two paths"] = (Connection, [(":path", "/echo/evil"), .. Good]),
        ["two schemes"] = (Connection, [(":scheme", "https"), .. Good]),
        ["two authorities"] = (Connection, [(":authority", "evil"), .. Good]),
        ["a pseudo-header behind others"] = (Connection, [.. Without(":path"), (":path", "/echo/evil")]),
        ["a pseudo-header of responses"] = (Connection, [(":status", "200"), .. Good]),
        ["an unknown pseudo-header"] = (Connection, [(":evil", "evil"), .. Good]),
        ["an empty path"] = (Stream, With(":path", "")),
        ["a path without a slash"] = (Stream, With(":path", "echo/evil")),
        ["a whole URL as the path"] = (Stream, With(":path", "https://evil/echo/x")),
        ["an asterisk as the path"] = (Stream, With(":path", "*")),
        ["an encoded step up"] = ("400", With(":path", "/echo/a%2f..%2f..%2fevil")),
        ["an empty method"] = (Stream, With(":method", "")),
        ["another scheme than the connection's"] = (Stream, With(":scheme", "http")),
        ["a scheme that is none"] = (Stream, With(":scheme", "evil")),
        ["a user in the authority"] = (Stream, With(":authority", "evil@a")),
        ["a path in the authority"] = (Stream, With(":authority", "a/evil")),
        ["a list as the authority"] = (Stream, With(":authority", "a, evil")),
        ["two hosts"] = (Stream, [.. Without(":authority"), ("host", "a"), ("host", "evil")]),
        ["a protocol without CONNECT"] = (Stream, [(":protocol", "websocket"), .. Good]),
        ["TRACE"] = ("405", With(":method", "TRACE")),
        ["CONNECT"] = ("405", [(":method", "CONNECT"), (":authority", "a:80"), ("x-api-key", GatewayHost.Key)]),
        ["CONNECT with a path"] = (Stream, With(":method", "CONNECT")),
        ["CONNECT for another protocol"] = ("405", [(":protocol", "evil"), .. With(":method", "CONNECT")]),

        // What belongs to a connection of HTTP/1.
        ["transfer-encoding"] = ("400", [.. Good, ("transfer-encoding", "chunked")]),
        ["connection"] = (Connection, [.. Good, ("connection", "close")]),
        ["keep-alive"] = ("400", [.. Good, ("keep-alive", "timeout=5")]),
        ["proxy-connection"] = ("400", [.. Good, ("proxy-connection", "keep-alive")]),
        ["upgrade"] = ("400", [.. Good, ("upgrade", "h2c")]),
        ["another te than trailers"] = (Connection, [.. Good, ("te", "gzip")]),
        ["an expectation nobody meets"] = ("417", [.. Good, ("expect", "miracles")]),

        // Lengths and sizes.
        ["content-length without a body"] = (Stream, [.. Good, ("content-length", "5")]),
        ["content-length twice"] = (Connection, [.. Good, ("content-length", "0"), ("content-length", "5")]),
        ["a list of lengths"] = (Connection, [.. Good, ("content-length", "0, 0")]),
        ["a negative length"] = (Connection, [.. Good, ("content-length", "-1")]),
        ["a length that is no number"] = (Connection, [.. Good, ("content-length", "0x5")]),
        ["a length beyond 64 bits"] = (Connection, [.. Good, ("content-length", "99999999999999999999")]),
        ["a length over the limit"] = (Stream, [.. Good, ("content-length", "10485761")]),
        ["120 headers"] = ("431", [.. Good, .. Enumerable.Range(0, 120).Select(i => ($"x{i}", "evil"))]),
        ["a path of 9 KiB"] = (Stream, With(":path", $"/echo/{new string('a', 9000)}")),

        // Credentials.
        ["no key"] = ("401", Without("x-api-key")),
        ["two keys"] = ("400", [.. Good, ("x-api-key", GatewayHost.Key)]),
    };

    // What is wrong in the frames.
    private static readonly Dictionary<string, (string Expected, Func<Http2Client, Task> Send)> s_frames = new(StringComparer.Ordinal)
    {
        ["fewer data than content-length"] = (Stream, client => PostAsync(client, "5", "evi")),
        ["more data than content-length"] = (Stream, client => PostAsync(client, "3", "evil!")),
        ["trailers with a pseudo-header"] = (Connection, client => PostAsync(client, null, "evil", (":path", "/evil"))),
        ["trailers that do not end the request"] = (Connection, async client =>
        {
            await PostAsync(client, null, "evil", isWhole: false);
            await client.SendAsync(FrameType.Headers, FrameFlags.EndHeaders, 1, HeaderBlock.Encode(("x-evil", "evil")));
        }
        ),
        ["100 KiB of headers"] = (Connection, client => SendInPiecesAsync(client, HeaderBlock.Encode([.. Good, .. Enumerable.Range(0, 50).Select(i => ($"x{i}", new string('a', 2000)))]))),
        ["a header of 100 KiB"] = ("GOAWAY COMPRESSION_ERROR", client => SendInPiecesAsync(client, HeaderBlock.Encode([.. Good, ("x", new string('a', 100_000))]))),
        ["headers that do not end"] = (Connection, async client =>
        {
            await client.SendAsync(FrameType.Headers, FrameFlags.EndStream, 1, HeaderBlock.Encode(Good));
            await client.SendAsync(FrameType.Data, FrameFlags.EndStream, 1, 1);
        }
        ),
        ["a continuation of nothing"] = (Connection, client => client.SendAsync(FrameType.Continuation, FrameFlags.EndHeaders, 1, HeaderBlock.Encode(Good))),
        ["headers of stream 0"] = (Connection, client => client.SendAsync(FrameType.Headers, Whole, 0, HeaderBlock.Encode(Good))),
        ["headers of an even stream"] = (Connection, client => client.SendAsync(FrameType.Headers, Whole, 2, HeaderBlock.Encode(Good))),
        ["data of a stream that there is not"] = (Connection, client => client.SendAsync(FrameType.Data, FrameFlags.EndStream, 1, "evil"u8.ToArray())),
        ["a frame that is too large"] = ("GOAWAY FRAME_SIZE_ERROR", client => client.WriteAsync(Http2Client.Encode(FrameType.Headers, Whole, 1, new byte[16_385]))),
        ["padding longer than the frame"] = (Connection, client => client.SendAsync(FrameType.Headers, Whole | FrameFlags.Padded, 1, 255, 0)),
        ["an index beyond the tables"] = ("GOAWAY COMPRESSION_ERROR", client => client.SendAsync(FrameType.Headers, Whole, 1, 0xff, 0x80, 0x01)),
        ["an integer without end"] = ("GOAWAY COMPRESSION_ERROR", client => client.SendAsync(FrameType.Headers, Whole, 1, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f)),
        ["a string longer than the block"] = ("GOAWAY COMPRESSION_ERROR", client => client.SendAsync(FrameType.Headers, Whole, 1, 0, 1, (byte)'x', 100, (byte)'a')),
        ["a table larger than allowed"] = ("GOAWAY COMPRESSION_ERROR", client => client.SendAsync(FrameType.Headers, Whole, 1, 0x3f, 0xe2, 0x1f)),
        ["a promise from the client"] = (Connection, client => client.SendAsync(FrameType.PushPromise, FrameFlags.EndHeaders, 1, [0, 0, 0, 2, .. HeaderBlock.Encode(Good)])),
        ["settings of a stream"] = (Connection, client => client.SendAsync(FrameType.Settings, FrameFlags.None, 1)),
        ["settings of a wrong size"] = ("GOAWAY FRAME_SIZE_ERROR", client => client.SendAsync(FrameType.Settings, FrameFlags.None, 0, 1, 2, 3)),
        ["an acknowledgement with settings"] = ("GOAWAY FRAME_SIZE_ERROR", client => client.SendAsync(FrameType.Settings, FrameFlags.Ack, 0, 0, 3, 0, 0, 0, 1)),
        ["a window beyond 31 bits"] = ("GOAWAY FLOW_CONTROL_ERROR", client => client.SendAsync(FrameType.Settings, FrameFlags.None, 0, 0, 4, 0xff, 0xff, 0xff, 0xff)),
        ["a window update of nothing"] = (Connection, client => client.SendAsync(FrameType.WindowUpdate, FrameFlags.None, 0, 0, 0, 0, 0)),
        ["window updates beyond 31 bits"] = ("GOAWAY FLOW_CONTROL_ERROR", async client =>
        {
            await client.SendAsync(FrameType.WindowUpdate, FrameFlags.None, 0, 0x7f, 0xff, 0xff, 0xff);
            await client.SendAsync(FrameType.WindowUpdate, FrameFlags.None, 0, 0x7f, 0xff, 0xff, 0xff);
        }
        ),
        ["a reset of a stream that there is not"] = (Connection, client => client.SendAsync(FrameType.Reset, FrameFlags.None, 1, 0, 0, 0, 8)),
        ["a stream that depends on itself"] = (Connection, client => client.SendAsync(FrameType.Headers, Whole | FrameFlags.Priority, 1, [0, 0, 0, 1, 16, .. HeaderBlock.Encode(Good)])),
        ["a ping of a wrong size"] = ("GOAWAY FRAME_SIZE_ERROR", client => client.SendAsync(FrameType.Ping, FrameFlags.None, 0, 1, 2, 3)),
        ["HTTP/1.1"] = ("GOAWAY FRAME_SIZE_ERROR", client => client.WriteAsync("GET /echo/x HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray())),
    };

    // Let through: what comes as the host, and nothing of what is evil.
    private static readonly Dictionary<string, (string? Host, Func<Http2Client, Task> Send)> s_taken = new(StringComparer.Ordinal)
    {
        ["another host than the authority"] = ("a", client => GetAsync(client, [.. Good, ("host", "evil")])),
        ["a host and no authority"] = ("b", client => GetAsync(client, [.. Without(":authority"), ("host", "b")])),
        ["no authority and no host"] = (null, client => GetAsync(client, Without(":authority"))),
        ["what only the gateway may say"] = ("a", client => GetAsync(client, [
            .. Good, ("x-tenant-id", "evil"), ("x_tenant_id", "evil"), ("x-identity-id", "evil"), ("x-forwarded-for", "evil"), ("forwarded", "for=evil"), ("x-original-url", "/evil")])),
        ["te: trailers"] = ("a", client => GetAsync(client, [.. Good, ("te", "trailers")])),
        ["trailers"] = ("a", client => PostAsync(client, null, "good", ("x-tenant-id", "evil"))),
        ["trailers that HTTP/1 would read as several"] = ("a", client => PostAsync(client, null, "good", ("x", "a\r\nX-Tenant-ID: evil"))),
        ["headers in many frames"] = ("a", async client =>
        {
            var block = HeaderBlock.Encode(Good);
            await client.SendAsync(FrameType.Headers, FrameFlags.EndStream, 1, block[..1]);
            for (var at = 1; at < block.Length; at++)
                await client.SendAsync(FrameType.Continuation, at == block.Length - 1 ? FrameFlags.EndHeaders : FrameFlags.None, 1, block[at]);
        }
        ),
        ["padding"] = ("a", client => client.SendAsync(FrameType.Headers, Whole | FrameFlags.Padded, 1, [4, .. HeaderBlock.Encode(Good), .. "evil"u8])),
        ["an unknown kind of frame"] = ("a", async client =>
        {
            await client.SendAsync((FrameType)0xee, (FrameFlags)0xff, 1, "evil"u8.ToArray());
            await GetAsync(client, Good);
        }
        ),
        ["an unknown setting"] = ("a", async client =>
        {
            await client.SendAsync(FrameType.Settings, FrameFlags.None, 0, 0xee, 0xee, 1, 2, 3, 4);
            await GetAsync(client, Good);
        }
        ),
    };

    public static TheoryData<string> Taken => [.. s_taken.Keys];

    public static TheoryData<string> Fields => [.. s_fields.Keys];

    public static TheoryData<string> Frames => [.. s_frames.Keys];

    [Theory]
    [MemberData(nameof(Fields))]
    public Task Fields_ThatCouldBeReadOtherwise_AreRefused(string what) =>
        AssertRefusedAsync(s_fields[what].Expected, client => GetAsync(client, s_fields[what].Fields));

    [Theory]
    [MemberData(nameof(Frames))]
    public Task Frames_ThatBreakTheProtocol_AreRefused(string what) => AssertRefusedAsync(s_frames[what].Expected, s_frames[what].Send);

    [Theory]
    [MemberData(nameof(Taken))]
    public async Task Request_ThatIsOnlyUnusual_ReachesAServiceInOneWay(string what)
    {
        http2.Backend.Requests.Clear();
        await using var client = await Http2Client.ConnectAsync(http2.Gateway.Address);

        await s_taken[what].Send(client);

        Assert.Equal(new Outcome("200", "hello"), await client.OutcomeAsync());
        var seen = http2.Backend.Only;
        Assert.DoesNotContain("evil", seen, StringComparison.Ordinal);
        Assert.Equal(["acme"], RawBackend.Values(seen, "X-Tenant-ID"));
        Assert.Equal(["key:full"], RawBackend.Values(seen, "X-Identity-ID"));
        Assert.Equal(s_taken[what].Host, RawBackend.Values(seen, "X-Forwarded-Host").SingleOrDefault());
    }

    [Fact]
    public async Task Cleartext_SpeaksNoHttp2()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);

        // With prior knowledge, as h2c is.
        await using var client = await Http2Client.ConnectAsync(gateway.Address);

        Assert.Equal("GOAWAY HTTP_1_1_REQUIRED", (await client.OutcomeAsync()).What);
    }

    private async Task AssertRefusedAsync(string expected, Func<Http2Client, Task> send)
    {
        http2.Backend.Requests.Clear();
        await using var client = await Http2Client.ConnectAsync(http2.Gateway.Address);

        await send(client);
        var outcome = await client.OutcomeAsync();

        Assert.Equal(expected, outcome.What);
        // The server itself answers without a body, and so it does where there are too many headers.
        if (expected.Length == 3 && expected != "431")
            Assert.Contains(expected == "401" ? "\"code\":\"UNAUTHORIZED\"" : "\"code\":\"VALIDATION\"", outcome.Body, StringComparison.Ordinal);
        await http2.AssertServesAsync();
        // The head of a request may have gone ahead of a body that turns out bad, but nothing of it was ever whole.
        Assert.StartsWith("GET /echo/x HTTP/1.1", Assert.Single(http2.Backend.Requests, request => !IsCut(request)), StringComparison.Ordinal);
        Assert.DoesNotContain(http2.Backend.Requests, request => !IsCut(request) && request.Contains("evil", StringComparison.Ordinal));
    }

    private static bool IsCut(string request)
    {
        var body = request.Length - request.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4;
        return RawBackend.Values(request, "Content-Length") is [var length] && int.Parse(length, CultureInfo.InvariantCulture) > body;
    }

    private static (string Name, string Value)[] With(string name, string value) =>
        [.. Good.Select(field => field.Name == name ? (name, value) : field)];

    private static (string Name, string Value)[] Without(string name) => [.. Good.Where(field => field.Name != name)];

    private static Task GetAsync(Http2Client client, IEnumerable<(string Name, string Value)> fields) =>
        client.SendAsync(FrameType.Headers, Whole, 1, HeaderBlock.Encode(fields));

    private static Task PostAsync(Http2Client client, string? length, string data, params (string Name, string Value)[] trailers) =>
        PostAsync(client, length, data, isWhole: true, trailers);

    private static async Task PostAsync(Http2Client client, string? length, string data, bool isWhole, params (string Name, string Value)[] trailers)
    {
        (string Name, string Value)[] lengths = length is null ? [] : [("content-length", length)];
        await client.SendAsync(FrameType.Headers, FrameFlags.EndHeaders, 1, HeaderBlock.Encode([.. With(":method", "POST"), .. lengths]));
        await client.SendAsync(FrameType.Data, isWhole && trailers.Length == 0 ? FrameFlags.EndStream : FrameFlags.None, 1, System.Text.Encoding.ASCII.GetBytes(data));
        if (trailers.Length > 0)
            await client.SendAsync(FrameType.Headers, Whole, 1, HeaderBlock.Encode(trailers));
    }

    private static async Task SendInPiecesAsync(Http2Client client, byte[] block)
    {
        for (var at = 0; at < block.Length; at += 16_384)
        {
            await client.SendAsync(
                at == 0 ? FrameType.Headers : FrameType.Continuation,
                (at == 0 ? FrameFlags.EndStream : FrameFlags.None) | (at + 16_384 >= block.Length ? FrameFlags.EndHeaders : FrameFlags.None),
                1,
                block[at..Math.Min(block.Length, at + 16_384)]);
        }
    }
}
