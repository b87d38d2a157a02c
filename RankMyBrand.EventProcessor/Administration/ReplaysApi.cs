using System.Text.Json.Serialization;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.EventProcessor.Administration;

/// <summary>The HTTP API of replays.</summary>
internal static class ReplaysApi
{
    private const int MaxRate = 1_000_000;

    public static void MapReplays(this RouteGroupBuilder administration)
    {
        var replays = administration.MapGroup("/streams/{stream}/replays");
        replays.MapGet("/", List)
            .WithName("ListReplays")
            .WithSummary("Lists the replays of a stream, the newest first")
            .Produces<IReadOnlyList<ReplayView>>().ProducesProblem(StatusCodes.Status404NotFound);
        replays.MapPost("/", Start)
            .WithName("StartReplay")
            .WithSummary("Begins to replay a stream, or a part of it, into a group")
            .WithDescription(
                "'source' is store (the archive, by time of creation) or stream (what Redis still holds, by time of appending). "
                + "Only the group sees the events again, with their ids and times. "
                + "'createGroup' makes a group that does not exist yet; it goes on with what is published from then on.")
            .Produces<ReplayView>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        replays.MapGet("/{id}", Show)
            .WithName("ReadReplay")
            .WithSummary("Tells how far a replay is")
            .Produces<ReplayView>().ProducesProblem(StatusCodes.Status404NotFound);
        replays.MapDelete("/{id}", Cancel)
            .WithName("CancelReplay")
            .WithSummary("Stops a replay; what has been sent is still handled")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        replays.MapPost("/{id}/resume", Resume)
            .WithName("ResumeReplay")
            .WithSummary("Has a stopped or failed replay go on where it was")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> List(string stream, Replays replays, CancellationToken cancellationToken) =>
        TypedResults.Ok((await replays.ListAsync(stream, cancellationToken)).Select(ReplayView.Of));

    private static async Task<IResult> Start(string stream, NewReplay wanted, Replays replays, CancellationToken cancellationToken)
    {
        if (wanted.Check() is { } fault)
            return Problem.Create(ProblemCode.Validation, fault);
        var replay = await replays.StartAsync(wanted.RequestFor(stream), cancellationToken);
        return TypedResults.Accepted($"/api/admin/streams/{stream}/replays/{replay.Id}", ReplayView.Of(replay));
    }

    private static async Task<IResult> Show(string stream, string id, Replays replays, CancellationToken cancellationToken) =>
        await replays.FindAsync(stream, id, cancellationToken) is { } replay
            ? TypedResults.Ok(ReplayView.Of(replay))
            : NoReplay(stream, id);

    private static async Task<IResult> Cancel(string stream, string id, Replays replays, CancellationToken cancellationToken) =>
        await replays.CancelAsync(stream, id, cancellationToken) ? TypedResults.NoContent() : NoReplay(stream, id);

    private static async Task<IResult> Resume(string stream, string id, Replays replays, CancellationToken cancellationToken) =>
        await replays.ResumeAsync(stream, id, cancellationToken) ? TypedResults.NoContent() : NoReplay(stream, id);

    private static ProblemResult NoReplay(string stream, string id) =>
        Problem.Create(
            ProblemCode.NotFound, $"The stream '{stream}' has no replay '{id}'; replays that ended more than 30 days ago are forgotten.");

    /// <summary>What to replay.</summary>
    /// <param name="Group">The group that gets the events.</param>
    /// <param name="Source">store (unless something else is said) or stream.</param>
    /// <param name="From">The earliest time, inclusive.</param>
    /// <param name="To">The latest time, exclusive.</param>
    /// <param name="Type">Only events of this type.</param>
    /// <param name="Tenant">Only events of this tenant.</param>
    /// <param name="EventsPerSecond">The most events a second.</param>
    /// <param name="CreateGroup">Creates the group where there is none.</param>
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    internal sealed record NewReplay(
        string? Group, string? Source = null, DateTimeOffset? From = null, DateTimeOffset? To = null, string? Type = null,
        string? Tenant = null, int? EventsPerSecond = null, bool CreateGroup = false)
    {
        public string? Check() => this switch
        {
            { Group: null or "" } => "The replay has no 'group'; it must name the group that gets the events.",
            { Group.Length: > 128 } => $"The replay's 'group' has {Group.Length} characters; at most 128 are taken.",
            { Source: not (null or "store" or "stream") } => $"The replay's 'source' is '{Source}'; it must be store or stream.",
            { EventsPerSecond: < 1 or > MaxRate } =>
                $"The replay's 'eventsPerSecond' is {EventsPerSecond}; it must be from 1 to {MaxRate}.",
            _ when From >= To => "The replay's 'from' is not before its 'to'.",
            _ => null,
        };

        public ReplayRequest RequestFor(string stream) => new(stream, Group!)
        {
            Source = Source == "stream" ? ReplaySource.Stream : ReplaySource.Store,
            From = From,
            To = To,
            Type = Type,
            Tenant = Tenant,
            EventsPerSecond = EventsPerSecond,
            CreateGroup = CreateGroup,
        };
    }
}
