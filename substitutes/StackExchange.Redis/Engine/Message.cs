using StackExchange.Redis.Profiling;

namespace StackExchange.Redis;

/// <summary>A command whose reply is awaited.</summary>
internal interface IMessage
{
    Command Command { get; }

    CommandFlags Flags { get; }

    /// <summary>When it was created, by <see cref="Environment.TickCount64"/>; null when it does not time out by itself.</summary>
    long? Created { get; }

    /// <summary>Whether the wait has ended.</summary>
    bool IsDone { get; }

    ProfiledCommand? Profile { get; }

    /// <summary>Learns on which connection it goes out, before the next message does.</summary>
    void Sent(RedisConnection connection);

    /// <summary>Takes the reply, which may be an error.</summary>
    void Complete(ref RespReader reader);

    /// <summary>Ends the wait with an exception; without effect when it has ended.</summary>
    bool Fail(Exception exception);

    /// <summary>Ends the wait because the command was not executed.</summary>
    void Cancel();
}

/// <summary>The usual message: the task that the caller awaits is its own.</summary>
internal class Message<T>(Command command, CommandFlags flags, ReplyParser<T> parser, object? asyncState = null)
    : TaskCompletionSource<T>(asyncState, TaskCreationOptions.RunContinuationsAsynchronously), IMessage
{
    private readonly long _created = Environment.TickCount64;

    public Command Command => command;

    public CommandFlags Flags => flags;

    public long? Created => _created;

    public bool IsDone => Task.IsCompleted;

    public ProfiledCommand? Profile { get; init; }

    public virtual void Sent(RedisConnection connection)
    {
        Profile?.Sent();
        if (command.ChangesDatabase) connection.ForgetDatabase();
    }

    public virtual void Complete(ref RespReader reader)
    {
        if (reader.IsError) Fail(RedisErrors.Exception(reader.Text()!, flags));
        else TrySetResult(parser(ref reader));
    }

    public virtual bool Fail(Exception exception) => TrySetException(exception);

    public void Cancel() => TrySetCanceled();
}

/// <summary>Takes the place of messages whose outcome nobody asks for.</summary>
internal sealed class IgnoredMessage(Command command) : IMessage
{
    private readonly long _created = Environment.TickCount64;

    public Command Command => command;

    public CommandFlags Flags => CommandFlags.FireAndForget;

    // Nobody waits, but a server that leaves it unanswered is as dead as one that leaves others waiting.
    public long? Created => _created;

    public bool IsDone => true;

    public ProfiledCommand? Profile => null;

    public void Sent(RedisConnection connection)
    {
        if (command.ChangesDatabase) connection.ForgetDatabase();
    }

    public void Complete(ref RespReader reader) { }

    public bool Fail(Exception exception) => false;

    public void Cancel() { }
}

/// <summary>The completed task of commands that are fired and forgotten.</summary>
internal static class Forgotten<T>
{
    public static readonly Task<T> Task = System.Threading.Tasks.Task.FromResult(default(T)!);
}
