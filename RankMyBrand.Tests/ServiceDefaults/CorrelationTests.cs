using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RankMyBrand.ServiceDefaults.Correlation;

namespace RankMyBrand.Tests.ServiceDefaults;

public sealed class CorrelationTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("order-4711_x.Y")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    public async Task Request_ValidId_IsEchoed(string id)
    {
        await using var service = await StartEchoAsync();
        service.Client.DefaultRequestHeaders.Add("X-Correlation-ID", id);

        var response = await service.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(id, Assert.Single(response.Headers.GetValues("X-Correlation-ID")));
        Assert.Equal(id, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Request_LongestId_IsEchoed()
    {
        await using var service = await StartEchoAsync();
        var id = new string('x', 128);
        service.Client.DefaultRequestHeaders.Add("X-Correlation-ID", id);

        var response = await service.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(id, Assert.Single(response.Headers.GetValues("X-Correlation-ID")));
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("semi;colon")]
    [InlineData("<script>")]
    [InlineData("a,b")]
    [InlineData("a%0d%0aSet-Cookie:x=1")]
    [InlineData("tab\there")]
    [InlineData("{json}")]
    public async Task Request_InvalidId_IsReplaced(string id)
    {
        await using var service = await StartEchoAsync();
        service.Client.DefaultRequestHeaders.TryAddWithoutValidation("X-Correlation-ID", id);

        await AssertReplacedAsync(service, id);
    }

    [Fact]
    public async Task Request_TooLongId_IsReplaced()
    {
        await using var service = await StartEchoAsync();
        service.Client.DefaultRequestHeaders.Add("X-Correlation-ID", new string('x', 129));

        await AssertReplacedAsync(service, new string('x', 129));
    }

    [Fact]
    public async Task Request_TwoIds_AreReplaced()
    {
        await using var service = await StartEchoAsync();

        var answer = await SendRawAsync(service, "X-Correlation-ID: one\r\nX-Correlation-ID: two\r\n");

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Matches("X-Correlation-ID: [0-9a-f]{32}\r\n", answer);
    }

    [Theory]
    [InlineData("X-Correlation-ID: a\rSet-Cookie: x=1\r\n")]
    [InlineData("X-Correlation-ID: a\nSet-Cookie: x=1\r\n")]
    [InlineData("X-Correlation-ID: a\r\n Set-Cookie: x=1\r\n")]
    [InlineData("X-Correlation-ID: a\0b\r\n")]
    public async Task Request_IdWithLineBreaks_NeverReachesTheResponse(string header)
    {
        await using var service = await StartEchoAsync();

        var answer = await SendRawAsync(service, header);

        Assert.DoesNotContain("Set-Cookie", answer, StringComparison.Ordinal);
        // Either the server refused the request, or the line break ended the header and what was left of it was valid.
        Assert.Matches("^HTTP/1.1 400|X-Correlation-ID: [A-Za-z0-9._-]+\r\n", answer);
    }

    [Fact]
    public async Task Request_NoId_EachGetsANewOne()
    {
        await using var service = await StartEchoAsync();

        var first = await service.Client.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        var second = await service.Client.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.True(CorrelationId.IsValid(first));
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task OutgoingCall_DuringARequest_CarriesItsId()
    {
        await using var callee = await StartEchoAsync();
        await using var caller = await ServiceUnderTest.StartAsync(app => app.MapGet("/", (IHttpClientFactory clients, CancellationToken ct) =>
            clients.CreateClient().GetStringAsync(callee.Address, ct)));
        caller.Client.DefaultRequestHeaders.Add("X-Correlation-ID", "through-both");

        Assert.Equal("through-both", await caller.Client.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task OutgoingCall_DuringARequestWithoutAnId_CarriesThatOfTheResponse()
    {
        await using var callee = await StartEchoAsync();
        await using var caller = await ServiceUnderTest.StartAsync(app => app.MapGet("/", (IHttpClientFactory clients, CancellationToken ct) =>
            clients.CreateClient().GetStringAsync(callee.Address, ct)));

        using var response = await caller.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        var told = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(response.Headers.GetValues("X-Correlation-ID"), [told]);
    }

    [Fact]
    public async Task OutgoingCall_DuringARequestWithAnIdInItsBaggageAlone_CarriesThatOfTheResponse()
    {
        await using var callee = await StartEchoAsync();
        await using var caller = await ServiceUnderTest.StartAsync(app => app.MapGet("/", (IHttpClientFactory clients, CancellationToken ct) =>
            clients.CreateClient().GetStringAsync(callee.Address, ct)));
        caller.Client.DefaultRequestHeaders.Add("baggage", "correlation_id=of-somebody-else");

        using var response = await caller.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        var told = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(response.Headers.GetValues("X-Correlation-ID"), [told]);
    }

    [Fact]
    public async Task OutgoingCall_CallerSetsItsOwnId_IsLeftAlone()
    {
        await using var callee = await StartEchoAsync();
        await using var caller = await ServiceUnderTest.StartAsync(app => app.MapGet("/", async (IHttpClientFactory clients, CancellationToken ct) =>
        {
            using var client = clients.CreateClient();
            client.DefaultRequestHeaders.Add(CorrelationId.Header, "own");
            return await client.GetStringAsync(callee.Address, ct);
        }));

        Assert.Equal("own", await caller.Client.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Log_DuringARequest_HasTheIdInItsScope()
    {
        var log = new ScopeRecorder();
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/", (ILogger<CorrelationTests> logger) => logger.LogWarning("inside")),
            builder => builder.Services.AddSingleton<ILoggerProvider>(log));
        service.Client.DefaultRequestHeaders.Add("X-Correlation-ID", "logged");

        await service.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Contains("inside|CorrelationId=logged", log.Lines);
    }

    [Fact]
    public async Task Log_DuringARequestWithoutAnId_HasItAsItsTrace()
    {
        var log = new ScopeRecorder();
        ActivityTraceId? trace = null;
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/", (ILogger<CorrelationTests> logger) =>
            {
                trace = Activity.Current?.TraceId;
                logger.LogWarning("inside");
            }),
            builder => builder.Services.AddSingleton<ILoggerProvider>(log));

        using var response = await service.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(trace?.ToHexString(), Assert.Single(response.Headers.GetValues("X-Correlation-ID")));
        Assert.Contains($"inside|TraceId={trace}", log.Lines);
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("inside|CorrelationId=", StringComparison.Ordinal));
    }

    private static Task<ServiceUnderTest> StartEchoAsync() =>
        ServiceUnderTest.StartAsync(app => app.MapGet("/", (HttpContext context) => context.GetCorrelationId()));

    private static async Task AssertReplacedAsync(ServiceUnderTest service, string sent)
    {
        var response = await service.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var id = Assert.Single(response.Headers.GetValues("X-Correlation-ID"));
        Assert.NotEqual(sent, id);
        Assert.Matches("^[0-9a-f]{32}$", id);
        Assert.Equal(id, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static async Task<string> SendRawAsync(ServiceUnderTest service, string headers)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(service.Address.Host, service.Address.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        var request = Encoding.Latin1.GetBytes($"GET / HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n");
        await stream.WriteAsync(request, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private sealed class ScopeRecorder : ILoggerProvider, ISupportExternalScope
    {
        private IExternalScopeProvider? _scopes;

        public ConcurrentBag<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => new Recorder(this);

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

        public void Dispose()
        {
        }

        private sealed class Recorder(ScopeRecorder owner) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => owner._scopes?.Push(state);

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                owner._scopes?.ForEachScope(
                    (scope, text) =>
                    {
                        foreach (var (name, value) in scope as IEnumerable<KeyValuePair<string, object?>> ?? [])
                        {
                            owner.Lines.Add($"{text}|{name}={value}");
                        }
                    },
                    formatter(state, exception));
        }
    }
}
