using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>Keeps what is logged, for tests to read.</summary>
internal sealed class TestLog : ILoggerProvider
{
    public ConcurrentQueue<(LogLevel Level, string Text, Exception? Exception)> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Writer(this);

    /// <summary>Waits for a line with a text in it.</summary>
    public async Task<(LogLevel Level, string Text, Exception? Exception)> WaitForAsync(string text)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            if (Lines.FirstOrDefault(line => line.Text.Contains(text, StringComparison.Ordinal)) is { Text: not null } found)
                return found;
            try
            {
                await Task.Delay(20, timeout.Token);
            }
            catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                Assert.Fail($"There is no line with '{text}' in the log:\n{string.Join('\n', Lines.Select(line => line.Text))}");
            }
        }
    }

    public void Dispose()
    {
    }

    private sealed class Writer(TestLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Lines.Enqueue((logLevel, formatter(state, exception), exception));
    }
}
