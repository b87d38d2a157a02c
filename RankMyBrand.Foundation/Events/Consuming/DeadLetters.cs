using System.Globalization;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Moves entries that cannot be handled to <c>{stream}:dead</c>, with what is known of the failure.</summary>
internal sealed class DeadLetters(IConnectionMultiplexer redis, EventsTelemetry telemetry, TimeProvider time)
{
    /// <summary>The stream of the dead letters; in a cluster it lies in the slot of its stream.</summary>
    public static string NameOf(string stream) => $"{{{stream}}}:dead";

    public async Task MoveAsync(
        EventSubscription subscription, string stream, StreamEntry entry, Delivery.Failure failure, int attempts, DateTimeOffset? firstFailedAt)
    {
        var now = time.GetUtcNow();
        List<RedisValue> values =
        [
            subscription.Group, entry.Id,
            "group", subscription.Group,
            "entry_id", entry.Id,
            "consumer", subscription.Consumer,
            "error_type", failure.Type,
            "error_message", failure.Message,
            "attempts", attempts,
            "first_failed_at", Format(firstFailedAt ?? now),
            "last_failed_at", Format(now),
        ];
        foreach (var field in entry.Values)
        {
            values.Add(field.Name);
            values.Add(field.Value);
        }

        var moved = await redis.GetDatabase().ScriptEvaluateAsync(Script.DeadLetter, [stream, NameOf(stream)], [.. values]);
        if (!moved.IsNull)
            telemetry.Dead(stream, subscription.Group);
    }

    private static string Format(DateTimeOffset moment) => moment.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
