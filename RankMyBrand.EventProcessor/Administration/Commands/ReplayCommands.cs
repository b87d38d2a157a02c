using System.CommandLine;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Administration.Commands;

/// <summary><c>replay start | list | show | cancel | resume</c>.</summary>
internal static class ReplayCommands
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);

    public static Command Create(Session session) =>
        new("replay", "Replays a stream, or a part of it, into a group. Running event processors do the work.")
    {
        Start(session),
        List(session),
        Show(session),
        Change(
            session,
            "cancel",
            "Stops a replay; what has been sent is still handled.",
            (replays, stream, id, cancellationToken) => replays.CancelAsync(stream, id, cancellationToken)),
        Change(
            session,
            "resume",
            "Has a stopped or failed replay go on where it was.",
            (replays, stream, id, cancellationToken) => replays.ResumeAsync(stream, id, cancellationToken)),
    };

    private static Command Start(Session session)
    {
        var (stream, group, json) = (Inputs.Stream(), Inputs.Group(), Inputs.Json());
        var source = new Option<string>("--source")
        {
            Description = "store (the archive, the default) or stream (what Redis still holds).",
            DefaultValueFactory = _ => "store",
        }
            .AcceptOnlyFromAmong("store", "stream");
        var (from, to) = (Inputs.Time("--from", "The earliest time, inclusive"), Inputs.Time("--to", "The latest time, exclusive"));
        var (type, tenant) = (Inputs.Text("--type", "Only events of this type."), Inputs.Text("--tenant", "Only events of this tenant."));
        var rate = Inputs.Number("--events-per-second", "The most events a second", 1_000_000);
        var create = new Option<bool>("--create-group") { Description = "Creates the group where there is none." };
        var detach = new Option<bool>("--detach") { Description = "Does not wait for the end." };
        var command = new Command(
            "start", "Begins a replay, and waits until the group has handled all of it. It goes on when this command is ended.")
        {
            stream, group, source, from, to, type, tenant, rate, create, detach, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new ReplayRequest(parsed.GetRequiredValue(stream), parsed.GetRequiredValue(group))
            {
                Source = parsed.GetValue(source) == "stream" ? ReplaySource.Stream : ReplaySource.Store,
                From = parsed.GetValue(from),
                To = parsed.GetValue(to),
                Type = parsed.GetValue(type),
                Tenant = parsed.GetValue(tenant),
                EventsPerSecond = parsed.GetValue(rate),
                CreateGroup = parsed.GetValue(create),
            };
            var replay = await session.Get<Replays>().StartAsync(request, cancellationToken);
            if (!parsed.GetValue(detach))
                replay = await FollowAsync(session, replay, cancellationToken);
            Write(session, replay, parsed.GetValue(json));
            return replay.State is ReplayState.Running or ReplayState.Done ? 0 : 1;
        });
        return command;
    }

    private static Command List(Session session)
    {
        var (stream, json) = (Inputs.Stream(), Inputs.Json());
        var command = new Command("list", "Lists the replays of a stream, the newest first.") { stream, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var found = await session.Get<Replays>().ListAsync(parsed.GetRequiredValue(stream), cancellationToken);
            var replays = found.Select(ReplayView.Of).ToList();
            if (parsed.GetValue(json))
            {
                session.WriteJson(replays);
                return;
            }

            var table = new Table("ID", "GROUP", "SOURCE", "STATE", "SENT", "TOTAL", "WAITING", "POSITION", "REASON");
            foreach (var replay in replays)
            {
                table.Add(
                    replay.Id, replay.Group, replay.Source, replay.State, replay.Sent, replay.Total, replay.Waiting, replay.Position,
                    replay.Reason);
            }

            table.WriteTo(session.Output);
        });
        return command;
    }

    private static Command Show(Session session)
    {
        var (stream, id, json) = (Inputs.Stream(), Inputs.Id("replay"), Inputs.Json());
        var command = new Command("show", "Tells how far a replay is.") { stream, id, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (of, wanted) = (parsed.GetRequiredValue(stream), parsed.GetRequiredValue(id));
            if (await session.Get<Replays>().FindAsync(of, wanted, cancellationToken) is not { } replay)
                return None(session, of, wanted);
            Write(session, replay, parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static Command Change(
        Session session, string name, string description, Func<Replays, string, string, CancellationToken, Task<bool>> change)
    {
        var (stream, id) = (Inputs.Stream(), Inputs.Id("replay"));
        var command = new Command(name, description) { stream, id };
        command.SetAction(async (parsed, cancellationToken) =>
            await change(session.Get<Replays>(), parsed.GetRequiredValue(stream), parsed.GetRequiredValue(id), cancellationToken)
                ? 0
                : None(session, parsed.GetRequiredValue(stream), parsed.GetRequiredValue(id)));
        return command;
    }

    private static async Task<Replay> FollowAsync(Session session, Replay replay, CancellationToken cancellationToken)
    {
        session.Error.WriteLine($"Replay {replay.Id} has begun.");
        var told = -1L;
        while (replay is { State: ReplayState.Running } or { State: ReplayState.Done, Waiting: > 0 })
        {
            await Task.Delay(s_interval, cancellationToken);
            replay = await session.Get<Replays>().FindAsync(replay.Request.Stream, replay.Id, cancellationToken) ?? replay;
            if (replay.Sent != told)
            {
                session.Error.WriteLine(
                    $"{replay.Sent} of {replay.Total?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"} sent, "
                    + $"{replay.Waiting} waiting.");
            }

            told = replay.Sent;
        }

        return replay;
    }

    private static void Write(Session session, Replay replay, bool json)
    {
        var view = ReplayView.Of(replay);
        if (json)
        {
            session.WriteJson(view);
            return;
        }

        Table.WriteList(
            session.Output,
            ("id", view.Id), ("stream", view.Stream), ("group", view.Group), ("source", view.Source), ("from", view.From), ("to", view.To),
            ("state", view.State),
            ("sent", view.Sent), ("total", view.Total), ("waiting", view.Waiting), ("position", view.Position), ("reason", view.Reason));
    }

    private static int None(Session session, string stream, string id)
    {
        session.Error.WriteLine($"The stream '{stream}' has no replay '{id}'.");
        return 1;
    }
}
