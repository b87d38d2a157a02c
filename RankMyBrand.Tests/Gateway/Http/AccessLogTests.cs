using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RankMyBrand.Tests.Gateway.Routing;
using RankMyBrand.Tests.ServiceDefaults;
using static RankMyBrand.Tests.Gateway.Identity.AuthenticationTests;

namespace RankMyBrand.Tests.Gateway.Http;

/// <summary>Every request is noted down once, with what operators need and without what nobody should read.</summary>
public sealed class AccessLogTests(Gateways gateways)
{
    private const string Category = "RankMyBrand.Gateway.AccessLog";

    [Fact]
    public async Task Request_Served_IsNotedDownOnce()
    {
        var log = new Recorder();
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend.Address, log);
        using var client = gateway.CreateClient(GatewayHost.Key);
        client.DefaultRequestHeaders.Add("X-Correlation-ID", "order-4711");

        using var response = await client.PostAsync("/echo/x?a=1", new ByteArrayContent(new byte[7]), TestContext.Current.CancellationToken);

        var entry = Assert.Single(await log.WaitAsync(1));
        Assert.Equal(LogLevel.Information, entry.Level);
        Assert.Equal("POST", entry["Method"]);
        Assert.Equal("/echo/x", entry["Path"]);
        Assert.Equal(200, entry["Status"]);
        Assert.InRange((double)entry["DurationMs"]!, 0, 60_000);
        Assert.Equal("echo", entry["Route"]);
        Assert.StartsWith("one", (string?)entry["Upstream"], StringComparison.Ordinal);
        Assert.Equal(7L, entry["RequestBytes"]);
        Assert.Equal(5L, entry["ResponseBytes"]);
        Assert.Equal("127.0.0.1", entry["ClientIp"]);
        Assert.Equal("key:full", entry["Identity"]);
        Assert.Equal("acme", entry["Tenant"]);
        Assert.Equal("order-4711", entry["CorrelationId"]);
        Assert.Null(entry["Refusal"]);
        Assert.Matches(@"^POST /echo/x 200 in \d+\.\d ms, key:full at 127\.0\.0\.1 $", entry.Text);
    }

    [Fact]
    public async Task Request_ThatHasSwitchedProtocols_IsNotedDownWhileTheConnectionLasts()
    {
        var log = new Recorder();
        await using var backend = new RawBackend
        {
            Answer = static _ => "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        };
        await using var gateway = await gateways.StartAsync(backend.Address, log);
        await using var client = await RawClient.ConnectAsync(gateway.Address);
        await client.SendAsync(
            $"GET /echo/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {GatewayHost.Key}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");

        var entry = Assert.Single(await log.WaitAsync(1));

        Assert.Equal(101, entry["Status"]);
        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/echo/x", "wrong", 401, "Information", "UnknownKey")]
    [InlineData("/admins", GatewayHost.Key, 403, "Information", "Forbidden")]
    [InlineData("/nowhere", null, 404, "Information", null)]
    [InlineData("/health/live", null, 200, "Debug", null)]
    [InlineData("/dead", GatewayHost.Key, 502, "Warning", null)]
    [InlineData("/once", GatewayHost.Key, 429, "Information", "Refused by the rate limit once")]
    public async Task Request_OfAnotherKind_IsNotedDownAtItsLevelWithTheReason(string path, string? key, int status, string level, string? refusal)
    {
        var log = new Recorder();
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend.Address, log, [
            ("Logging:LogLevel:RankMyBrand.Gateway.AccessLog", "Debug"),
            ("ReverseProxy:Clusters:dead:Destinations:one:Address", "http://127.0.0.1:1"),
            ("ReverseProxy:Routes:dead:ClusterId", "dead"),
            ("ReverseProxy:Routes:dead:Match:Path", "/dead"),
            ("ReverseProxy:Routes:admins:ClusterId", "dead"),
            ("ReverseProxy:Routes:admins:Match:Path", "/admins"),
            ("ReverseProxy:Routes:admins:Metadata:Roles", "admin"),
            ("RateLimits:Policies:once:Permits", "1"),
            ("ReverseProxy:Routes:once:ClusterId", "dead"),
            ("ReverseProxy:Routes:once:Match:Path", "/once"),
            ("ReverseProxy:Routes:once:Metadata:RateLimits", "once:2"),
        ]);
        using var client = gateway.CreateClient(key);

        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);

        var entry = Assert.Single(await log.WaitAsync(1));
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status, entry["Status"]);
        Assert.Equal(level, entry.Level.ToString());
        Assert.Equal(refusal, entry["Refusal"]);
        Assert.EndsWith(refusal is null ? " at 127.0.0.1 " : $" at 127.0.0.1: {refusal} ", entry.Text, StringComparison.Ordinal);
        // An error's own text counts, too, although the status pages write it after everybody else.
        Assert.Equal((long)(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length, entry["ResponseBytes"]);
    }

    [Fact]
    public async Task Log_SwitchedToWarnings_HasOnlyThose()
    {
        var log = new Recorder();
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend.Address, log, [
            ("Logging:LogLevel:RankMyBrand.Gateway.AccessLog", "Warning"),
            ("ReverseProxy:Clusters:dead:Destinations:one:Address", "http://127.0.0.1:1"),
            ("ReverseProxy:Routes:dead:ClusterId", "dead"),
            ("ReverseProxy:Routes:dead:Match:Path", "/dead"),
        ]);

        using (await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key)))
        using (await SendAsync(gateway, "/dead", ("X-API-Key", GatewayHost.Key)))
        {
        }

        Assert.Equal("/dead", Assert.Single(await log.WaitAsync(1))["Path"]);
    }

    [Theory]
    [InlineData("http://user:s3cret@a/echo/x?b=1", "/echo/x")]
    [InlineData("http://user:s3cret@a", "/")]
    [InlineData("/echo/http://b/c", "/echo/http://b/c")]
    public async Task Request_ForAWholeAddress_IsNotedDownWithItsPathAlone(string target, string expected)
    {
        var log = new Recorder();
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend.Address, log);

        await RawClient.AnswersAsync(gateway.Address, $"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.Equal(expected, Assert.Single(await log.WaitAsync(1))["Path"]);
    }

    [Fact]
    public async Task Request_WithLineBreaksInItsPath_StaysOnOneLine()
    {
        var log = new Recorder();
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend.Address, log);

        await RawClient.AnswersAsync(
            gateway.Address, $"GET /echo/%0d%0ainfo:%20forged{new string('a', 1000)} HTTP/1.1\r\nHost: a\r\nX-API-Key: {GatewayHost.Key}\r\nConnection: close\r\n\r\n");

        var entry = Assert.Single(await log.WaitAsync(1));
        Assert.DoesNotContain('\n', entry.Text);
        Assert.StartsWith("/echo/%0d%0ainfo:%20forgedaaa", (string)entry["Path"]!, StringComparison.Ordinal);
        Assert.Equal(256, ((string)entry["Path"]!).Length);
    }

    /// <summary>Logs and spans at their usual levels, of requests that are served, refused and failed.</summary>
    [Theory]
    [InlineData("Authorization", "Bearer SECRET-0123456789")]
    [InlineData("Authorization", "Bearer SECRET.0123.456789")]
    [InlineData("Authorization", "Basic SECRET-0123456789")]
    [InlineData("X-API-Key", "SECRET-0123456789")]
    [InlineData("Cookie", "session=SECRET-0123456789")]
    [InlineData("Proxy-Authorization", "Basic SECRET-0123456789")]
    [InlineData("?key", "SECRET-0123456789")]
    [InlineData("?token", "SECRET-0123456789")]
    [InlineData("?access_token", "SECRET-0123456789")]
    public async Task Credential_WhereverItIs_StandsInNoLogAndNoSpan(string where, string value)
    {
        var log = new Recorder();
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var backend = new RawBackend();
        await using (var gateway = await gateways.StartAsync(backend.Address, log, [
            ("ReverseProxy:Clusters:dead:Destinations:one:Address", "http://127.0.0.1:1"),
            ("ReverseProxy:Routes:dead:ClusterId", "dead"),
            ("ReverseProxy:Routes:dead:Match:Path", "/dead/{**rest}"),
            ("ReverseProxy:Routes:dead:Metadata:Anonymous", "true"),
        ]))
        {
            foreach (var path in new[] { "/echo/x", "/dead/x", "/nowhere" })
            {
                using var response = where.StartsWith('?')
                    ? await SendAsync(gateway, $"{path}{where}={value}", ("X-API-Key", GatewayHost.Key))
                    : await SendAsync(gateway, path, (where, value));
                Assert.True(response.Headers.ETag is null);
            }

            await log.WaitAsync(3);
        }

        Assert.Equal(3, log.Entries.Count(entry => entry.Category == Category));
        Assert.DoesNotContain(log.Entries, entry => entry.Text.Contains("SECRET", StringComparison.Ordinal) || entry.Values.Any(IsSecret));
        Assert.DoesNotContain(
            spans, span => span.DisplayName.Contains("SECRET", StringComparison.Ordinal) || span.TagObjects.Any(IsSecret) || span.Baggage.Any(item => item.Value?.Contains("SECRET", StringComparison.Ordinal) is true));

        static bool IsSecret(KeyValuePair<string, object?> item) => item.Value?.ToString()?.Contains("SECRET", StringComparison.Ordinal) is true;
    }

    [Fact]
    public async Task Client_ThatGoesAway_IsNotedDownAsSuch()
    {
        var log = new Recorder();
        await using var backend = await Backend.StartAsync(handler: Answers.Never);
        await using var gateway = await gateways.StartAsync(new Uri(backend.Address), log);
        await using (var client = await RawClient.ConnectAsync(gateway.Address))
        {
            await client.SendAsync($"GET /echo/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {GatewayHost.Key}\r\n\r\n");
            while (backend.Requests.IsEmpty)
                await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Equal(499, Assert.Single(await log.WaitAsync(1))["Status"]);
    }

    [Fact]
    public async Task Clients_ThatBreakOffABodyThatIsKept_AreNobodysFault()
    {
        var log = new Recorder();
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(
            backend.Address, log, ("ReverseProxy:Clusters:test:Destinations:two:Address", "http://127.0.0.1:1"));

        for (var i = 0; i < 20; i++)
        {
            await using var client = await RawClient.ConnectAsync(gateway.Address);
            await client.SendAsync(
                $"PUT /echo/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {GatewayHost.Key}\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n");
            // Which says that the gateway reads.
            Assert.StartsWith("HTTP/1.1 100 ", await client.ReadAsync(), StringComparison.Ordinal);
            client.Reset();
        }

        Assert.All(await log.WaitAsync(20), entry => Assert.InRange((int)entry["Status"]!, 400, 499));
        Assert.DoesNotContain(log.Entries, entry => entry.Text.StartsWith("An unhandled exception", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Path_ThatIsLong_IsCutOff()
    {
        var log = new Recorder();
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend.Address, log);

        using (await SendAsync(gateway, $"/nowhere/{new string('a', 4000)}"))
        {
        }

        Assert.Equal($"/nowhere/{new string('a', 247)}", Assert.Single(await log.WaitAsync(1))["Path"]);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", "false", "Warning")]
    [InlineData("http://127.0.0.1:1", "true", null)]
    [InlineData("", "false", null)]
    public async Task Console_BesideACollector_GetsNoLineForEveryRequest(string collector, string isOff, string? level)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(
            backend, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector), ("OTEL_SDK_DISABLED", isOff));

        Assert.Equal(level, gateway.Services.GetRequiredService<IConfiguration>()[$"Logging:Console:LogLevel:{Category}"]);
    }

    private sealed record Entry(string Category, LogLevel Level, string Text, IReadOnlyList<KeyValuePair<string, object?>> Values)
    {
        public object? this[string name] => Values.First(value => value.Key == name).Value;
    }

    private sealed class Recorder : ILoggerProvider
    {
        public ConcurrentQueue<Entry> Entries { get; } = new();

        /// <summary>Waits for entries of the access log: a client may have its answer before the request is noted down.</summary>
        public async Task<IReadOnlyList<Entry>> WaitAsync(int count)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            patience.CancelAfter(TimeSpan.FromSeconds(30));
            while (true)
            {
                var entries = Entries.Where(entry => entry.Category == Category).ToList();
                if (entries.Count >= count)
                    return entries;
                await Task.Delay(10, patience.Token);
            }
        }

        public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

        public void Dispose()
        {
        }

        private sealed class Logger(Recorder recorder, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                recorder.Entries.Enqueue(new Entry(
                    category,
                    logLevel,
                    $"{formatter(state, exception)} {exception}",
                    state as IReadOnlyList<KeyValuePair<string, object?>> is { } values ? [.. values] : []));
        }
    }
}
