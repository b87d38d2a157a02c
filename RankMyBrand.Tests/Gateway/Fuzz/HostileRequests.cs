using System.Text;

namespace RankMyBrand.Tests.Gateway.Fuzz;

/// <summary>Writes requests of parts that are each right, odd or wrong, in any combination.</summary>
internal static class HostileRequests
{
    private const string Known = "X-API-Key: " + GatewayHost.Key;
    private const string Smuggled = "GET /echo/smuggled HTTP/1.1\r\nHost: a\r\n" + Known + "\r\n\r\n";

    // HEAD is not among them: where the end of its answer is, only those know who know that it was asked for.
    private static readonly string[] s_methods =
    [
        "GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "PURGE", "PRI", "M-SEARCH",
        "G T", "G\tT", "", "GET\0", "\u00ff",
    ];

    private static readonly string[] s_prefixes =
    [
        "/echo/", "/echo/", "/echo/", "/open/", "/small", "/limited", "/api/events/s", "/api/events/s/batch", "/api/events/s/live",
        "/api/admin/streams", "/api/metrics/x", "/api/registry/x", "/services/known/", "/services/unknown/", "/services/", "/services//",
        "/services/a%2fb/", "/ws", "/docs", "/docs/index.html", "/docs/../echo/x", "/openapi/v1.json", "/openapi/../", "/health",
        "/health/live", "/HEALTH/ready", "/metrics", "/", "*", "", "a:80", "http://a/echo/x", "http://evil/echo/x", "HTTP://a:8080/echo/x",
        "https://a/echo/x", "http://", "http:///echo", "http://[::1/x", "//a/echo/x", "ftp://a/x", "\\echo\\x", "/echo\\x", "echo/x",
    ];

    private static readonly string[] s_suffixes =
    [
        "", "", "x", "x/y", "%2e%2e/%2e%2e/", "..%2f", "../", "../../..", "./", "..;/", "%252e%252e%252f", "%5c..%5c", "%00",
        "%0d%0aX-Tenant-ID:evil", "%zz", "%", "%e9", "%c0%ae", "%u002e", "%ed%a0%80", "?", "?a=b", "?a=%0d%0a", "?\u00e9", "\u00e9", "#f",
        "?#", ";a=b", "//", "///", "*", "<script>", "\"", "{x}", "a b", "\t", "\u007f", "\u0001",
    ];

    private static readonly string[] s_versions =
    [
        "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1",
        "HTTP/1.1 ", "HTTP/1", "HTTP/11.1", "XTTP/1.1", "",
    ];

    private static readonly string[] s_hosts =
    [
        "Host: a", "Host: a", "Host: a", "Host: a", "Host: a", "Host:a", "HOST:   a  ", "Host: a:80", "Host: [::1]:8080", "Host:", "Host: ",
        "Host: a:99999", "Host: a:", "Host: a:x", "Host: u@a", "Host: a/b", "Host: a b", "Host: a, b", "Host: a\r\nHost: b",
        "Host: a\r\nHost: a", "Host : a", " Host: a", "Host: a\r\n b", "Host: \u00e9", "Host: %61", "Host: -", "Host: [::1", "X: no host",
    ];

    private static readonly string[] s_credentials =
    [
        Known, Known, Known, Known, Known, "Authorization: Bearer " + GatewayHost.Key, "Authorization: Basic eDp5", "X-API-Key: wrong",
        "X-API-Key: " + WellFormedRequests.KeyWithoutScopes, "X: none", Known + "\r\n" + Known, Known + "\r\nAuthorization: Bearer x",
        "X-API-Key:", "Authorization: Bearer", "Authorization: Bearer a.b.c", "X-API-Key: " + GatewayHost.Key + ", x",
        "X_API_Key: " + GatewayHost.Key, "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.",
    ];

