using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Gateway.Identity;
using RankMyBrand.Tests.Foundation.Security.Tokens;
using RankMyBrand.Tests.Gateway.Hub;
using RankMyBrand.Tests.Gateway.Routing;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Gateway.Identity;

/// <summary>What is open for long, when the credential that opened it is no longer good.</summary>
public sealed class CredentialWatchTests(Gateways gateways) : IAsyncLifetime
{
    private const string Leaving = "leaving-key-0123456789abcdefghijklmnopqrs";
    private const string Staying = "staying-key-0123456789abcdefghijklmnopqrs";

    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-").FullName;
    private readonly JwtFixture _jwt = new();
    private readonly TestLog _log = new();
    private Backend _backend = null!;
    private GatewayHost _gateway = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _jwt.Time.Advance(DateTimeOffset.UtcNow - _jwt.Time.GetUtcNow());
        _backend = await Backend.StartAsync(handler: StayAsync);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "gateway", "appsettings.json"), Path.Combine(_directory, "appsettings.json"));
        await WriteKeysAsync(Key(Leaving), Key(Staying));
        _gateway = await gateways.StartAsync(
            new Uri(_backend.Address), _log, ("contentRoot", _directory), ("Security:Jwt:Issuer", "https://issuer.test"),
            ("Security:Jwt:Audiences:0", "rankmybrand"), ("Security:Jwt:Jwks", JwtFixture.Jwks), ("Security:Jwt:ClockSkew", "00:00:00"),
            ("Hub:Heartbeat", "00:05:00"));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
        _jwt.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Key_Revoked_EndsWhatItHasOpenedAndNothingElse()
    {
        await using var leaving = await Opened.ByAsync(_gateway, ("X-API-Key", Leaving));
        await using var staying = await Opened.ByAsync(_gateway, ("X-API-Key", Staying));

        await WriteKeysAsync(Key(Staying));

        await leaving.AssertEndedAsync();
        await staying.AssertGoesOnAsync();
        await _log.WaitForAsync("streams and WebSockets whose credential was revoked");
    }

    [Theory]
    [InlineData("\"Tenant\": \"other\", \"Scopes\": [\"*\"]")]
    [InlineData("\"Tenant\": \"acme\", \"Scopes\": [\"*\"], \"ExpiresAt\": \"2020-01-01T00:00:00Z\"")]
    [InlineData("\"Tenant\": \"acme\", \"Scopes\": [\"*\"], \"Networks\": [\"10.0.0.0/8\"]")]
    public async Task Key_OfAnotherTenantOrNoLongerGoodHere_EndsWhatItHasOpened(string settings)
    {
        await using var leaving = await Opened.ByAsync(_gateway, ("X-API-Key", Leaving));

        await WriteKeysAsync(Key(Leaving, settings), Key(Staying));

        await leaving.AssertEndedAsync();
    }

    [Fact]
    public async Task Key_LosesAScope_EndsOnlyWhatNeedsIt()
    {
        await using var opened = await Opened.ByAsync(_gateway, ("X-API-Key", Leaving));

        await WriteKeysAsync(Key(Leaving, "\"Tenant\": \"acme\", \"Scopes\": [\"events:write\"]"));

        await opened.AssertHubEndedAsync();
        await opened.AssertRelayGoesOnAsync();
        await opened.AssertStreamGoesOnAsync();
    }

    [Fact]
    public async Task Connections_ThatHaveEnded_AreWatchedNoMore()
    {
        var watch = _gateway.Services.GetRequiredService<CredentialWatch>();
        await using (await Opened.ByAsync(_gateway, ("X-API-Key", Staying)))
            Assert.Equal(3, watch.Count);

        await RoutingHost.WaitUntilAsync(() => Task.FromResult(watch.Count == 0), "nothing is watched");
    }

    [Fact]
    public async Task Key_OnlyRenamed_EndsNothing()
    {
        await using var opened = await Opened.ByAsync(_gateway, ("X-API-Key", Leaving));

        await using var revoked = await Opened.ByAsync(_gateway, ("X-API-Key", Staying));

        await WriteKeysAsync(("renamed", Leaving, "\"Tenant\": \"acme\", \"Scopes\": [\"*\"]"));

        // By then the new keys are in force, and all that is open was looked at.
        await revoked.AssertEndedAsync();
        await opened.AssertGoesOnAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Token_RevokedInRedis_EndsWhatItHasOpened(bool bySubject)
    {
        // The Redis is that of other tests, too.
        var (id, subject) = ($"token-{Guid.NewGuid():N}", $"user-{Guid.NewGuid():N}");
        var token = _jwt.Token(("jti", id), ("sub", subject), ("iat", _jwt.Now - 60));
        await using var opened = await Opened.ByAsync(_gateway, ("Authorization", $"Bearer {token}"));
        await using var staying = await Opened.ByAsync(_gateway, ("Authorization", $"Bearer {_jwt.Token(("jti", "another"))}"));

        var revoker = new TokenRevoker(_gateway.Services.GetRequiredService<IConnectionMultiplexer>(), TimeProvider.System);
        await (bySubject
            ? revoker.RevokeSubjectAsync(subject, DateTimeOffset.UtcNow, Cancellation)
            : revoker.RevokeTokenAsync(id, DateTimeOffset.UtcNow.AddHours(1), Cancellation));

        await opened.AssertEndedAsync();
        await staying.AssertGoesOnAsync();
    }

    [Fact]
    public async Task Token_Expires_EndsWhatItHasOpened()
    {
        var expiry = DateTimeOffset.UtcNow.AddSeconds(12).ToUnixTimeSeconds();
        await using var opened = await Opened.ByAsync(_gateway, ("Authorization", $"Bearer {_jwt.Token(("exp", expiry))}"));
        await opened.AssertGoesOnAsync();

        await opened.AssertEndedAsync();

        Assert.True(DateTimeOffset.UtcNow.ToUnixTimeSeconds() >= expiry, "It has ended before its time.");
    }

    private static (string Name, string Key, string Settings) Key(string key, string settings = "\"Tenant\": \"acme\", \"Scopes\": [\"*\"]") =>
        (key[..key.IndexOf('-', StringComparison.Ordinal)], key, settings);

    private static async Task StayAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[100];
            while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: WebSocketMessageType.Text } received)
                await socket.SendAsync(buffer.AsMemory(0, received.Count), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
            return;
        }

        context.Response.ContentType = "text/event-stream";
        while (true)
        {
            await context.Response.WriteAsync(
                string.Create(CultureInfo.InvariantCulture, $"data: {Environment.TickCount64}\n"), context.RequestAborted);
            await Task.Delay(50, context.RequestAborted);
        }
    }

    // Renamed into its place: a file that is seen half written is a broken one.
    private async Task WriteKeysAsync(params (string Name, string Key, string Settings)[] keys)
    {
        var file = Path.Combine(_directory, "appsettings.Production.json");
        var lines = string.Join(", ", keys.Select(key => $$"""  "{{key.Name}}": { "Key": "{{key.Key}}", {{key.Settings}} }"""));
        await File.WriteAllTextAsync($"{file}.new", $$"""{ "Security": { "ApiKeys": { {{lines}} } } }""", Cancellation);
        File.Move($"{file}.new", file, overwrite: true);
    }

    /// <summary>One of each: a WebSocket of the hub, one of a service, and a service's stream of events.</summary>
    private sealed class Opened : IAsyncDisposable
    {
        private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

        private readonly ClientWebSocket _relayed = new();
        private HubClient _hub = null!;
        private HttpClient _client = null!;
        private StreamReader _stream = null!;

        public static async Task<Opened> ByAsync(GatewayHost gateway, (string Name, string Value) credential)
        {
            var opened = new Opened { _client = gateway.CreateClient() };
            opened._hub = await HubClient.ConnectAsync(gateway.Address, options => options.SetRequestHeader(credential.Name, credential.Value));
            opened._relayed.Options.SetRequestHeader(credential.Name, credential.Value);
            await opened._relayed.ConnectAsync(new UriBuilder(gateway.Address) { Scheme = "ws", Path = "/echo/socket" }.Uri, Cancellation);
            opened._client.DefaultRequestHeaders.Add(credential.Name, credential.Value);
            opened._stream = new StreamReader(await opened._client.GetStreamAsync("/echo/stream", Cancellation));
            await opened.AssertGoesOnAsync();
            return opened;
        }

        public async Task AssertGoesOnAsync()
        {
            await _hub.SendAsync("""{"op":"ping"}""");
            Assert.Equal("pong", (await _hub.ReceiveAsync())?.GetProperty("op").GetString());
            await AssertRelayGoesOnAsync();
            await AssertStreamGoesOnAsync();
        }

        // To the end of what may have been on its way before.
        public async Task AssertStreamGoesOnAsync()
        {
            var now = Environment.TickCount64;
            string? line;
            do
            {
                line = await _stream.ReadLineAsync(Cancellation);
                Assert.NotNull(line);
            }
            while (long.Parse(line.AsSpan("data: ".Length), CultureInfo.InvariantCulture) <= now);
        }

        public async Task AssertRelayGoesOnAsync()
        {
            await _relayed.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, endOfMessage: true, Cancellation);
            Assert.Equal(5, (await _relayed.ReceiveAsync(new byte[100], Cancellation)).Count);
        }

        public async Task AssertEndedAsync()
        {
            await AssertHubEndedAsync();
            await Assert.ThrowsAsync<WebSocketException>(() => _relayed.ReceiveAsync(new byte[100], Cancellation).WaitAsync(s_patience, Cancellation));
            await Assert.ThrowsAnyAsync<Exception>(ReadToEndAsync).WaitAsync(s_patience, Cancellation);
        }

        public async Task AssertHubEndedAsync()
        {
            Assert.Null(await _hub.ReceiveAsync().WaitAsync(s_patience, Cancellation));
            Assert.Equal(WebSocketCloseStatus.PolicyViolation, _hub.CloseStatus);
            Assert.Equal("The credential is no longer good for this; connect again with another.", _hub.CloseReason);
        }

        public async ValueTask DisposeAsync()
        {
            await _hub.DisposeAsync();
            _relayed.Dispose();
            _stream.Dispose();
            _client.Dispose();
        }

        private async Task ReadToEndAsync()
        {
            while (await _stream.ReadLineAsync(Cancellation) is not null)
            {
            }
        }
    }
}
