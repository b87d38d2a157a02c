namespace RankMyBrand.Tests.Gateway.Http;

/// <summary>Requests as no client library sends them: what is refused, and what of the rest reaches a service.</summary>
public sealed class RawRequestTests(EdgeFixture edge) : IClassFixture<EdgeFixture>
{
    private const string Key = "X-API-Key: " + GatewayHost.Key + "\r\n";
    private const string Get = "GET /echo/x HTTP/1.1\r\nHost: a\r\n" + Key;
    private const string Post = "POST /echo/x HTTP/1.1\r\nHost: a\r\n" + Key;
    private const string Chunked = Post + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    private const string End = "Connection: close\r\n\r\n";
    private const string NoChunks = "Connection: close\r\n\r\n0\r\n\r\n";
    private const string Second = "GET /echo/smuggled HTTP/1.1\r\nHost: a\r\n" + Key + "\r\n";

    private static readonly int[] s_ofTheServer = [400, 405, 414, 431, 505];

    // Refused: the answer's status, once, and the connection is closed; nothing reaches a service.
    private static readonly Dictionary<string, (int Status, string Request)> s_refused = new(StringComparer.Ordinal)
    {
        // Where one message ends and the next begins.
        ["Content-Length and chunks"] = (400, Post + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG"),
        ["chunks and Content-Length"] = (400, Post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + Second),
        ["unknown coding"] = (400, Post + "Transfer-Encoding: xchunked\r\n" + NoChunks + Second),
        ["identity coding"] = (400, Post + "Transfer-Encoding: identity\r\n" + NoChunks + Second),
        ["chunks, then another coding"] = (400, Post + "Transfer-Encoding: chunked, identity\r\n" + NoChunks + Second),
        ["compressed chunks"] = (400, Post + "Transfer-Encoding: gzip, chunked\r\n" + NoChunks + Second),
        ["chunked twice"] = (400, Post + "Transfer-Encoding: chunked, chunked\r\n" + NoChunks + Second),
        ["chunked and a comma"] = (400, Post + "Transfer-Encoding: chunked,\r\n" + NoChunks + Second),
        ["chunked in two headers"] = (400, Post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + NoChunks + Second),
        ["identity and chunked in two headers"] = (400, Post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n" + NoChunks + Second),
        ["chunked in quotes"] = (400, Post + "Transfer-Encoding: \"chunked\"\r\n" + NoChunks + Second),
        ["vertical tab before chunked"] = (400, Post + "Transfer-Encoding: \vchunked\r\n" + NoChunks + Second),
        ["space before the colon"] = (400, Post + "Transfer-Encoding : chunked\r\n" + NoChunks + Second),
        ["folded coding"] = (400, Post + "Transfer-Encoding:\r\n chunked\r\n" + NoChunks + Second),
        ["chunks in HTTP/1.0"] = (400, Post.Replace("1.1", "1.0", StringComparison.Ordinal) + "Transfer-Encoding: chunked\r\n" + NoChunks + Second),
        ["Content-Length twice, the same"] = (400, Post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
        ["Content-Length twice"] = (400, Post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        ["list of lengths"] = (400, Post + "Content-Length: 5, 5\r\n\r\nhello"),
        ["negative length"] = (400, Post + "Content-Length: -5\r\n\r\nhello"),
        ["hexadecimal length"] = (400, Post + "Content-Length: 0x5\r\n\r\nhello"),
        ["empty length"] = (400, Post + "Content-Length: \r\n\r\nhello"),
        ["length beyond 64 bits"] = (400, Post + "Content-Length: 99999999999999999999\r\n\r\nhello"),
        ["HTTP/1.0 body without length"] = (400, Post.Replace("1.1", "1.0", StringComparison.Ordinal) + "\r\nhello"),
        ["chunk size beyond 64 bits"] = (400, Chunked + "FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n" + Second),
        ["negative chunk size"] = (400, Chunked + "-5\r\nhello\r\n0\r\n\r\n" + Second),
        ["chunk size with a sign"] = (400, Chunked + "+5\r\nhello\r\n0\r\n\r\n" + Second),
        ["chunk size with 0x"] = (400, Chunked + "0x5\r\nhello\r\n0\r\n\r\n" + Second),
        ["chunk size after a space"] = (400, Chunked + " 5\r\nhello\r\n0\r\n\r\n" + Second),
        ["chunk longer than its size"] = (400, Chunked + "5\r\nhelloXX0\r\n\r\n" + Second),
        ["chunk size ends with LF"] = (400, Chunked + "5\nhello\r\n0\r\n\r\n" + Second),
        ["LF in a chunk extension"] = (400, Chunked + "5;a\nb\r\nhello\r\n0\r\n\r\n" + Second),
        ["NUL in a trailer"] = (400, Chunked + "5\r\nhello\r\n0\r\nX: a\0b\r\n\r\n" + Second),
        ["Latin-1 in a trailer"] = (400, Chunked + "5\r\nhello\r\n0\r\nX: caf\u00e9\r\n\r\n" + Second),
        ["Latin-1 in a trailer that nobody reads"] = (401, Chunked.Replace(Key, "", StringComparison.Ordinal) + "5\r\nhello\r\n0\r\nX: caf\u00e9\r\n\r\n" + Second),
        ["CR in a chunk extension"] = (400, Chunked + "5;a\rb\r\nhello\r\n0\r\n\r\n" + Second),

        // Lines and headers.
        ["lines end with LF"] = (400, (Get + End).Replace("\r\n", "\n", StringComparison.Ordinal)),
        ["a header ends with LF"] = (400, Get + "X: a\nX-Tenant-ID: evil\r\n" + End),
        ["a header has a CR"] = (400, Get + "X: a\rX-Tenant-ID: evil\r\n" + End),
        ["a header has NUL"] = (400, Get + "X: a\0b\r\n" + End),
        ["a header has a control character"] = (400, Get + "X: a\u0001\r\n" + End),
        ["a header has DEL"] = (400, Get + "X: a\u007f\r\n" + End),
        ["a header in Latin-1"] = (400, Get + "X: caf\u00e9\r\n" + End),
        ["a header in UTF-8"] = (400, Get + "X: caf\u00c3\u00a9\r\n" + End),
        ["a folded header"] = (400, Get + "X: a\r\n b\r\n" + End),
        ["a space in a header's name"] = (400, Get + "X-Tenant-ID a: evil\r\n" + End),
        ["a header without name"] = (400, Get + ": a\r\n" + End),
        ["a header without colon"] = (400, Get + "X-Tenant-ID\r\n" + End),
        ["a space before the first header"] = (400, "GET /echo/x HTTP/1.1\r\n Host: a\r\n" + Key + End),
        ["100 KiB of headers"] = (431, Get + $"X: {new string('a', 100_000)}\r\n" + End),
        ["120 headers"] = (431, Get + string.Concat(Enumerable.Range(0, 120).Select(i => $"X{i}: a\r\n")) + End),
        ["an expectation nobody meets"] = (417, Post + "Content-Length: 5\r\nExpect: miracles\r\n" + End + "hello"),

        // Host.
        ["no host"] = (400, "GET /echo/x HTTP/1.1\r\n" + Key + End),
        ["two hosts"] = (400, Get + "Host: b\r\n" + End),
        ["the same host twice"] = (400, Get + "Host: a\r\n" + End),
        ["empty host"] = (400, $"GET /echo/x HTTP/1.1\r\nHost: \r\n{Key}{End}"),
        ["host with a space"] = (400, $"GET /echo/x HTTP/1.1\r\nHost: a b\r\n{Key}{End}"),
        ["host with markup"] = (400, $"GET /echo/x HTTP/1.1\r\nHost: <script>\r\n{Key}{End}"),
        ["host with a path"] = (400, $"GET /echo/x HTTP/1.1\r\nHost: a/b\r\n{Key}{End}"),
        ["host with a user"] = (400, $"GET /echo/x HTTP/1.1\r\nHost: u@a\r\n{Key}{End}"),
        ["list of hosts"] = (400, $"GET /echo/x HTTP/1.1\r\nHost: a, b\r\n{Key}{End}"),
        ["host with no port"] = (400, $"GET /echo/x HTTP/1.1\r\nHost: a:8x\r\n{Key}{End}"),
        ["host with port 0"] = (400, $"GET /echo/x HTTP/1.1\r\nHost: a:0\r\n{Key}{End}"),
        ["host with a port beyond"] = (400, $"GET /echo/x HTTP/1.1\r\nHost: a:99999\r\n{Key}{End}"),
        ["open bracket in the host"] = (400, $"GET /echo/x HTTP/1.1\r\nHost: [::1\r\n{Key}{End}"),
        ["another host in the URL"] = (400, $"GET http://evil/echo/x HTTP/1.1\r\nHost: a\r\n{Key}{End}"),

        // Request lines.
        ["HTTP/0.9"] = (400, "GET /echo/x\r\n\r\n"),
        ["HTTP/1.2"] = (505, "GET /echo/x HTTP/1.2\r\nHost: a\r\n\r\n"),
        ["HTTP/2 in one line"] = (505, "GET /echo/x HTTP/2.0\r\nHost: a\r\n\r\n"),
        ["TLS"] = (400, "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003\r\n\r\n"),
        ["a method that is none"] = (400, $"G(T /echo/x HTTP/1.1\r\nHost: a\r\n{Key}{End}"),
        ["TRACE"] = (405, $"TRACE /echo/x HTTP/1.1\r\nHost: a\r\n{Key}{End}"),
        ["CONNECT to a path"] = (405, $"CONNECT /echo/x HTTP/1.1\r\nHost: a\r\n{Key}{End}"),
        ["CONNECT to a host"] = (405, $"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n{Key}{End}"),
        ["NUL in the URL"] = (400, $"GET /echo/x\0 HTTP/1.1\r\nHost: a\r\n{Key}{End}"),
        ["encoded NUL in the URL"] = (400, $"GET /echo/x%00 HTTP/1.1\r\nHost: a\r\n{Key}{End}"),
        ["tab in the URL"] = (400, $"GET /echo/x\ty HTTP/1.1\r\nHost: a\r\n{Key}{End}"),
        ["escape character in the URL"] = (400, $"GET /echo/\u001b[2J HTTP/1.1\r\nHost: a\r\n{Key}{End}"),
        ["DEL in the query"] = (400, $"GET /echo/x?\u007f HTTP/1.1\r\nHost: a\r\n{Key}{End}"),
        ["Latin-1 in the URL"] = (400, $"GET /echo/\u00e9 HTTP/1.1\r\nHost: a\r\n{Key}{End}"),
        ["Latin-1 in the query"] = (400, $"GET /echo/x?\u00e9 HTTP/1.1\r\nHost: a\r\n{Key}{End}"),
        ["URL of 9 KiB"] = (414, $"GET /echo/{new string('a', 9000)} HTTP/1.1\r\nHost: a\r\n{Key}{End}"),
        ["URL of 100 KiB"] = (414, $"GET /echo/{new string('a', 100_000)} HTTP/1.1\r\nHost: a\r\n{Key}{End}"),
        ["encoded step up"] = (400, $"GET /echo/a%2f..%2f..%2fadmin HTTP/1.1\r\nHost: a\r\n{Key}{End}"),

        // Bodies.
        ["Content-Length over 10 MiB"] = (413, Post + "Content-Length: 10485761\r\n\r\n"),
        ["Content-Length over the route's limit"] = (413, Post.Replace("/echo/x", "/small", StringComparison.Ordinal) + $"Content-Length: 1001\r\n{End}{new string('a', 1001)}"),
    };

    // Let through: what a service sees of it, as the first line and the body, and what it must not see.
    private static readonly Dictionary<string, (string Request, string FirstLine, string Body, string Absent)> s_taken = new(StringComparer.Ordinal)
    {
        ["chunks"] = (Chunked + "5\r\nhello\r\n0\r\n\r\n", "POST /echo/x HTTP/1.1", "5\r\nhello\r\n0\r\n\r\n", "Content-Length"),
        ["chunked in capitals"] = (Post + "Transfer-Encoding: CHUNKED\r\n" + End + "5\r\nhello\r\n0\r\n\r\n", "POST /echo/x HTTP/1.1", "5\r\nhello\r\n0\r\n\r\n", "Content-Length"),
        ["chunk extension"] = (Chunked + "5;a=b\r\nhello\r\n0\r\n\r\n", "POST /echo/x HTTP/1.1", "5\r\nhello\r\n0\r\n\r\n", "a=b"),
        ["trailers"] = (Chunked + "5\r\nhello\r\n0\r\nX-Tenant-ID: evil\r\nX-Evil: evil\r\n\r\n", "POST /echo/x HTTP/1.1", "5\r\nhello\r\n0\r\n\r\n", "evil"),
        ["announced trailers"] = (Chunked.Replace(Key, Key + "Trailer: X-Evil\r\n", StringComparison.Ordinal) + "0\r\nX-Evil: evil\r\n\r\n", "POST /echo/x HTTP/1.1", "0\r\n\r\n", "evil"),
        ["underscore in Transfer_Encoding"] = (Post + "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n" + End + "hello", "POST /echo/x HTTP/1.1", "hello", "chunked"),
        ["length with zeros"] = (Post + "Content-Length: 0005\r\n" + End + "hello", "POST /echo/x HTTP/1.1", "hello", "0005"),
        ["GET with a body"] = (Get + "Content-Length: 5\r\n" + End + "hello", "GET /echo/x HTTP/1.1", "hello", "chunked"),
        ["POST without length"] = (Post + End, "POST /echo/x HTTP/1.1", "", "chunked"),
        ["the URL has a host"] = ($"GET http://a/echo/x HTTP/1.1\r\nHost: a\r\n{Key}{End}", "GET /echo/x HTTP/1.1", "", "http://a/"),
        ["the URL has a user"] = ($"GET http://user:pass@a/echo/x HTTP/1.1\r\nHost: a\r\n{Key}{End}", "GET /echo/x HTTP/1.1", "", "pass"),
        ["HTTP/1.0 without host"] = ($"GET /echo/x HTTP/1.0\r\n{Key}\r\n", "GET /echo/x HTTP/1.1", "", "X-Forwarded-Host"),
        ["the Connection header names the tenant"] = (Get + "Connection: close, X-Tenant-ID, X-Identity-ID\r\n\r\n", "GET /echo/x HTTP/1.1", "", "Connection"),
        ["the Connection header names a header"] = ($"GET /echo/x HTTP/1.0\r\n{Key}X-Hop: secret\r\nConnection: x-hop\r\n\r\n", "GET /echo/x HTTP/1.1", "", "secret"),
        ["the Connection header names the length"] = (Post + "Content-Length: 5\r\nConnection: close, Content-Length, Host\r\n\r\nhello", "POST /echo/x HTTP/1.1", "hello", "chunked"),
        ["upgrade to HTTP/2"] = (Get + "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", "GET /echo/x HTTP/1.1", "", "h2c"),
        ["encoded line breaks"] = ($"GET /echo/x%0d%0aX-Evil:%20evil?q=%0d%0aX-Evil:evil HTTP/1.1\r\nHost: a\r\n{Key}{End}", "GET /echo/x%0D%0AX-Evil:%20evil?q=%0d%0aX-Evil:evil HTTP/1.1", "", "\nX-Evil"),
        ["a fragment"] = ($"GET /echo/x#f HTTP/1.1\r\nHost: a\r\n{Key}{End}", "GET /echo/x%23f HTTP/1.1", "", "#f"),
        ["broken percent-encoding"] = ($"GET /echo/%zz%1 HTTP/1.1\r\nHost: a\r\n{Key}{End}", "GET /echo/%25zz%251 HTTP/1.1", "", "%zz"),
    };

    public static TheoryData<string> Refused => [.. s_refused.Keys];

    public static TheoryData<string> Taken => [.. s_taken.Keys];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Request_ThatCanBeReadInTwoWays_IsRefused(string what)
    {
        edge.Backend.Requests.Clear();
        var (status, request) = s_refused[what];

        var answers = await RawClient.AnswersAsync(edge.Gateway.Address, request);

        AssertRefusal(status, Assert.Single(answers));
        Assert.DoesNotContain(edge.Backend.Requests, seen => seen.Contains("smuggled", StringComparison.Ordinal));
        // A body that turns out bad on its way has a head that has gone ahead; it never ends well.
        Assert.DoesNotContain(edge.Backend.Requests, seen => !request.StartsWith(Chunked, StringComparison.Ordinal) || seen.EndsWith("0\r\n\r\n", StringComparison.Ordinal));
    }

    // What is no HTTP the server itself refuses, before there is a request that anybody could answer: without a body.
    private static void AssertRefusal(int status, string answer)
    {
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        if (RawBackend.Values(answer, "Content-Type") is [var type])
        {
            Assert.Equal("application/problem+json", type);
            Assert.Contains(status == 401 ? "\"code\":\"UNAUTHORIZED\"" : "\"code\":\"VALIDATION\"", answer, StringComparison.Ordinal);
            Assert.Contains($"\"status\":{status},", answer, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(["0"], RawBackend.Values(answer, "Content-Length"));
        Assert.Contains(status, s_ofTheServer);
    }

    [Theory]
    [MemberData(nameof(Taken))]
    public async Task Request_ThatIsOnlyUnusual_ReachesAServiceInOneWay(string what)
    {
        edge.Backend.Requests.Clear();
        var (request, firstLine, body, absent) = s_taken[what];

        var answers = await RawClient.AnswersAsync(edge.Gateway.Address, request);

        Assert.StartsWith("HTTP/1.1 200 ", Assert.Single(answers), StringComparison.Ordinal);
        var seen = edge.Backend.Only;
        Assert.StartsWith($"{firstLine}\r\n", seen, StringComparison.Ordinal);
        Assert.Equal(body, seen[(seen.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        Assert.DoesNotContain(absent, seen, StringComparison.Ordinal);
        Assert.Equal(["acme"], RawBackend.Values(seen, "X-Tenant-ID"));
        Assert.Equal(["key:full"], RawBackend.Values(seen, "X-Identity-ID"));
        Assert.Single(RawBackend.Values(seen, "Host"));
        Assert.InRange(RawBackend.Values(seen, "Content-Length").Count + RawBackend.Values(seen, "Transfer-Encoding").Count, 0, 1);
    }

    [Fact]
    public async Task Requests_OnOneConnection_AreEachAskedForTheirKey()
    {
        edge.Backend.Requests.Clear();

        var answers = await RawClient.AnswersAsync(
            edge.Gateway.Address, Get + "\r\nGET /echo/y HTTP/1.1\r\nHost: a\r\n\r\n" + Get + End);

        Assert.Equal(["200", "401", "200"], answers.Select(answer => answer.Split(' ')[1]));
        Assert.Equal(2, edge.Backend.Requests.Count);
    }

    [Fact]
    public async Task Connection_OfARefusedRequest_EndsWithIt()
    {
        edge.Backend.Requests.Clear();

        var answers = await RawClient.AnswersAsync(edge.Gateway.Address, Get + "Expect: nonsense\r\n\r\n" + Get + End);

        Assert.StartsWith("HTTP/1.1 417 ", Assert.Single(answers), StringComparison.Ordinal);
        Assert.Equal(["close"], RawBackend.Values(answers[0], "Connection"));
        Assert.Empty(edge.Backend.Requests);
    }

    [Fact]
    public async Task Hub_AskedWithoutAHandshake_TellsWhatItNeedsAndKeepsTheConnection()
    {
        const string Hub = "GET /ws HTTP/1.1\r\nHost: a\r\n" + Key;

        var answers = await RawClient.AnswersAsync(edge.Gateway.Address, $"{Hub}\r\n{Hub}{End}");

        Assert.All(answers, answer =>
        {
            Assert.StartsWith("HTTP/1.1 426 ", answer, StringComparison.Ordinal);
            Assert.Equal(["websocket"], RawBackend.Values(answer, "Upgrade"));
            Assert.Equal(["13"], RawBackend.Values(answer, "Sec-WebSocket-Version"));
        });
        Assert.Equal(["Upgrade, keep-alive", "Upgrade, close"], answers.SelectMany(answer => RawBackend.Values(answer, "Connection")));
    }

    [Fact]
    public async Task Body_OverTheRoutesLimitInChunks_Is413()
    {
        var request = Chunked.Replace("/echo/x", "/small", StringComparison.Ordinal) + $"7D0\r\n{new string('a', 2000)}\r\n0\r\n\r\n";

        var answer = Assert.Single(await RawClient.AnswersAsync(edge.Gateway.Address, request));

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"VALIDATION\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_UpToTheLimit_IsTaken()
    {
        edge.Backend.Requests.Clear();

        var request = Post.Replace("/echo/x", "/small", StringComparison.Ordinal) + $"Content-Length: 1000\r\n{End}{new string('a', 1000)}";

        Assert.StartsWith("HTTP/1.1 200 ", Assert.Single(await RawClient.AnswersAsync(edge.Gateway.Address, request)), StringComparison.Ordinal);
        Assert.EndsWith(new string('a', 1000), edge.Backend.Only, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_ThatIsExpectedToBeAskedFor_IsAskedFor()
    {
        edge.Backend.Requests.Clear();
        await using var client = await RawClient.ConnectAsync(edge.Gateway.Address);

        await client.SendAsync(Post + "Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100 ", await client.ReadAsync(), StringComparison.Ordinal);
        await client.SendAsync("hello");

        Assert.StartsWith("HTTP/1.1 200 ", await client.ReadAsync(), StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nhello", edge.Backend.Only, StringComparison.Ordinal);
    }
}
