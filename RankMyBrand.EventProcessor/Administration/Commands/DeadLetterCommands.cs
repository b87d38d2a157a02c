using System.CommandLine;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Administration.Commands;

/// <summary><c>dead-letters list | show | replay | discard</c>.</summary>
internal static class DeadLetterCommands
{
    public static Command Create(Session session) =>
        new("dead-letters", "Looks at dead letters, gives them back to their groups, or discards them.")
    {
        List(session),
        Show(session),
        Change(
            session, "replay", "Gives dead letters back to their groups, and to no others.",
            async (box, stream, ids, cancellationToken) => Replayed(await box.ReplayAsync(stream, ids, cancellationToken)),
            async (box, filter, cancellationToken) => Replayed(await box.ReplayAsync(filter, cancellationToken))),
        Change(
            session, "discard", "Discards dead letters for good.",
            async (box, stream, ids, cancellationToken) => Discarded(await box.DiscardAsync(stream, ids, cancellationToken)),
            async (box, filter, cancellationToken) => Discarded(await box.DiscardAsync(filter, cancellationToken))),
    };

    private static Command List(Session session)
    {
        var (stream, filter, json) = (Inputs.Stream(), new FilterOptions(), Inputs.Json());
        var limit = Inputs.Number("--limit", "How many to list (20)", DeadLetterBox.MaxPage);
        var after = Inputs.Text("--after", "Goes on after this id.");
        var oldest = new Option<bool>("--oldest-first") { Description = "Begins with the oldest instead of the newest." };
        after.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } id && !DeadLetterBox.IsId(id))
                result.AddError($"'{id}' is not the id of a dead letter.");
        });
        var command = new Command("list", "Lists the dead letters of a stream, the newest first.") { stream, limit, after, oldest, json };
        filter.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var page = await session.Get<DeadLetterBox>().ListAsync(
                filter.Read(parsed, parsed.GetRequiredValue(stream)), parsed.GetValue(oldest), parsed.GetValue(limit) ?? 20,
                parsed.GetValue(after), cancellationToken);
            var view = new DeadLetterPageView([.. page.Items.Select(DeadLetterView.Of)], page.NextCursor);
            if (parsed.GetValue(json))
                session.WriteJson(view);
            else
                Write(session, view);
        });
        return command;
    }

    private static Command Show(Session session)
    {
        var (stream, id, json) = (Inputs.Stream(), Inputs.Id("dead letter"), Inputs.Json());
        var command = new Command("show", "Shows a dead letter with the fields of its entry.") { stream, id, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wanted = parsed.GetRequiredValue(id);
            var letter = DeadLetterBox.IsId(wanted)
                ? await session.Get<DeadLetterBox>().FindAsync(parsed.GetRequiredValue(stream), wanted, cancellationToken)
                : null;
            if (letter is null)
            {
                session.Error.WriteLine($"The stream '{parsed.GetRequiredValue(stream)}' has no dead letter '{wanted}'.");
                return 1;
            }

            var view = DeadLetterDetail.Of(letter);
            if (parsed.GetValue(json))
                session.WriteJson(view);
            else
                Write(session, view);
            return 0;
        });
        return command;
    }

    private static Command Change(
        Session session,
        string name,
        string description,
        Func<DeadLetterBox, string, string[], CancellationToken, Task<Result>> changeSome,
        Func<DeadLetterBox, DeadLetterFilter, CancellationToken, Task<Result>> changeMatching)
    {
        var (stream, filter, json) = (Inputs.Stream(), new FilterOptions(), Inputs.Json());
        var ids = new Argument<string[]>("id") { Description = "The ids of dead letters.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "All of the stream's." };
        var command = new Command(name, $"{description} Name them by id, by a filter, or with --all.") { stream, ids, all, json };
        filter.AddTo(command);
        command.Validators.Add(result =>
        {
            var some = result.GetValue(ids) ?? [];
            var ways = (some.Length > 0 ? 1 : 0) + (result.GetValue(all) ? 1 : 0) + (filter.IsUsed(result) ? 1 : 0);
            if (ways != 1)
            {
                result.AddError(
                    ways == 0
                        ? "Say which dead letters are meant: ids, a filter such as --group, or --all."
                        : "Say in one way which dead letters are meant: ids, a filter, or --all.");
            }

            foreach (var wrong in some.Where(id => !DeadLetterBox.IsId(id)))
                result.AddError($"'{wrong}' is not the id of a dead letter; one looks like 1763683200000-0.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (box, name) = (session.Get<DeadLetterBox>(), parsed.GetRequiredValue(stream));
            var result = parsed.GetValue(ids) is { Length: > 0 } some
                ? await changeSome(box, name, some, cancellationToken)
                : await changeMatching(box, filter.Read(parsed, name), cancellationToken);
            if (parsed.GetValue(json))
                session.WriteJson(result.View);
            else
                session.Output.WriteLine(result.Sentence);
            return result.IsComplete ? 0 : 1;
        });
        return command;
    }

    private static Result Replayed(DeadLetterOutcome outcome) => new(
        new ReplayedLetters(outcome.Done, outcome.Missing, outcome.Refused),
        $"{outcome.Done} replayed, {outcome.Missing} missing, {outcome.Refused} refused because their group does not exist any more.",
        outcome is { Missing: 0, Refused: 0 });

    private static Result Discarded(DeadLetterOutcome outcome) => new(
        new DiscardedLetters(outcome.Done, outcome.Missing), $"{outcome.Done} discarded, {outcome.Missing} missing.", outcome.Missing == 0);

    private static void Write(Session session, DeadLetterPageView page)
    {
        var table = new Table("ID", "GROUP", "EVENT TYPE", "ATTEMPTS", "LAST FAILED", "ERROR", "MESSAGE");
        foreach (var letter in page.Items)
        {
            table.Add(
                letter.Id, letter.Group, letter.EventType, letter.Attempts, letter.LastFailedAt, letter.ErrorType, letter.ErrorMessage);
        }

        table.WriteTo(session.Output);
        if (page.NextCursor is { } next)
            session.Error.WriteLine($"There are more: add --after {next}.");
    }

    private static void Write(Session session, DeadLetterDetail letter) => Table.WriteList(
        session.Output,
        [
            ("id", letter.Id), ("stream", letter.Stream), ("group", letter.Group), ("entry id", letter.EntryId),
            ("consumer", letter.Consumer),
            ("error", letter.ErrorType), ("message", letter.ErrorMessage), ("attempts", letter.Attempts),
            ("first failed", letter.FirstFailedAt), ("last failed", letter.LastFailedAt),
            .. letter.Fields.Select(field => (Table.Clean(field.Name), (object?)field.Value)),
        ]);

    /// <summary>What became of a change. An incomplete one ends with a status of failure.</summary>
    private sealed record Result(object View, string Sentence, bool IsComplete);

    /// <summary>The options that narrow down which dead letters are meant.</summary>
    private sealed class FilterOptions
    {
        private readonly Option<string?> _group = Inputs.Text("--group", "Only those of this group.");
        private readonly Option<string?> _errorType = Inputs.Text("--error-type", "Only those with this type of error.");
        private readonly Option<string?> _eventType = Inputs.Text("--event-type", "Only events of this type.");
        private readonly Option<DateTimeOffset?> _from = Inputs.Time("--from", "Only those given up at this time or later");
        private readonly Option<DateTimeOffset?> _to = Inputs.Time("--to", "Only those given up before this time");

        private Option[] All => [_group, _errorType, _eventType, _from, _to];

        public void AddTo(Command command)
        {
            foreach (var option in All)
                command.Add(option);
        }

        public bool IsUsed(System.CommandLine.Parsing.CommandResult result) => All.Any(option => result.GetResult(option) is not null);

        public DeadLetterFilter Read(ParseResult parsed, string stream) => new(stream)
        {
            Group = parsed.GetValue(_group),
            ErrorType = parsed.GetValue(_errorType),
            EventType = parsed.GetValue(_eventType),
            From = parsed.GetValue(_from),
            To = parsed.GetValue(_to),
        };
    }
}
