using System.Text.Json.Serialization;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.EventProcessor.Administration;

/// <summary>The HTTP API of dead letters: look, replay, discard.</summary>
internal static class DeadLettersApi
{
    private const int MaxIds = 1000;
    private const string WhichOnes =
        "Say which ones: 'ids', or at least one of 'group', 'errorType', 'eventType', 'from' and 'to', or 'all': true.";

    private static readonly (string Name, string Description)[] s_filter =
    [
        ("group", "Those of a group."), ("errorType", "Those with a type of error."), ("eventType", "Those with a type of event."),
        ("from", "Those given up at this ISO 8601 time or later."), ("to", "Those given up before this ISO 8601 time."),
    ];

    public static void MapDeadLetters(this RouteGroupBuilder administration)
    {
        var letters = administration.MapGroup("/streams/{stream}/dead-letters");
        letters.MapGet("/", List)
            .TakesQuery([
                .. s_filter, ("limit", $"How many, 1 to {DeadLetterBox.MaxPage}; 20 where nothing is said."),
                ("cursor", "The nextCursor of the page before."), ("order", "desc (newest first, the default) or asc."),
            ])
            .WithName("ListDeadLetters")
            .WithSummary("Lists dead letters, a page at a time")
            .Produces<DeadLetterPageView>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        letters.MapGet("/{id}", Show)
            .WithName("ReadDeadLetter")
            .WithSummary("Reads a dead letter with its event")
            .Produces<DeadLetterDetail>().ProducesProblem(StatusCodes.Status404NotFound);
        letters.MapPost("/replay", Replay)
            .WithName("ReplayDeadLetters")
            .WithSummary("Gives dead letters back to their groups, and to no others")
            .WithDescription(
                "Names them by 'ids', by a filter, or with 'all'. Repeating the request is harmless: what is done counts as missing.")
            .Produces<ReplayedLetters>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        letters.MapPost("/{id}/replay", ReplayOne)
            .WithName("ReplayDeadLetter")
            .WithSummary("Gives a dead letter back to its group")
            .Produces<ReplayedLetters>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        letters.MapDelete("/", Discard)
            .TakesQuery([.. s_filter, ("all", "true for all of the stream's.")])
            .WithName("DiscardDeadLetters")
            .WithSummary("Discards dead letters for good")
            .WithDescription("Names them by group, errorType, eventType, from and to, or with all=true.")
            .Produces<DiscardedLetters>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        letters.MapDelete("/{id}", DiscardOne)
            .WithName("DiscardDeadLetter")
            .WithSummary("Discards a dead letter for good")
            .Produces<DiscardedLetters>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> List(string stream, HttpRequest request, DeadLetterBox box, CancellationToken cancellationToken)
    {
        var query = new QueryReader(request.Query);
        var filter = FilterOf(stream, query);
        var (limit, cursor, ascending) =
            (query.Number("limit", 20, DeadLetterBox.MaxPage), query.Text("cursor"), query.IsSecond("order", "desc", "asc"));
        if (query.End() is { } fault)
            return Problem.Create(ProblemCode.Validation, fault);
        if (cursor is not null && !DeadLetterBox.IsId(cursor))
        {
            return Problem.Create(
                ProblemCode.Validation, $"The query parameter 'cursor' is '{cursor}'; it must be the nextCursor of the page before.");
        }

        var page = await box.ListAsync(filter, ascending, limit, cursor, cancellationToken);
        return TypedResults.Ok(new DeadLetterPageView([.. page.Items.Select(DeadLetterView.Of)], page.NextCursor));
    }

    private static async Task<IResult> Show(string stream, string id, DeadLetterBox box, CancellationToken cancellationToken) =>
        DeadLetterBox.IsId(id) && await box.FindAsync(stream, id, cancellationToken) is { } letter
            ? TypedResults.Json(DeadLetterDetail.Of(letter), DeadLetterDetail.Format)
            : NoLetter(stream, id);

    private static async Task<IResult> Replay(string stream, Selection selection, DeadLetterBox box, CancellationToken cancellationToken)
    {
        if (selection.Check() is { } fault)
            return Problem.Create(ProblemCode.Validation, fault);
        var outcome = selection.Ids is { } ids
            ? await box.ReplayAsync(stream, ids, cancellationToken)
            : await box.ReplayAsync(selection.FilterOf(stream), cancellationToken);
        return TypedResults.Ok(new ReplayedLetters(outcome.Done, outcome.Missing, outcome.Refused));
    }

    private static async Task<IResult> ReplayOne(string stream, string id, DeadLetterBox box, CancellationToken cancellationToken)
    {
        if (!DeadLetterBox.IsId(id))
            return NoLetter(stream, id);
        return await box.ReplayAsync(stream, [id], cancellationToken) switch
        {
            { Done: 1 } => TypedResults.Ok(new ReplayedLetters(1, 0, 0)),
            { Refused: 1 } => Problem.Create(
                ProblemCode.Conflict, $"The dead letter '{id}' cannot be replayed: its group does not exist any more."),
            _ => NoLetter(stream, id),
        };
    }

    private static async Task<IResult> Discard(string stream, HttpRequest request, DeadLetterBox box, CancellationToken cancellationToken)
    {
        var query = new QueryReader(request.Query);
        var (filter, all) = (FilterOf(stream, query), query.Flag("all"));
        if (query.End() is { } fault)
            return Problem.Create(ProblemCode.Validation, fault);
        if (all == (filter != new DeadLetterFilter(stream)))
        {
            return Problem.Create(
                ProblemCode.Validation,
                "Say which dead letters to discard: at least one of 'group', 'errorType', 'eventType', 'from' and 'to', or "
                + "all=true, but not both.");
        }

        var outcome = await box.DiscardAsync(filter, cancellationToken);
        return TypedResults.Ok(new DiscardedLetters(outcome.Done, outcome.Missing));
    }

    private static async Task<IResult> DiscardOne(string stream, string id, DeadLetterBox box, CancellationToken cancellationToken) =>
        DeadLetterBox.IsId(id) && await box.DiscardAsync(stream, [id], cancellationToken) is { Done: 1 }
            ? TypedResults.Ok(new DiscardedLetters(1, 0))
            : NoLetter(stream, id);

    private static DeadLetterFilter FilterOf(string stream, QueryReader query) => new(stream)
    {
        Group = query.Text("group"),
        ErrorType = query.Text("errorType"),
        EventType = query.Text("eventType"),
        From = query.Time("from"),
        To = query.Time("to"),
    };

    private static ProblemResult NoLetter(string stream, string id) =>
        Problem.Create(ProblemCode.NotFound, $"The stream '{stream}' has no dead letter '{id}'; it may have been replayed or discarded.");

    /// <summary>Which dead letters are meant.</summary>
    /// <param name="Ids">These.</param>
    /// <param name="Group">Those of a group.</param>
    /// <param name="ErrorType">Those with a type of error.</param>
    /// <param name="EventType">Those with a type of event.</param>
    /// <param name="From">Those given up at this time or later.</param>
    /// <param name="To">Those given up before this time.</param>
    /// <param name="All">All of the stream's.</param>
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    internal sealed record Selection(
        IReadOnlyList<string>? Ids = null, string? Group = null, string? ErrorType = null, string? EventType = null,
        DateTimeOffset? From = null, DateTimeOffset? To = null, bool All = false)
    {
        public DeadLetterFilter FilterOf(string stream) =>
            new(stream) { Group = Group, ErrorType = ErrorType, EventType = EventType, From = From, To = To };

        public string? Check()
        {
            var ways = (Ids is null ? 0 : 1) + (All ? 1 : 0) + (FilterOf("") == new DeadLetterFilter("") ? 0 : 1);
            if (ways != 1)
                return ways == 0 ? WhichOnes : $"The request says in several ways which dead letters are meant. {WhichOnes}";
            if (Ids is { Count: > MaxIds })
                return $"The request has {Ids.Count} ids; at most {MaxIds} are taken.";
            return Ids?.FirstOrDefault(id => id is null || !DeadLetterBox.IsId(id)) is { } wrong
                ? $"'{wrong}' is not the id of a dead letter; one looks like 1763683200000-0."
                : Ids?.Contains(null!) is true ? "One of the ids is null." : null;
        }
    }
}
