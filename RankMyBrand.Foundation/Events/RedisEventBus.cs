using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>The event bus on Redis Streams.</summary>
internal sealed partial class RedisEventBus(
    IConnectionMultiplexer redis,
    IOptions<EventsOptions> options,
    EventsTelemetry telemetry,
    TimeProvider time,
    ILogger<RedisEventBus> logger) : IEventBus, IAsyncDisposable
{
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(2);

    private readonly EventsOptions _options = options.Value;
    private readonly IDatabase _database = redis.GetDatabase();
    private readonly StreamAppender _appender = new(redis.GetDatabase(), options.Value.DeduplicationWindow);
    private readonly ConcurrentDictionary<string, PublishedStream> _streams = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private (StreamAppender Appender, AppendOnlyFileSync Sync)? _synced;

    public ValueTask<PublishedEvent> PublishAsync(string stream, StreamEvent @event, CancellationToken cancellationToken)
    {
        return Find(stream) is { Options.Durability: Durability.Appended } target
            && target.AppendsAlways(@event)
            && !EventsTelemetry.IsTracing
            && _options.Refuse(@event, time.GetUtcNow()) is null
            && target.Gate.TryEnter(1)
                ? SinglePublish.Start(this, _appender, target, @event, time.GetTimestamp(), cancellationToken)
                : PublishUnusualAsync(stream, @event, cancellationToken);
    }

    public async Task<IReadOnlyList<PublishResult>> PublishAsync(
        string stream, IReadOnlyList<StreamEvent> events, CancellationToken cancellationToken)
    {
        if (events.Count == 0)
            return [];

        var results = new PublishResult[events.Count];
        using var activity = EventsTelemetry.StartPublish(stream, events);
        var started = time.GetTimestamp();
        if (Find(stream) is { } target)
            await PublishAsync(new Publication(target, events, results, started), cancellationToken);
        else
            Array.Fill(results, _options.Refuse(stream)!);

        telemetry.Published(stream, results, time.GetElapsedTime(started));
        if (results.Length == 1 && results[0].Rejection is { } rejection)
            activity?.SetStatus(ActivityStatusCode.Error, rejection.Detail);
        return results;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var stream in _streams.Values)
            stream.Dispose();
        if (_synced is { } synced)
            await synced.Sync.DisposeAsync();
        _connecting.Dispose();
    }

    /// <summary>Takes note of an event that went the usual way.</summary>
    internal void Published(PublishedStream stream, long started)
    {
        stream.Gate.Leave(1);
        telemetry.Published(stream.Name, time.GetElapsedTime(started));
    }

    /// <summary>Goes on with an event whose first try has failed.</summary>
    internal async Task<PublishedEvent> PublishAgainAsync(
        PublishedStream stream, StreamEvent @event, Exception failure, long started, CancellationToken cancellationToken)
    {
        var results = new PublishResult[1];
        try
        {
            var publication = new Publication(stream, [@event], results, started);
            results[0] = await AppendAsync(publication, stream.PartitionOf(@event), new int[1], failure, cancellationToken) is { } rejection
                ? rejection
                : results[0];
        }
        finally
        {
            stream.Gate.Leave(1);
        }

        telemetry.Published(stream.Name, results, time.GetElapsedTime(started));
        return results[0].Rejection is { } refused ? throw new EventRejectedException(refused, failure) : results[0].Published;
    }

    private async ValueTask<PublishedEvent> PublishUnusualAsync(string stream, StreamEvent @event, CancellationToken cancellationToken)
    {
        var result = (await PublishAsync(stream, [@event], cancellationToken))[0];
        return result.Rejection is { } rejection ? throw new EventRejectedException(rejection) : result.Published;
    }

    private PublishedStream? Find(string stream)
    {
        if (_streams.TryGetValue(stream, out var known))
            return known;
        return _options.Refuse(stream) is null
            ? _streams.GetOrAdd(stream, name => new PublishedStream(name, _options, _database, time))
            : null;
    }

    private async Task PublishAsync(Publication publication, CancellationToken cancellationToken)
    {
        var (entered, refusal) = await EnterAsync(publication, cancellationToken);
        try
        {
            using var parts = Distribute(publication, entered);
            if (refusal is not null)
                publication.Results.AsSpan(entered).Fill(refusal);
            if (publication.Stream.Keys.Count == 1)
            {
                await AppendAllAsync(publication, 0, parts.Of(0), cancellationToken);
                return;
            }

            var appends = new List<Task>();
            for (var partition = 0; partition < publication.Stream.Keys.Count; partition++)
            {
                if (parts.Of(partition) is { IsEmpty: false } places)
                    appends.Add(AppendAllAsync(publication, partition, places, cancellationToken));
            }

            await Task.WhenAll(appends);
        }
        finally
        {
            publication.Stream.Gate.Leave(entered);
        }
    }

    /// <summary>Tells how many events of the batch the stream takes, from its first, and why not the others.</summary>
    private async ValueTask<(int Entered, EventRejection? Refusal)> EnterAsync(Publication publication, CancellationToken cancellationToken)
    {
        var count = publication.Events.Count;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var entered = await publication.Stream.Gate.EnterAsync(count, cancellationToken);
                return (entered, entered == count ? null : publication.Stream.Gate.Full());
            }
            catch (Exception e) when (e is RedisException or RedisTimeoutException)
            {
                if (!await CanRetryAsync(publication, attempt, e, cancellationToken))
                    return (0, RefusalOf(e));
            }
        }
    }

    /// <summary>Sorts the events by partition; those that can never be appended get their rejection.</summary>
    private PartitionedEvents Distribute(Publication publication, int entered)
    {
        var now = time.GetUtcNow();
        var partitions = ArrayPool<int>.Shared.Rent(Math.Max(1, entered));
        for (var i = 0; i < entered; i++)
        {
            if (_options.Refuse(publication.Events[i], now) is not { } refusal)
            {
                partitions[i] = publication.Stream.PartitionOf(publication.Events[i]);
                continue;
            }

            partitions[i] = -1;
            publication.Results[i] = refusal;
        }

        var parts = new PartitionedEvents(partitions.AsSpan(0, entered), publication.Stream.Keys.Count);
        ArrayPool<int>.Shared.Return(partitions);
        return parts;
    }

    /// <summary>
    /// Appends the events of one partition, so many at a time that they are one step of the server's. The next step waits for the one
    /// before: with both under way the first could be lost with its connection, and the second not.
    /// </summary>
    private async Task AppendAllAsync(
        Publication publication, int partition, ReadOnlyMemory<int> places, CancellationToken cancellationToken)
    {
        while (places.Length > 0)
        {
            var together = places[..StreamAppender.CountTogether(publication.Events, places.Span)];
            if (await AppendAsync(publication, partition, together, failure: null, cancellationToken) is { } rejection)
            {
                foreach (var place in places.Span)
                    publication.Results[place] = rejection;
                return;
            }

            places = places[together.Length..];
        }
    }

    /// <summary>
    /// Appends events in one step, again and again until Redis answers or the publish timeout has passed. A reply that was lost may
    /// leave an event without a deduplication key in the stream twice, with the same id; the store has one row for an id.
    /// </summary>
    private async Task<EventRejection?> AppendAsync(
        Publication publication, int partition, ReadOnlyMemory<int> places, Exception? failure, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (failure is not null && !await CanRetryAsync(publication, attempt - 1, failure, cancellationToken))
                return RefusalOf(failure);
            try
            {
                var appender = publication.Stream.Options.Durability is Durability.Appended ? _appender : await SyncedAppenderAsync();
                await appender.AppendAsync(publication.Stream, partition, publication.Events, places, publication.Results);
                return null;
            }
            catch (Exception e) when (e is RedisException or RedisTimeoutException or AppendFailedException)
            {
                failure = e;
            }
        }
    }

    private async ValueTask<StreamAppender> SyncedAppenderAsync()
    {
        if (_synced is { } connected)
            return connected.Appender;
        await _connecting.WaitAsync();
        try
        {
            if (_synced is null)
            {
                var sync = await AppendOnlyFileSync.ConnectAsync(redis, _options.PublishTimeout);
                _synced = (new StreamAppender(sync.Redis, _options.DeduplicationWindow, sync), sync);
            }

            return _synced.Value.Appender;
        }
        finally
        {
            _connecting.Release();
        }
    }

    private async Task<bool> CanRetryAsync(Publication publication, int attempt, Exception failure, CancellationToken cancellationToken)
    {
        if (!RedisFailure.IsTransient(failure) || time.GetElapsedTime(publication.Started) >= _options.PublishTimeout)
            return false;
        if (attempt <= 0)
            LogRetrying(logger, publication.Stream.Name, failure.Message);
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(500, 20 << Math.Clamp(attempt, 0, 5))), time, cancellationToken);
        return true;
    }

    private EventRejection RefusalOf(Exception e) => RedisFailure.IsTransient(e) ? Unavailable(e) : Refused(e);

    private static EventRejection Refused(Exception e) =>
        new(RejectionReason.Unavailable, $"Redis refused the event: {e.Message.TrimEnd('.')}.") { RetryAfter = s_retryAfter };

    private EventRejection Unavailable(Exception e) => new(
        RejectionReason.Unavailable,
        $"Redis did not answer within {_options.PublishTimeout.TotalSeconds:0.#} s ({e.GetType().Name}); the event may or may "
        + "not have been published.")
    {
        RetryAfter = s_retryAfter,
    };

    [LoggerMessage(100, LogLevel.Warning, "Publishing to {Stream} is being retried: {Reason}")]
    private static partial void LogRetrying(ILogger logger, string stream, string reason);

    /// <summary>Events that are being published, and what becomes of them.</summary>
    private sealed record Publication(PublishedStream Stream, IReadOnlyList<StreamEvent> Events, PublishResult[] Results, long Started);
}
