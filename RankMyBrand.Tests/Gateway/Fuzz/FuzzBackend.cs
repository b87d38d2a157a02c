using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RankMyBrand.Tests.Gateway.Fuzz;

/// <summary>
/// A service that answers everything with 200 and tells what it has seen. It counts requests by the address that the gateway says they
/// come from, and notes down everything about a request that a gateway must not send.
/// </summary>
internal sealed class FuzzBackend : IAsyncDisposable
{
    /// <summary>What asks on the gateway's own behalf, without a client.</summary>
    private static readonly string[] s_own = ["GET /openapi/v1.json HTTP/1.1", "GET /health/ready HTTP/1.1"];

    /// <summary>What a service may learn only from the gateway, never from a client; and what belongs to one connection alone.</summary>
    private static readonly HashSet<string> s_forbidden = new(StringComparer.OrdinalIgnoreCase)
    {
        "X-API-Key", "Authorization", "Proxy-Authorization", "Proxy-Connection", "Proxy", "Tenant", "Tenant-ID", "X-Tenant", "X-TenantID",
        "X-User", "X-User-ID", "X-Scope", "X-Scopes", "X-Role", "X-Roles", "Remote-User", "X-Remote-User", "Forwarded", "X-Real-IP",
        "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Original-URL", "X-Original-Host", "X-Rewrite-URL",
        "X-Host", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-User", "X-Client-Cert", "Client-Cert", "X-SSL-Client-Cert",
        "X-Auth-Request-User", "X-Authenticated-User", "X-HTTP-Method-Override", "X-Method-Override", "X-Content-Length", "Keep-Alive",
        "Trailer", "HTTP2-Settings",
    };

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _seen = new(StringComparer.Ordinal);
    private readonly Task _accepting;

    public FuzzBackend()
    {
        _listener.Start(512);
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>What should not have come, with the address it came from.</summary>
    public ConcurrentQueue<(string Client, string Fault)> Faults { get; } = new();

    /// <summary>The first lines of the requests that have come from an address.</summary>
    public IReadOnlyCollection<string> SeenFrom(string client) => _seen.TryGetValue(client, out var seen) ? seen : [];

    /// <summary>The body of the answer to a request.</summary>
    public static string Echo(string client, string method, string target, int length) => $"{client} {method} {target} {length}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        client.NoDelay = true;
        var stream = client.GetStream();
        var reader = new StrictReader(stream);
        var from = "";
        try
        {
            while (await reader.ReadHeadAsync(_stop.Token) is { } head)
            {
                from = Note(head);
                var body = await reader.ReadBodyAsync(head, endsWithConnection: false, _stop.Token);
                await stream.WriteAsync(Answer(head, from, body), _stop.Token);
            }
        }
        catch (FormatException e)
        {
            Faults.Enqueue((from, e.Message));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // The client has been cut off, and the gateway has cut the request off; or the test has ended.
        }
    }

    private string Note(MessageHead head)
    {
        if (s_own.Contains(head.StartLine) && head.Value("X-Forwarded-For") is null)
            return "";
        var from = head.Value("X-Forwarded-For") ?? "";
        _seen.GetOrAdd(from, static _ => new ConcurrentQueue<string>()).Enqueue(head.StartLine);
        foreach (var fault in FaultsOf(head))
            Faults.Enqueue((from, $"{fault} in {head}"));
        return from;
    }

    private static IEnumerable<string> FaultsOf(MessageHead head)
    {
        if (head.StartLine.Split(' ') is not [var method, ['/', ..] target, "HTTP/1.1"] || method.Length == 0)
        {
            yield return "bad request line";
            yield break;
        }

        // One route is for anyone; behind all others there is one of two keys, both of one tenant.
        var isOpen = target.StartsWith("/open/", StringComparison.OrdinalIgnoreCase) && head.Value("X-Forwarded-Prefix") is null;
        var (tenants, identities) = (head.Values("X-Tenant-ID").ToArray(), head.Values("X-Identity-ID").ToArray());
        if (isOpen ? tenants.Length + identities.Length > 0 : tenants is not ["acme"] || identities is not ["key:full" or "key:plain"])
            yield return "another identity than the credential's";

        if (head.Values("Host").Count() != 1)
            yield return "not one Host";
        if (head.Values("X-Forwarded-For").Count() != 1
            || head.Values("X-Forwarded-Proto").SingleOrDefault() != "http"
            || head.Values("X-Forwarded-Host").Count() > 1)
            yield return "X-Forwarded-*";
        foreach (var (name, value) in head.Headers)
        {
            if (s_forbidden.Contains(name) || name.Contains('_', StringComparison.Ordinal))
                yield return name;
            // All that may be said of the connection is that it changes to a WebSocket.
            if ((name.Equals("Connection", StringComparison.OrdinalIgnoreCase) && value != "Upgrade")
                || (name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase)
                    && !value.Equals("websocket", StringComparison.OrdinalIgnoreCase)))
            {
                yield return $"{name}: {value}";
            }
        }
    }

    private static byte[] Answer(MessageHead head, string from, string body)
    {
        if (from.Length == 0)
            return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray();
        var line = head.StartLine.Split(' ');
        var text = Echo(from, line[0], line[1], body.Length);
        if (line[0] == "HEAD")
            return Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {text.Length}\r\n\r\n");
        return Encoding.Latin1.GetBytes(body.Length % 2 == 0
            ? $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {text.Length}\r\n\r\n{text}"
            : $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n{text.Length:x}\r\n{text}\r\n0\r\n\r\n");
    }
}
