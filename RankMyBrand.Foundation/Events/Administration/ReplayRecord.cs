using System.Globalization;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>The form of a replay as a Redis hash. Times are in milliseconds since 1970.</summary>
internal static class ReplayRecord
{
    public const string Total = "total";
    public const string Reason = "error";

    public static string NameOf(ReplayState state) => state switch
    {
        ReplayState.Running => "running",
        ReplayState.Done => "done",
        ReplayState.Cancelled => "cancelled",
        _ => "failed",
    };

    /// <summary>The fields that a request decides; those without a value are left out.</summary>
    public static IEnumerable<RedisValue> Write(ReplayRequest request)
    {
        (string Name, RedisValue Value)[] fields =
        [
            ("group", request.Group),
            ("source", request.Source is ReplaySource.Store ? "store" : "stream"),
            ("from", request.From?.ToUnixTimeMilliseconds()),
            ("to", request.To?.ToUnixTimeMilliseconds()),
            ("type", request.Type),
            ("tenant", request.Tenant),
            ("rate", request.EventsPerSecond),
        ];
        return fields.Where(field => !field.Value.IsNull).SelectMany(field => new RedisValue[] { field.Name, field.Value });
    }

    public static Replay Read(string stream, string id, HashEntry[] fields)
    {
        var values = fields.ToDictionary(field => (string)field.Name!, field => (string?)field.Value, StringComparer.Ordinal);
        var request = new ReplayRequest(stream, values.GetValueOrDefault("group") ?? "")
        {
            Source = values.GetValueOrDefault("source") == "stream" ? ReplaySource.Stream : ReplaySource.Store,
            From = Time("from"),
            To = Time("to"),
            Type = values.GetValueOrDefault("type"),
            Tenant = values.GetValueOrDefault("tenant"),
            EventsPerSecond = (int?)Number("rate"),
            CreateGroup = Number("is_new_group") == 1,
        };
        return new Replay(id, request)
        {
            State = values.GetValueOrDefault("state") switch
            {
                "running" => ReplayState.Running,
                "done" => ReplayState.Done,
                "cancelled" => ReplayState.Cancelled,
                _ => ReplayState.Failed,
            },
            Sent = Number("sent") ?? 0,
            Total = Number(Total),
            Position = Time("position"),
            Reason = values.GetValueOrDefault(Reason) is { Length: > 0 } reason ? reason : null,
            CreatedAt = Time("created_at") ?? default,
            UpdatedAt = Time("updated_at") ?? default,
            Cursor = values.GetValueOrDefault("cursor") ?? "",
            IsNewGroup = Number("is_new_group") == 1,
        };

        long? Number(string name) =>
            long.TryParse(values.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var number) ? number : null;

        DateTimeOffset? Time(string name) =>
            Number(name) is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
    }
}
