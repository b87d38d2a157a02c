using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Moves events from the outbox to their streams. It publishes first and removes afterwards, so a crash in between publishes some
/// again; their deduplication key has the stream answer that it has them. Two relays that overlap for a moment, because one does not
/// know yet that it lost the lead, walk through the same events in the same order, so they cannot disturb it either.
/// </summary>
internal sealed partial class OutboxRelay(
    NpgsqlDataSource database,
    IEventBus bus,
    OutboxTelemetry telemetry,
    IOptions<OutboxOptions> options,
    TimeProvider time,
    ILogger<OutboxRelay> logger) : BackgroundService
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(200);

    private readonly OutboxOptions _options = options.Value;
    private readonly StreamPauses _pauses = new(options.Value.MaxBackoff, time);
    private int _failures;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var session = await OutboxSession.TryLeadAsync(database, stoppingToken);
                if (session is not null)
                    await LeadAsync(session, stoppingToken);
                await Task.Delay(_options.PollInterval, time, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The database is away, or is not migrated yet. What was published and not removed will be published again.
                var pause = Backoff.Of(++_failures, s_firstPause, _options.MaxBackoff);
                LogInterrupted(logger, pause.TotalSeconds, e);
                await Task.Delay(pause, time, stoppingToken);
            }
            finally
            {
                telemetry.Report(null);
            }
        }
    }

    private async Task LeadAsync(OutboxSession session, CancellationToken cancellationToken)
    {
        LogLeading(logger);
        var measuredAt = 0L;
        while (true)
        {
            var entries = await session.ReadAsync(_options.BatchSize, _pauses.Current, cancellationToken);
            _failures = 0;
            var outcomes = await Task.WhenAll(entries.Select(entriesOfStream => PublishAsync([.. entriesOfStream], cancellationToken)));
            // What was published is removed even when stopping: it would only be published again, as a duplicate.
            foreach (var outcome in outcomes)
                await SettleAsync(session, outcome, CancellationToken.None);

            cancellationToken.ThrowIfCancellationRequested();
            if (measuredAt == 0 || time.GetElapsedTime(measuredAt) >= _options.PollInterval)
            {
                telemetry.Report(await session.MeasureAsync(cancellationToken));
                measuredAt = time.GetTimestamp();
            }

            if (entries.Count == 0)
                await session.RestAsync(ShorterOf(_options.PollInterval, _pauses.NextEnd), cancellationToken);
        }
    }

    /// <summary>
    /// Publishes events of one stream one after the other: the next one only when Redis has the one before, because of several in
    /// flight the first may be lost with its connection and the second not.
    /// </summary>
    private async Task<Outcome> PublishAsync(IReadOnlyList<OutboxEntry> entries, CancellationToken cancellationToken)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            try
            {
                if (await PublishAsync(entries[i], cancellationToken) is { } refusal)
                    return new Outcome(entries, i, refusal);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return new Outcome(entries, i, Refusal: null);
            }
        }

        return new Outcome(entries, entries.Count, Refusal: null);
    }

    /// <summary>Publishes one event; null when its stream has it.</summary>
    private async Task<EventRejection?> PublishAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        using var activity = OutboxTelemetry.StartRelay(entry);
        try
        {
            var published = await bus.PublishAsync(entry.Stream, entry.Event, cancellationToken);
            telemetry.Relayed(entry, published.IsDuplicate);
            return null;
        }
        catch (EventRejectedException e)
        {
            return e.Rejection;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return new EventRejection(RejectionReason.Unavailable, e.Message);
        }
    }

    private async Task SettleAsync(OutboxSession session, Outcome outcome, CancellationToken cancellationToken)
    {
        var stream = outcome.Entries[0].Stream;
        if (outcome.Published > 0)
        {
            var positions = outcome.Entries.Take(outcome.Published).Select(entry => entry.Position).ToArray();
            await session.RemoveAsync(stream, positions, cancellationToken);
            _pauses.Succeeded(stream);
        }

        if (outcome.Refusal is not { } refusal)
            return;
        var refused = outcome.Entries[outcome.Published];
        if (refusal.Reason is RejectionReason.Invalid)
        {
            await session.RejectAsync(refused, refusal.Detail, cancellationToken);
            LogRejected(logger, refused.Event.Id, stream, refusal.Detail);
        }
        else
        {
            var pause = _pauses.Failed(stream, refusal.RetryAfter);
            telemetry.Failed(stream);
            LogPaused(logger, stream, pause.TotalSeconds, refusal.Detail);
        }
    }

    private static TimeSpan ShorterOf(TimeSpan interval, TimeSpan? other) => other < interval ? other.Value : interval;

    /// <summary>How many of a stream's events were published, and why the next one was not.</summary>
    private sealed record Outcome(IReadOnlyList<OutboxEntry> Entries, int Published, EventRejection? Refusal);

    [LoggerMessage(130, LogLevel.Information, "This process relays the outbox now")]
    private static partial void LogLeading(ILogger logger);

    [LoggerMessage(131, LogLevel.Warning, "Relaying the outbox was interrupted; trying again in {Pause:0.0} s")]
    private static partial void LogInterrupted(ILogger logger, double pause, Exception e);

    [LoggerMessage(132, LogLevel.Warning, "The outbox's events of {Stream} wait {Pause:0.0} s: {Reason}")]
    private static partial void LogPaused(ILogger logger, string stream, double pause, string reason);

    [LoggerMessage(133, LogLevel.Error,
        "The outbox's event {EventId} of {Stream} was put aside (column rejected), for its stream will never take it: {Reason}")]
    private static partial void LogRejected(ILogger logger, Guid eventId, string stream, string reason);
}
