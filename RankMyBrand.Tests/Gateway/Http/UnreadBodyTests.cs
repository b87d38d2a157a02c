using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RankMyBrand.Gateway.Http;
using RankMyBrand.Tests.Gateway.Routing;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Gateway.Http;

/// <summary>
/// A client that goes away while its request is being refused: the body, which nobody has read, must not become the next request.
/// </summary>
[Collection(LoadsAlone.Name)]
public sealed class UnreadBodyTests(Gateways gateways)
{
    private const string Smuggled = "GET /echo/smuggled HTTP/1.1\r\nHost: a\r\nX-API-Key: " + GatewayHost.Key + "\r\n\r\n";

    [Fact]
    public async Task Body_OfARefusedRequestWhoseClientHasGone_IsNoRequest()
    {
        var log = new Log();
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend.Address, log, []);
        var request = $"POST /echo/x HTTP/1.1\r\nHost: a\r\nContent-Length: {Smuggled.Length}\r\n\r\n{Smuggled}";

        await QuittingClients.SendAsync(gateway.Address, request, TestContext.Current.CancellationToken);

        while (log.Lines.Count(line => line.Contains("POST /echo/x", StringComparison.Ordinal)) < QuittingClients.Requests)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(log.Lines, line => line.Contains("smuggled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Body_ThatNeverComes_IsNoErrorInTheLog()
    {
        using var log = new TestLog();
        await using var backend = new RawBackend();
        await using (var gateway = await gateways.StartAsync(backend.Address, log, []))
        {
            await using var client = await RawClient.ConnectAsync(gateway.Address);
            await client.SendAsync("POST /echo/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhello");
            Assert.StartsWith("HTTP/1.1 401 ", await client.ReadAsync(), StringComparison.Ordinal);
            Assert.Null(await client.ReadAsync());
            // Before it stops, the server has seen the end of all connections.
        }

        Assert.DoesNotContain(log.Lines, line => line.Level >= LogLevel.Error);
    }

    /// <summary>Keeps the lines of the access log.</summary>
    private sealed class Log : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => categoryName == AccessLogMiddleware.Category ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
