using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.EventProcessor.Administration;

/// <summary>The HTTP API of streams and their consumer groups.</summary>
internal static class StreamsApi
{
    public static void MapStreams(this RouteGroupBuilder administration)
    {
        administration.MapGet("/streams", List)
            .WithName("ListStreams")
            .WithSummary("Lists the streams and how full they are")
            .Produces<IReadOnlyList<StreamStatus>>();
        administration.MapGet("/streams/{stream}/groups", ListGroups)
            .WithName("ListGroups")
            .WithSummary("Lists the consumer groups of a stream")
            .Produces<IReadOnlyList<GroupView>>().ProducesProblem(StatusCodes.Status404NotFound);
        administration.MapPost("/streams/{stream}/groups/{group}/pause", Pause)
            .WithName("PauseGroup")
            .WithSummary("Pauses a group in all processes, until it is resumed")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
        administration.MapPost("/streams/{stream}/groups/{group}/resume", Resume)
            .WithName("ResumeGroup")
            .WithSummary("Has a paused group go on where it stopped")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> List(StreamCatalogue streams, CancellationToken cancellationToken) =>
        TypedResults.Ok(await streams.ListAsync(cancellationToken));

    private static async Task<IResult> ListGroups(string stream, ConsumerGroups groups, CancellationToken cancellationToken) =>
        TypedResults.Ok((await groups.ListAsync(stream, cancellationToken)).Select(GroupView.Of));

    private static async Task<IResult> Pause(string stream, string group, ConsumerGroups groups, CancellationToken cancellationToken) =>
        await groups.PauseAsync(stream, group, cancellationToken) ? TypedResults.NoContent() : NoGroup(stream, group);

    private static async Task<IResult> Resume(string stream, string group, ConsumerGroups groups, CancellationToken cancellationToken) =>
        await groups.ResumeAsync(stream, group, cancellationToken) ? TypedResults.NoContent() : NoGroup(stream, group);

    private static ProblemResult NoGroup(string stream, string group) =>
        Problem.Create(
            ProblemCode.NotFound,
            $"The stream '{stream}' has no group '{group}'; GET /api/admin/streams/{stream}/groups lists those it has.");
}
