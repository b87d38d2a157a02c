using StackExchange.Redis.Profiling;

namespace StackExchange.Redis;

/// <summary>Remembers the connection it was sent on: a watch is worth nothing on another one.</summary>
internal sealed class WatchMessage(CommandFlags flags) : Message<bool>(Commands.Watch, flags, Replies.Done)
{
    public RedisConnection? Connection { get; set; }
}

/// <summary>Takes the QUEUED of a command inside a transaction. The command's own reply comes with EXEC.</summary>
internal sealed class QueuedMessage(IMessage command) : IMessage
{
    public Command Command => command.Command;

    public CommandFlags Flags => command.Flags;

    public long? Created => null;

    public bool IsDone => false;

    public ProfiledCommand? Profile => null;

    public void Complete(ref RespReader reader)
    {
        if (reader.IsError) command.Fail(RedisErrors.Exception(reader.Text()!, Flags));
    }

    public bool Fail(Exception exception) => command.Fail(exception);

    public void Cancel() => command.Cancel();
}

/// <summary>Takes the reply of EXEC and hands each command its own. True when the commands were executed.</summary>
internal sealed class ExecMessage(IReadOnlyList<IMessage> commands, CommandFlags flags) : Message<bool>(Commands.Exec, flags, Replies.Done)
{
    public override void Complete(ref RespReader reader)
    {
        if (reader.IsError)
        {
            Fail(RedisErrors.Exception(reader.Text()!, Flags));
            return;
        }
        if (reader.IsNull)
        {
            // A watched key has changed: nothing was executed.
            foreach (var command in commands) command.Cancel();
            TrySetResult(false);
            return;
        }
        if (reader.Count != commands.Count) throw reader.Unexpected($"the replies to {commands.Count} commands");
        foreach (var command in commands)
        {
            reader.Next();
            var own = reader;
            CompleteOne(command, ref own);
            reader.SkipChildren();
        }
        TrySetResult(true);
    }

    public override bool Fail(Exception exception)
    {
        foreach (var command in commands) command.Fail(exception);
        return base.Fail(exception);
    }

    private static void CompleteOne(IMessage command, ref RespReader reply)
    {
        try
        {
            command.Complete(ref reply);
        }
        catch (Exception e) when (e is RespException or InvalidCastException or OverflowException or FormatException or ArgumentException or IndexOutOfRangeException)
        {
            command.Fail(e);
        }
    }
}
