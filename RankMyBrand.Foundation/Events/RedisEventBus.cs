using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
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
    ILogger<RedisEventBus> logger) : IEventBus, IDisposable
{
    private readonly EventsOptions _options = options.Value;
    private readonly ConcurrentDictionary<string, StreamGate> _gates = new(StringComparer.Ordinal);
    private int _turn;

    public async ValueTask<PublishedEvent> PublishAsync(string stream, StreamEvent @event, CancellationToken cancellationToken)
    {
        var result = await PublishAsync(stream, [@event], cancellationToken);
        return result[0].Rejection is { } rejection ? throw new EventRejectedException(rejection) : result[0].Published;
    }

    public async Task<IReadOnlyList<PublishResult>> PublishAsync(
        string stream, IReadOnlyList<StreamEvent> events, CancellationToken cancellationToken)
    {
        var results = new PublishResult[events.Count];
        if (events.Count == 0)
            return results;

        using var activity = EventsTelemetry.StartPublish(stream, events);
        var started = time.GetTimestamp();
        if (await RefuseAllAsync(stream, events.Count, cancellationToken) is { } refusal)
        {
            Array.Fill(results, refusal);
        }
        else
        {
            var waiting = new List<int>(events.Count);
            for (var i = 0; i < events.Count; i++)
            {
                if (events[i].Data.Length > _options.MaxEventBytes)
                    results[i] = TooLarge(events[i].Data.Length);
                else
                    waiting.Add(i);
            }

            await AppendAsync(stream, events, waiting, results, cancellationToken);
        }

        telemetry.Published(stream, results, time.GetElapsedTime(started));
        if (results.Length == 1 && results[0].Rejection is { } rejection)
            activity?.SetStatus(ActivityStatusCode.Error, rejection.Detail);
        return results;
    }

    public void Dispose()
    {
        foreach (var gate in _gates.Values)
            gate.Dispose();
    }

    private async ValueTask<EventRejection?> RefuseAllAsync(string stream, int count, CancellationToken cancellationToken)
    {
        if (_options.Refuse(stream) is { } refusal)
            return refusal;

        var settings = _options.Streams.GetValueOrDefault(stream) ?? new StreamOptions();
        var gate = _gates.GetOrAdd(stream, static (name, bus) => new StreamGate(bus.Redis, name, bus.MaxLength, bus.Time), (Redis: redis, settings.MaxLength, Time: time));
        var deadline = time.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await gate.EnterAsync(count, cancellationToken);
            }
            catch (Exception e) when (IsTransient(e))
            {
                if (!await CanRetryAsync(stream, attempt, deadline, e, cancellationToken))
                    return Unavailable(e);
            }
        }
    }

    /// <summary>
    /// Appends the waiting events, all at once, and again those whose reply was lost, with the same id, until Redis answers or the
    /// publish timeout has passed: the store has one row for an id, however often its entry stands in the stream.
    /// </summary>
    private async Task AppendAsync(
        string stream, IReadOnlyList<StreamEvent> events, List<int> waiting, PublishResult[] results, CancellationToken cancellationToken)
    {
        var database = redis.GetDatabase();
        var keys = _options.KeysOf(stream);
        // An event stays with its partition however often it is tried.
        var partitions = events.Select(@event => keys[PartitionOf(@event, keys.Count)]).ToArray();
        var started = time.GetTimestamp();
        for (var attempt = 0; waiting.Count > 0; attempt++)
        {
            var replies = waiting.ConvertAll(i => AppendAsync(database, partitions[i], events[i]));
            Exception? failure = null;
            var again = new List<int>();
            for (var k = 0; k < replies.Count; k++)
            {
                try
                {
                    results[waiting[k]] = await replies[k];
                }
                catch (Exception e) when (IsTransient(e))
                {
                    failure = e;
                    again.Add(waiting[k]);
                }
                catch (RedisServerException e)
                {
                    results[waiting[k]] = new EventRejection(RejectionReason.Unavailable, $"Redis refused the event: {e.Message}.");
                }
            }

            waiting = again;
            if (failure is null || await CanRetryAsync(stream, attempt, started, failure, cancellationToken))
                continue;
            foreach (var i in waiting)
                results[i] = Unavailable(failure);
            return;
        }
    }

    /// <summary>Two events with one deduplication key must meet, so it decides where there is no partition key.</summary>
    private int PartitionOf(StreamEvent @event, int partitions) => partitions == 1
        ? 0
        : (@event.PartitionKey ?? @event.DeduplicationKey) is { } key
            ? StreamPartitions.Of(key, partitions)
            : (int)((uint)Interlocked.Increment(ref _turn) % (uint)partitions);

    private Task<PublishedEvent> AppendAsync(IDatabase database, string stream, StreamEvent @event) =>
        @event.DeduplicationKey is null ? AppendAlwaysAsync(database, stream, @event) : AppendOnceAsync(database, stream, @event);

    private static async Task<PublishedEvent> AppendAlwaysAsync(IDatabase database, string stream, StreamEvent @event)
    {
        var entryId = await database.StreamAddAsync(stream, EventEntry.Write(@event));
        return new PublishedEvent(@event.Id, entryId.ToString(), isDuplicate: false);
    }

    private async Task<PublishedEvent> AppendOnceAsync(IDatabase database, string stream, StreamEvent @event)
    {
        var fields = EventEntry.Write(@event);
        var values = new RedisValue[2 + (fields.Length * 2)];
        values[0] = @event.Id.ToString();
        values[1] = (long)_options.DeduplicationWindow.TotalMilliseconds;
        for (var i = 0; i < fields.Length; i++)
            (values[2 + (i * 2)], values[3 + (i * 2)]) = (fields[i].Name, fields[i].Value);

        var reply = (RedisResult[])(await database.ScriptEvaluateAsync(
            Script.PublishOnce, [stream, DeduplicationKey(stream, @event)], values))!;
        return new PublishedEvent(Guid.Parse((string)reply[0]!), (string)reply[1]!, (int)reply[2] == 1);
    }

    /// <summary>The braces put the key into the slot of its stream; hashing bounds the length of what a client chose.</summary>
    private static RedisKey DeduplicationKey(string stream, StreamEvent @event)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{@event.Tenant}\n{@event.DeduplicationKey}"));
        return $"{{{stream}}}:once:{Convert.ToHexStringLower(hash.AsSpan(0, 16))}";
    }

    private async Task<bool> CanRetryAsync(string stream, int attempt, long started, Exception failure, CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(started) >= _options.PublishTimeout)
            return false;
        if (attempt == 0)
            LogRetrying(logger, stream, failure.Message);
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(500, 20 << Math.Min(attempt, 5))), time, cancellationToken);
        return true;
    }

    private static bool IsTransient(Exception e) =>
        e is RedisConnectionException or RedisTimeoutException
        || (e is RedisServerException && (e.Message.StartsWith("LOADING", StringComparison.Ordinal) || e.Message.StartsWith("MASTERDOWN", StringComparison.Ordinal)));

    private EventRejection TooLarge(int size) => new(
        RejectionReason.Invalid,
        $"The event's data has {size} bytes; at most {_options.MaxEventBytes} are taken ({EventsOptions.Section}:MaxEventBytes).");

    private EventRejection Unavailable(Exception e) => new(
        RejectionReason.Unavailable,
        $"Redis did not answer within {_options.PublishTimeout.TotalSeconds:0.#} s ({e.GetType().Name}); the event may or may not have been published.")
    {
        RetryAfter = TimeSpan.FromSeconds(2),
    };

    [LoggerMessage(100, LogLevel.Warning, "Publishing to {Stream} is being retried: {Reason}")]
    private static partial void LogRetrying(ILogger logger, string stream, string reason);
}
