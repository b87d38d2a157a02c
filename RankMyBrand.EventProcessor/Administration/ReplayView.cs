using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Administration;

/// <summary>A replay.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Group">The group that gets the events.</param>
/// <param name="Source">store or stream.</param>
/// <param name="From">The earliest time, inclusive.</param>
/// <param name="To">The latest time, exclusive.</param>
/// <param name="Type">Only events of this type.</param>
/// <param name="Tenant">Only events of this tenant.</param>
/// <param name="EventsPerSecond">The most events a second.</param>
/// <param name="State">running, done, cancelled or failed.</param>
/// <param name="Sent">Events that the group has been sent.</param>
/// <param name="Total">Events that there were to send; null while that is not known.</param>
/// <param name="Waiting">Events of those sent that the group has yet to handle.</param>
/// <param name="Position">The time of the last event that was sent.</param>
/// <param name="Reason">Why it could not go on, or what it waits for.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="UpdatedAt">When it last moved.</param>
internal sealed record ReplayView(
    string Id, string Stream, string Group, string Source, DateTimeOffset? From, DateTimeOffset? To, string? Type, string? Tenant,
    int? EventsPerSecond, string State, long Sent, long? Total, long Waiting, DateTimeOffset? Position, string? Reason,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static ReplayView Of(Replay replay) => new(
        replay.Id, replay.Request.Stream, replay.Request.Group, NameOf(replay.Request.Source), replay.Request.From, replay.Request.To,
        replay.Request.Type, replay.Request.Tenant, replay.Request.EventsPerSecond, NameOf(replay.State), replay.Sent, replay.Total,
        replay.Waiting, replay.Position, replay.Reason, replay.CreatedAt, replay.UpdatedAt);

    private static string NameOf(ReplaySource source) => source is ReplaySource.Store ? "store" : "stream";

    private static string NameOf(ReplayState state) => state switch
    {
        ReplayState.Running => "running",
        ReplayState.Done => "done",
        ReplayState.Cancelled => "cancelled",
        _ => "failed",
    };
}
