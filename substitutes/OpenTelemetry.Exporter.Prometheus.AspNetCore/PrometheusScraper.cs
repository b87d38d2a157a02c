namespace OpenTelemetry.Exporter;

/// <summary>Collects for one scrape at a time and answers scrapes that come shortly after from the same text.</summary>
internal sealed class PrometheusScraper(PrometheusExporter exporter, PrometheusAspNetCoreOptions options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Answer? _last;

    public async Task<(bool Found, ReadOnlyMemory<byte> Text, DateTimeOffset At)> ScrapeAsync(
        int timeoutMilliseconds, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _last) is { } last && IsFresh(last))
        {
            return (true, last.Text, last.At);
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_last is { } collected && IsFresh(collected))
            {
                return (true, collected.Text, collected.At);
            }

            if (exporter.Collect?.Invoke(timeoutMilliseconds) != true)
            {
                return (false, default, default);
            }

            var answer = new Answer(exporter.TakeText(), time.GetUtcNow(), time.GetTimestamp());
            Volatile.Write(ref _last, answer);
            return (true, answer.Text, answer.At);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private bool IsFresh(Answer answer) =>
        time.GetElapsedTime(answer.Timestamp).TotalMilliseconds < options.ScrapeResponseCacheDurationMilliseconds;

    private sealed record Answer(byte[] Text, DateTimeOffset At, long Timestamp);
}
