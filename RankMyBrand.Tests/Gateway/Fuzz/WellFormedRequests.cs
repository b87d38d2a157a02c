using System.Globalization;
using System.Text;

namespace RankMyBrand.Tests.Gateway.Fuzz;

/// <summary>Writes requests that no server may misunderstand, to every kind of route, and knows the one right answer to each.</summary>
internal sealed class WellFormedRequests(Random random, string client)
{
    /// <summary>A key that may do nothing in particular.</summary>
    public const string KeyWithoutScopes = "plain-key-0123456789abcdefghijklmnopqrst";

    private const string Known = "X-API-Key: " + GatewayHost.Key + "\r\n";

    private static readonly string[] s_harmless =
    [
        "Accept: */*", "User-Agent: fuzz/1.0", "Accept-Language: de, en;q=0.5", "Cookie: a=b; c=d", "X-Correlation-ID: c-1",
        "X-Correlation-ID: not one of ours", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "traceparent: rubbish",
        "Range: bytes=0-1", "If-None-Match: \"x\"", "Via: 1.0 fred", "Max-Forwards: 0", "TE: trailers", "Cache-Control: no-cache",
        "Accept-Encoding: identity", "X-Empty:", "X-Spaces: \t a \t ", "Date: now", "DNT: 1",
    ];

    /// <summary>What only the gateway may say.</summary>
    private static readonly string[] s_dropped =
    [
        "X-Tenant-ID: evil", "x-tenant-id: evil", "X_Tenant_ID: evil", "X-Tenant: evil", "Tenant: evil", "X-Identity-ID: key:evil",
        "X-User: evil", "X-Roles: admin", "X-Scopes: *", "Remote-User: evil", "Forwarded: for=10.9.9.9", "X-Forwarded-For: 10.9.9.9",
        "X-Forwarded-Host: evil", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /evil", "X-Real-IP: 10.9.9.9",
        "True-Client-IP: 10.9.9.9", "X-Original-URL: /admin", "X-Rewrite-URL: /admin", "X-HTTP-Method-Override: DELETE",
        "X-SSL-Client-Cert: evil", "Proxy-Authorization: Basic evil", "Proxy-Connection: keep-alive", "Keep-Alive: timeout=5",
        "Proxy: evil", "X_API_Key: evil", "Connection: keep-alive, X-Tenant-ID", "Trailer: X-Tenant-ID",
    ];

    private static readonly string[] s_targets =
    [
        "a", "a/b/c", "a%20b", "a?x=1&y=2", "%C3%A9", "a;b", "a=b", "a:b@c", "~a", "a+b", "?", "a%2Fb", "x?q=%0d%0aX-Tenant-ID:%20evil",
        "(a)", "a,b", "'a'",
    ];

    /// <summary>Whether requests may be such whose answer has a length but no body.</summary>
    public bool MayAskForHead { get; init; } = true;

    /// <summary>Appends one request.</summary>
    public ExpectedAnswer Write(StringBuilder text) => random.Next(60) switch
    {
        < 8 => Echo(text, "GET", "/echo/"),
        < 12 => WithBody(text, "POST", "/echo/"),
        < 14 => WithBody(text, random.Next(2) == 0 ? "PUT" : "PATCH", "/echo/"),
        < 16 => Echo(text, random.Next(2) == 0 ? "DELETE" : "OPTIONS", "/echo/"),
        < 18 => Echo(text, "GET", "/api/events/s/"),
        < 19 => WithBody(text, "POST", "/api/events/s/"),
        < 21 => Echo(text, "GET", "/services/known/", seenAs: "/"),
        < 22 => WithBody(text, "POST", "/services/known/", seenAs: "/"),
        < 25 => Echo(text, "GET", "/open/", key: random.Next(2) == 0 ? Known : ""),
        < 26 when MayAskForHead => Head(text),
        < 29 => Own(text),
        < 32 => Refused(text),
        < 35 => Plain(text, "GET", "/echo/x", "", new(401, "UNAUTHORIZED")),
        < 37 => Plain(text, "GET", "/api/events/s", "Authorization: Bearer nobody's\r\n", new(401, "UNAUTHORIZED")),
        < 41 => Plain(text, "GET", "/api/events/s", $"X-API-Key: {KeyWithoutScopes}\r\n", new(403, "FORBIDDEN")),
        < 44 => Plain(text, "GET", "/echo/x", $"{Known}Authorization: Bearer {GatewayHost.Key}\r\n", new(400, "VALIDATION")),
        < 46 => Plain(text, "GET", "/nowhere", "", new(404, "NOT_FOUND")),
        < 50 => Plain(text, "GET", "/services/unknown/x", Known, new(404, "NOT_FOUND")),
        < 53 => Plain(text, "DELETE", "/api/events/s", Known, new(405, "VALIDATION")),
        < 56 => Plain(text, "GET", "/ws", Known, new(426, "VALIDATION")),
        _ => Plain(text, "GET", "/echo/a%2f..%2f..%2fb", Known, new(400, "VALIDATION")),
    };

