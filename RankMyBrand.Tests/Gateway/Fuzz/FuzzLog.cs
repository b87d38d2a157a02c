using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace RankMyBrand.Tests.Gateway.Fuzz;

/// <summary>Keeps what a log must not have: errors, and lines of the access log that a request has broken.</summary>
internal sealed class FuzzLog : ILoggerProvider
{
    /// <summary>
    /// What the server calls an error when the trailers of a body that nobody has read are broken. The answer has gone by then, and the
    /// connection is closed as it should be.
    /// </summary>
    private const string OfTheServer = "automatic draining of the request body failed because the body reader is in an invalid state";

    private const string AccessLog = "RankMyBrand.Gateway.AccessLog";

    public ConcurrentQueue<string> Faults { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Writer(FuzzLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) =>
            logLevel >= LogLevel.Error || (category == AccessLog && logLevel >= LogLevel.Information);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            var text = formatter(state, exception);
            if (category != AccessLog && !text.Contains(OfTheServer, StringComparison.Ordinal))
                log.Faults.Enqueue($"{category}: {text} {exception}");
            else if (category == AccessLog && text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
                log.Faults.Enqueue($"A line of the access log has characters beyond visible ASCII: {text}");
        }
    }
}
