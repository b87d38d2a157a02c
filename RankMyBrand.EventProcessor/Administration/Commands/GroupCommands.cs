using System.CommandLine;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Administration.Commands;

/// <summary><c>groups list | pause | resume</c>.</summary>
internal static class GroupCommands
{
    public static Command Create(Session session) => new("groups", "Looks at the consumer groups of a stream, pauses and resumes them.")
    {
        List(session),
        Change(
            session,
            "pause",
            "Pauses a group in all processes, until it is resumed.",
            (groups, stream, group, cancellationToken) => groups.PauseAsync(stream, group, cancellationToken)),
        Change(
            session,
            "resume",
            "Has a paused group go on where it stopped.",
            (groups, stream, group, cancellationToken) => groups.ResumeAsync(stream, group, cancellationToken)),
    };

    private static Command List(Session session)
    {
        var (stream, json) = (Inputs.Stream(), Inputs.Json());
        var command = new Command("list", "Lists the groups of a stream.") { stream, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var found = await session.Get<ConsumerGroups>().ListAsync(parsed.GetRequiredValue(stream), cancellationToken);
            var groups = found.Select(GroupView.Of).ToList();
            if (parsed.GetValue(json))
            {
                session.WriteJson(groups);
                return;
            }

            var table = new Table("GROUP", "LAG", "PENDING", "REPLAYING", "CONSUMERS", "PAUSED SINCE");
            foreach (var group in groups)
                table.Add(group.Name, group.Lag, group.Pending, group.Replaying, group.Consumers.Count, group.PausedAt);
            table.WriteTo(session.Output);
        });
        return command;
    }

    private static Command Change(
        Session session, string name, string description, Func<ConsumerGroups, string, string, CancellationToken, Task<bool>> change)
    {
        var (stream, group) = (Inputs.Stream(), Inputs.Group());
        var command = new Command(name, description) { stream, group };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (streamName, groupName) = (parsed.GetRequiredValue(stream), parsed.GetRequiredValue(group));
            if (await change(session.Get<ConsumerGroups>(), streamName, groupName, cancellationToken))
                return 0;
            session.Error.WriteLine($"The stream '{streamName}' has no group '{groupName}'.");
            return 1;
        });
        return command;
    }
}
