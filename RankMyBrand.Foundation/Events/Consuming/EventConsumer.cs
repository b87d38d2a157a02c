using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Runs one subscription: a reader that blocks on new entries, handlers fed through a channel of one batch (so a slow handler stops
/// the reader, not the memory), and a keeper that renews what is held and takes over what the dead have left.
/// </summary>
internal sealed partial class EventConsumer(
    IConnectionMultiplexer redis,
    EventSubscription subscription,
    IEventHandler handler,
    EventsTelemetry telemetry,
    TimeProvider time,
    ILogger<EventConsumer> logger) : BackgroundService
{
    private readonly InFlight _inFlight = new();
    private readonly DeadLetters _deadLetters = new(redis, telemetry, time);
    private readonly Channel<Batch> _batches = Channel.CreateBounded<Batch>(1);

    private EventHandlerOptions Options => subscription.Options;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await KeepTryingAsync("create the consumer groups", CreateGroupsAsync, stoppingToken);
        var pending = new PendingEntries(redis, subscription, _inFlight);
        using var drained = new CancellationTokenSource();
        var handlers = Enumerable.Range(0, Options.Concurrency).Select(_ => HandleBatchesAsync(stoppingToken)).ToArray();
        var renewals = RenewAsync(pending, drained.Token);
        await Task.WhenAll(ReadAsync(stoppingToken), TakeOverAsync(pending, stoppingToken));

        // What has been read is still handled and acknowledged; only then does this consumer leave its groups.
        _batches.Writer.Complete();
        await Task.WhenAll(handlers);
        await drained.CancelAsync();
        await renewals;
        await LeaveAsync(pending);
    }

    private async Task CreateGroupsAsync()
    {
        foreach (var stream in subscription.Streams)
        {
            try
            {
                // At the beginning, not at the end: events that came before the group are events too.
                await redis.GetDatabase().StreamCreateConsumerGroupAsync(stream, subscription.Group, "0-0", createStream: true);
            }
            catch (RedisServerException e) when (e.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
            {
            }
        }
    }

    private async Task ReadAsync(CancellationToken stoppingToken)
    {
        await using var reader = new GroupReader(redis, subscription);
        while (!stoppingToken.IsCancellationRequested)
        {
            IReadOnlyList<(string Stream, StreamEntry[] Entries)> streams = [];
            await KeepTryingAsync("read", async () => streams = await ReadOrRepairAsync(reader, stoppingToken), stoppingToken);
            foreach (var (stream, entries) in streams)
            {
                foreach (var entry in entries)
                    _inFlight.TryAdd(stream, entry.Id!);
                await WriteAsync(stream, [.. entries.Select(entry => (entry, 1))]);
            }
        }
    }

    private async Task<IReadOnlyList<(string Stream, StreamEntry[] Entries)>> ReadOrRepairAsync(
        GroupReader reader, CancellationToken stoppingToken)
    {
        try
        {
            return await reader.ReadAsync(stoppingToken);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOGROUP", StringComparison.Ordinal))
        {
            LogGroupMissing(logger, subscription.Group, e.Message);
            await CreateGroupsAsync();
            return [];
        }
    }

    private async Task TakeOverAsync(PendingEntries pending, CancellationToken stoppingToken)
    {
        var nextCleanup = time.GetTimestamp();
        using var timer = new PeriodicTimer(Options.ClaimAfter / 2, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                foreach (var stream in subscription.Streams)
                    await KeepTryingAsync("take over pending entries", () => TakeOverAsync(pending, stream, stoppingToken), stoppingToken);
                if (time.GetElapsedTime(nextCleanup) < TimeSpan.FromMinutes(1))
                    continue;
                nextCleanup = time.GetTimestamp();
                await KeepTryingAsync("remove idle consumers", () => pending.RemoveIdleConsumersAsync(Options.ForgetConsumerAfter), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task TakeOverAsync(PendingEntries pending, string stream, CancellationToken stoppingToken)
    {
        do
        {
            var claimed = await pending.ClaimAsync(stream);
            if (claimed.Count == 0)
                continue;
            LogTakenOver(logger, claimed.Count, stream, subscription.Group);
            telemetry.Redelivered(stream, subscription.Group, claimed.Count);
            await WriteAsync(stream, claimed);
        }
        while (pending.HasMore(stream) && !stoppingToken.IsCancellationRequested);
    }

    /// <summary>Hands entries to the handlers; those that are no events, or that no attempt has survived, go to the dead letters.</summary>
    private async Task WriteAsync(string stream, IReadOnlyList<(StreamEntry Entry, int Attempt)> entries)
    {
        var deliveries = new List<Delivery>(entries.Count);
        var sources = new Dictionary<string, StreamEntry>(entries.Count, StringComparer.Ordinal);
        foreach (var (entry, attempt) in entries)
        {
            var id = (string)entry.Id!;
            if (!EventEntry.TryRead(id, entry.Values, out var @event, out var problem))
                await BuryAsync(stream, entry, new("Malformed", $"The entry is not an event: {problem}.", IsFinal: true), attempt, null);
            else if (attempt > Options.MaxAttempts)
                await BuryAsync(stream, entry, new("Abandoned", $"{attempt - 1} consumers have ended while they held the entry.", IsFinal: true), attempt - 1, null);
            else
            {
                deliveries.Add(new Delivery(stream, id, @event!, attempt));
                sources.Add(id, entry);
            }
        }

        if (deliveries.Count > 0)
            await _batches.Writer.WriteAsync(new Batch(stream, deliveries, sources), CancellationToken.None);
    }

    private async Task HandleBatchesAsync(CancellationToken stoppingToken)
    {
        await foreach (var batch in _batches.Reader.ReadAllAsync(CancellationToken.None))
            await HandleUntilSettledAsync(batch, stoppingToken);
    }

    /// <summary>Handles a batch and then, after their back-off, those of its events that asked for another attempt.</summary>
    private async Task HandleUntilSettledAsync(Batch batch, CancellationToken stoppingToken)
    {
        var waiting = batch.Deliveries;
        while (waiting.Count > 0)
        {
            using (var activity = EventsTelemetry.StartProcess(batch.Stream, subscription.Group, waiting))
            {
                var started = time.GetTimestamp();
                if (!await HandleAsync(waiting, stoppingToken))
                {
                    // The host stops while a dependency is away: whoever comes next takes the entries over.
                    Release(batch.Stream, waiting);
                    return;
                }

                telemetry.Processed(batch.Stream, subscription.Group, waiting.Count, time.GetElapsedTime(started));
            }

            var again = await SettleAsync(batch, waiting);
            if (again.Count > 0 && !await WaitAsync(again[0].Attempt, stoppingToken))
            {
                Release(batch.Stream, again);
                return;
            }

            foreach (var delivery in again)
            {
                delivery.Attempt++;
                delivery.Reset();
            }

            waiting = again;
        }
    }

    /// <summary>False when the host stopped before the handler could do its work.</summary>
    private async Task<bool> HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken stoppingToken)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                await handler.HandleAsync(deliveries, CancellationToken.None);
                return true;
            }
            catch (Exception e) when (TransientFailure.Is(e))
            {
                LogDependencyAway(logger, subscription.Group, deliveries.Count, e.Message);
                foreach (var delivery in deliveries)
                    delivery.Reset();
                if (!await WaitAsync(failures + 1, stoppingToken))
                    return false;
            }
            catch (Exception e) when (deliveries.Count == 1)
            {
                deliveries[0].Retry(e);
                return true;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // One bad event must not condemn the others: each is tried by itself.
                foreach (var delivery in deliveries)
                {
                    delivery.Reset();
                    if (!await HandleAsync([delivery], stoppingToken))
                        return false;
                }

                return true;
            }
        }
    }

    /// <summary>Acknowledges what is done and buries what cannot be; returns the events that want another attempt.</summary>
    private async Task<List<Delivery>> SettleAsync(Batch batch, IReadOnlyList<Delivery> deliveries)
    {
        var done = new List<RedisValue>(deliveries.Count);
        var again = new List<Delivery>();
        foreach (var delivery in deliveries)
        {
            if (delivery.Failed is not { } failure)
            {
                done.Add(delivery.EntryId);
                continue;
            }

            delivery.FirstFailedAt ??= time.GetUtcNow();
            LogFailed(logger, delivery.Event.Type, delivery.Event.Id, delivery.Attempt, subscription.Group, failure.Type, failure.Message);
            if (failure.IsFinal || delivery.Attempt >= Options.MaxAttempts)
                await BuryAsync(batch.Stream, batch.Sources[delivery.EntryId], failure, delivery.Attempt, delivery.FirstFailedAt);
            else
                again.Add(delivery);
        }

        if (done.Count > 0)
        {
            await KeepTryingAsync(
                "acknowledge", () => redis.GetDatabase().StreamAcknowledgeAsync(batch.Stream, subscription.Group, [.. done]), CancellationToken.None);
            foreach (var entryId in done)
                _inFlight.Remove(batch.Stream, entryId!);
        }

        return again;
    }

    private async Task BuryAsync(string stream, StreamEntry entry, Delivery.Failure failure, int attempts, DateTimeOffset? firstFailedAt)
    {
        await KeepTryingAsync(
            "move an entry to the dead letters",
            () => _deadLetters.MoveAsync(subscription, stream, entry, failure, attempts, firstFailedAt),
            CancellationToken.None);
        LogBuried(logger, (string)entry.Id!, stream, subscription.Group, failure.Type, failure.Message);
        _inFlight.Remove(stream, entry.Id!);
    }

    private void Release(string stream, IReadOnlyList<Delivery> deliveries)
    {
        foreach (var delivery in deliveries)
            _inFlight.Remove(stream, delivery.EntryId);
    }

    private async Task RenewAsync(PendingEntries pending, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Options.ClaimAfter / 4, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (_inFlight.Count > 0)
                    await KeepTryingAsync("renew entries", pending.RenewAsync, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private async Task LeaveAsync(PendingEntries pending)
    {
        try
        {
            await pending.LeaveAsync();
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            LogTrouble(logger, subscription.Group, "leave the group", e.Message);
        }
    }

    /// <summary>Repeats a step until Redis answers, or until the host stops.</summary>
    private async Task KeepTryingAsync(string what, Func<Task> step, CancellationToken cancellationToken)
    {
        for (var failures = 0; !cancellationToken.IsCancellationRequested; failures++)
        {
            try
            {
                await step();
                return;
            }
            catch (Exception e) when (TransientFailure.Is(e) || e is RedisServerException)
            {
                if (failures == 0)
                    LogTrouble(logger, subscription.Group, what, e.Message);
                await WaitAsync(failures + 1, cancellationToken);
            }
        }
    }

    /// <summary>Waits out an exponential back-off with jitter; false when cancelled.</summary>
    private async Task<bool> WaitAsync(int failures, CancellationToken cancellationToken)
    {
        var ceiling = Math.Min(Options.MaxRetryDelay.TotalMilliseconds, Options.RetryDelay.TotalMilliseconds * Math.Pow(2, Math.Min(failures - 1, 20)));
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(ceiling * (0.5 + (Random.Shared.NextDouble() / 2))), time, cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private sealed record Batch(string Stream, IReadOnlyList<Delivery> Deliveries, IReadOnlyDictionary<string, StreamEntry> Sources);

    [LoggerMessage(110, LogLevel.Warning, "Group {Group} could not {What} and goes on trying: {Reason}")]
    private static partial void LogTrouble(ILogger logger, string group, string what, string reason);

    [LoggerMessage(111, LogLevel.Warning, "Group {Group} waits with {Count} events, a dependency is away: {Reason}")]
    private static partial void LogDependencyAway(ILogger logger, string group, int count, string reason);

    [LoggerMessage(112, LogLevel.Warning, "Group {Group} is missing and is created again: {Reason}")]
    private static partial void LogGroupMissing(ILogger logger, string group, string reason);

    [LoggerMessage(113, LogLevel.Information, "Took over {Count} entries of {Stream} in group {Group} from consumers that are gone")]
    private static partial void LogTakenOver(ILogger logger, int count, string stream, string group);

    [LoggerMessage(114, LogLevel.Warning, "Event {Type} {Id} failed at attempt {Attempt} in group {Group}: {ErrorType}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string type, Guid id, int attempt, string group, string errorType, string reason);

    [LoggerMessage(115, LogLevel.Error, "Entry {EntryId} of {Stream} is a dead letter of group {Group}: {ErrorType}: {Reason}")]
    private static partial void LogBuried(ILogger logger, string entryId, string stream, string group, string errorType, string reason);
}