    private ExpectedAnswer Echo(StringBuilder text, string method, string prefix, string? seenAs = null, string key = Known)
    {
        var rest = Target();
        text.Append(CultureInfo.InvariantCulture, $"{method} {prefix}{rest} HTTP/1.1\r\n{Headers(key)}\r\n");
        return new ExpectedAnswer(200, Echo: FuzzBackend.Echo(client, method, (seenAs ?? prefix) + rest, 0));
    }

    private ExpectedAnswer Head(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"HEAD /echo/x HTTP/1.1\r\n{Headers(Known)}\r\n");
        return new ExpectedAnswer(200, Echo: "", HasBody: false);
    }

    private ExpectedAnswer WithBody(StringBuilder text, string method, string prefix, string? seenAs = null)
    {
        var (rest, body) = (Target(), Body());
        text.Append(CultureInfo.InvariantCulture, $"{method} {prefix}{rest} HTTP/1.1\r\n{Headers(Known)}");
        AppendBody(text, body);
        return new ExpectedAnswer(200, Echo: FuzzBackend.Echo(client, method, (seenAs ?? prefix) + rest, body.Length));
    }

    // With nothing more: the pages of operators are not for those who come through a proxy, as some headers say.
    private ExpectedAnswer Own(StringBuilder text)
    {
        var target = random.Next(4) switch { 0 => "/openapi/v1.json", 1 => "/docs/index.html", _ => "/health/live" };
        text.Append(CultureInfo.InvariantCulture, $"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        return new ExpectedAnswer(200);
    }

    /// <summary>A body that nobody reads must not become the next request.</summary>
    private ExpectedAnswer Refused(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"POST /echo/x HTTP/1.1\r\n{Headers("")}");
        AppendBody(text, Body());
        return new ExpectedAnswer(401, "UNAUTHORIZED");
    }

    private ExpectedAnswer Plain(StringBuilder text, string method, string target, string key, ExpectedAnswer expected)
    {
        text.Append(CultureInfo.InvariantCulture, $"{method} {target} HTTP/1.1\r\n{Headers(key)}\r\n");
        return expected;
    }

    private void AppendBody(StringBuilder text, string body)
    {
        if (random.Next(2) == 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n{body}");
            return;
        }

        text.Append("Transfer-Encoding: chunked\r\n\r\n");
        while (body.Length > 0)
        {
            var size = random.Next(1, body.Length + 1);
            var (zeros, extension) = (random.Next(4) == 0 ? "0" : "", random.Next(4) == 0 ? ";a=b" : "");
            text.Append(CultureInfo.InvariantCulture, $"{zeros}{size:x}{extension}\r\n{body[..size]}\r\n");
            body = body[size..];
        }

        text.Append(random.Next(4) == 0 ? "0\r\nX-Tenant-ID: evil\r\n\r\n" : "0\r\n\r\n");
    }

    private string Headers(string key)
    {
        var host = random.Next(4) switch { 0 => "localhost:8080", 1 => "[::1]", _ => "a" };
        var headers = new StringBuilder("Host: ").Append(host).Append("\r\n").Append(key);
        for (var count = random.Next(4); count > 0; count--)
            headers.Append(s_harmless[random.Next(s_harmless.Length)]).Append("\r\n");
        for (var count = random.Next(4); count > 0; count--)
            headers.Append(s_dropped[random.Next(s_dropped.Length)]).Append("\r\n");
        return headers.ToString();
    }

    private string Target() => s_targets[random.Next(s_targets.Length)];

    private string Body() => random.Next(4) switch
    {
        0 => "",
        1 => "GET /echo/smuggled HTTP/1.1\r\nHost: a\r\n" + Known + "\r\n",
        2 => "0\r\n\r\n",
        _ => string.Create(random.Next(1, 300), random, static (span, random) =>
        {
            foreach (ref var c in span)
                c = (char)random.Next(256);
        }),
    };
}
