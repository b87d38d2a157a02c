using System.Globalization;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Moves entries that cannot be handled to <c>{stream}:dead</c>, with what is known of the failure.</summary>
internal sealed partial class DeadLetters(ConsumerContext context)
{
    private const int MaxFields = 1000;

    /// <summary>The stream of the dead letters of a stream or partition; in a cluster it lies in its slot.</summary>
    public static string NameOf(string streamKey) => $"{{{streamKey}}}:dead";

    /// <summary>Buries an entry; the copy and the acknowledgement are one step.</summary>
    public async Task BuryAsync(
        StreamSource source, StreamEntry entry, Delivery.Failure failure, int attempts, DateTimeOffset? firstFailedAt)
    {
        var values = Compose(source, entry, failure, attempts, firstFailedAt);
        var isMoved = false;
        await context.Patience.UntilDoneAsync(
            "move an entry to the dead letters",
            async () =>
                isMoved = !(await context.Database.ScriptEvaluateAsync(Script.DeadLetter, [source.Key, source.DeadLetters], values)).IsNull,
            context.Lifetime.Hurrying);
        if (!isMoved)
            return;
        context.Telemetry.Dead(source.Stream, context.Subscription.Group);
        LogBuried(context.Logger, entry.Id.ToString(), source.Name, context.Subscription.Group, failure.Type, failure.Message);
    }

    private RedisValue[] Compose(
        StreamSource source, StreamEntry entry, Delivery.Failure failure, int attempts, DateTimeOffset? firstFailedAt)
    {
        var now = context.Time.GetUtcNow();
        List<RedisValue> values =
        [
            context.Subscription.Group, entry.Id, source.Settings.MaxDeadLetters,
            source.Settings.DeadLetterOverflow is DeadLetterOverflow.DropOldest ? "drop" : "wait",
            context.Subscription.Consumer,
            // What a handler has failed at is tried at least once by whoever has it next: nobody else could tell why it fails. An entry
            // that no consumer has survived is not.
            firstFailedAt is null ? RedisValue.EmptyString : Math.Min(attempts, context.Options.MaxAttempts - 1),
            "group", context.Subscription.Group,
            "entry_id", source.IsReplay ? ReplayStream.OriginOf(entry) : entry.Id,
            "consumer", context.Subscription.Consumer,
            "error_type", failure.Type,
            "error_message", failure.Message,
            "attempts", attempts,
            "first_failed_at", Format(firstFailedAt ?? now),
            "last_failed_at", Format(now),
        ];
        // A script takes some thousands of values; what an event means stands in a dozen.
        foreach (var field in entry.Values.Where(field => field.Name != ReplayStream.OriginField).Take(MaxFields))
        {
            values.Add(field.Name);
            values.Add(field.Value);
        }

        return [.. values];
    }

    private static string Format(DateTimeOffset moment) => moment.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    [LoggerMessage(115, LogLevel.Error, "Entry {EntryId} of {Stream} is a dead letter of group {Group}: {ErrorType}: {Reason}")]
    private static partial void LogBuried(ILogger logger, string entryId, string stream, string group, string errorType, string reason);
}