    private static readonly string[] s_headers =
    [
        "X-Tenant-ID: evil", "X-Tenant-ID:\tevil", "X-Tenant-ID : evil", "X-Tenant-ID\0: evil", "X_Tenant_ID: evil",
        "x-identity-id: key:evil", "X-Forwarded-For: 10.9.9.9", "Forwarded: for=\"[::1]\"", "X: a\r\n folded", "X: a\nX-Tenant-ID: evil",
        "X: a\rX-Tenant-ID: evil", "X: \0", "X: \u0001", "X: \u007f", "X: \u00e9", ": x", "X", "X\u00e9: x", "(X): x", "X Y: z", "X:",
        "X: \"", "X: ,", "Connection: close", "Connection: keep-alive", "Connection: upgrade", "Connection: ,",
        "Connection: X-Tenant-ID, X-Identity-ID, X-Forwarded-For", "Upgrade: websocket",
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 99",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"
            + "Sec-WebSocket-Protocol: bearer.\u007f, rankmybrand.v1",
        "Expect: 100-continue", "Expect: miracles", "Expect: 100-continue, 100-continue", "TE: gzip", "TE: trailers, chunked",
        "Trailer: X-Tenant-ID", "Cookie: a=b\r\nOrigin: https://evil", "Cookie: a=b\r\nSec-Fetch-Site: cross-site", "Cookie: \"",
        "Cookie: a=b\r\nOrigin: null", "Origin: https://evil\r\nAccess-Control-Request-Method: PUT", "Content-Type: application/json",
        "Content-Type: \u0001", "Content-Type: multipart/form-data; boundary=", "Content-Type: application/grpc", "Content-Encoding: gzip",
        "Accept: \"", "Accept-Encoding: gzip, br", "Accept-Encoding: ;;;", "Range: bytes=99-1", "If-Modified-Since: yesterday",
        "If-Match: *", "Date: never", "Via: \u00e9", "traceparent: ff-0-0-0", "tracestate: ,,,", "baggage: =", "X-Correlation-ID: ",
        "X-Correlation-ID: a\tb", "Idempotency-Key: x", "Content-Location: ://", "Referer: ::", "From: @", "Age: -1", "Warning: x",
        "Pragma: ,", "Sec-WebSocket-Extensions: permessage-deflate; x=\"", "X-Long: ", ":authority: evil", ":path: /admin", "Proxy: evil",
        "X-Original-URL: /admin", "X-HTTP-Method-Override: TRACE", "Content-Disposition: \"", "Last-Modified: \0", "Expires: 0", "Allow: x",
        "Content-MD5: x", "Content-Language: ,",
    ];

    private static readonly string[] s_lengths =
    [
        "Content-Length: {0}", "Content-Length: {0}", "Content-Length: {0}", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked", "X: no length", "Content-Length: 0", "Content-Length: 1",
        "Content-Length: {0}\r\nContent-Length: {0}", "Content-Length: {0}\r\nContent-Length: 0", "Content-Length: {0}, {0}",
        "Content-Length: -1", "Content-Length: +{0}", "Content-Length: 0x5", "Content-Length: {0} ", "Content-Length:{0}",
        "Content-Length: 0{0}", "Content-Length: 99999999999999999999", "Content-Length: 9223372036854775807", "Content-Length: 10485761",
        "Content-Length: 1001", "Content-Length: ", "Content-Length: {0}\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: {0}", "Transfer-Encoding: identity", "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, identity", "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: xchunked",
        "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: CHUNKED", "Transfer-Encoding:\r\n chunked", "Transfer-Encoding : chunked",
        "Transfer-Encoding: \u000bchunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding:", "Transfer_Encoding: chunked\r\nContent-Length: {0}", "X-Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Content-Length: {0}\u00a0", "Content-Length: {0}\t",
    ];

    private static readonly string[] s_bodies =
    [
        "", "", "hello", "0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\nX-Tenant-ID: evil\r\n\r\n",
        "5;a=b\r\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "-5\r\nhello\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFF1\r\nhello", "7fffffff\r\nhello\r\n",
        " 5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n", "5\r\nhel", "5;\"\r\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n", "0\r\nX: a\nb\r\n\r\n", "0\r\n: x\r\n\r\n", "00000000000000000005\r\nhello\r\n0\r\n\r\n", Smuggled,
        "0\r\n\r\n" + Smuggled, "1\r\nZ\r\n0\r\n\r\n" + Smuggled, "5\r\nhello\r\n0\r\n\r\n" + Smuggled, "5\r\nhello\r\n0\r\n" + Smuggled,
        "\u0081\u0085\0\0\0\0hello", "{\"type\":\"t\",\"data\":{}}",
    ];

    private static readonly string[] s_lineEnds =
    [
        "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n", "\n\r",
    ];

    /// <summary>One request, as text of one byte a character.</summary>
    public static string Create(Random random)
    {
        // One or two things are wrong with a request; with all of them wrong, the first would hide the others.
        string Pick(string[] from) => from[random.Next(random.Next(3) == 0 ? from.Length : Math.Min(3, from.Length))];
        string Any(string[] from) => from[random.Next(from.Length)];

        var text = new StringBuilder();
        var (end, body) = (Any(s_lineEnds), Any(s_bodies));
        text.Append(Pick(s_methods)).Append(' ');
        text.Append(random.Next(2) == 0 ? Any(s_prefixes) : "/echo/").Append(Pick(s_suffixes)).Append(' ');
        text.Append(Pick(s_versions)).Append("\r\n");
        var lines = new List<string> { Pick(s_hosts), Pick(s_credentials) };
        for (var count = random.Next(4); count > 0; count--)
            lines.Add(Any(s_headers));
        if (body.Length > 0 || random.Next(4) == 0)
            lines.Add(Any(s_lengths).Replace("{0}", $"{body.Length}", StringComparison.Ordinal));
        if (random.Next(200) == 0)
            lines.AddRange(Enumerable.Range(0, random.Next(90, 130)).Select(i => $"X{i}: y"));
        if (random.Next(200) == 0)
            lines.Add($"X: {new string('y', random.Next(7_000, 40_000))}");
        foreach (var line in lines.OrderBy(_ => random.Next()))
            text.Append(line).Append(random.Next(8) == 0 ? end : "\r\n");
        return text.Append("\r\n").Append(body).ToString();
    }
}
