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
    /// Publishes events of one stream as one batch, whose order holds whatever becomes of the connection: the bus appends it in steps
    /// that are atomic, each after the one before.
    /// </summary>
    private async Task<Outcome> PublishAsync(IReadOnlyList<OutboxEntry> entries, CancellationToken cancellationToken)
    {
        using var activity = OutboxTelemetry.StartRelay(entries);
        try
        {
            var results = await bus.PublishAsync(entries[0].Stream, [.. entries.Select(entry => entry.Event)], cancellationToken);
            for (var i = 0; i < entries.Count; i++)
            {
                if (results[i].Rejection is null)
                    telemetry.Relayed(entries[i], results[i].Published.IsDuplicate);
            }

            return new Outcome(entries, results);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new Outcome(entries, []);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Nothing of it is known to be published. What was will be answered as a duplicate.
            PublishResult unknown = new EventRejection(RejectionReason.Unavailable, e.Message);
            return new Outcome(entries, [.. entries.Select(_ => unknown)]);
        }
    }

    private async Task SettleAsync(OutboxSession session, Outcome outcome, CancellationToken cancellationToken)
    {
        var stream = outcome.Entries[0].Stream;
        var published = new List<long>(outcome.Entries.Count);
        EventRejection? refusal = null;
        for (var i = 0; i < outcome.Results.Count; i++)
        {
            switch (outcome.Results[i].Rejection)
            {
                case null:
                    published.Add(outcome.Entries[i].Position);
                    break;
                case { Reason: RejectionReason.Invalid } invalid:
                    await session.RejectAsync(outcome.Entries[i], invalid.Detail, cancellationToken);
                    LogRejected(logger, outcome.Entries[i].Event.Id, stream, invalid.Detail);
                    break;
                case var other:
                    refusal ??= other;
                    break;
            }
        }

        if (published.Count > 0)
        {
            await session.RemoveAsync(stream, [.. published], cancellationToken);
            _pauses.Succeeded(stream);
        }

        if (refusal is null)
            return;
        var pause = _pauses.Failed(stream, refusal.RetryAfter);
        telemetry.Failed(stream);
        LogPaused(logger, stream, pause.TotalSeconds, refusal.Detail);
    }

    private static TimeSpan ShorterOf(TimeSpan interval, TimeSpan? other) => other < interval ? other.Value : interval;

    /// <summary>What became of each of a stream's events; no results when that is not known.</summary>
    private sealed record Outcome(IReadOnlyList<OutboxEntry> Entries, IReadOnlyList<PublishResult> Results);

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
