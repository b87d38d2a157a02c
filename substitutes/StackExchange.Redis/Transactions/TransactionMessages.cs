using System.Buffers;
using System.Collections;
using StackExchange.Redis.Profiling;

namespace StackExchange.Redis;

/// <summary>Remembers the connection it was sent on: a watch is worth nothing on another one.</summary>
internal sealed class WatchMessage(CommandFlags flags) : Message<bool>(Commands.Watch, flags, Replies.Done)
{
    public RedisConnection? Connection { get; private set; }

    public override void Sent(RedisConnection connection)
    {
        base.Sent(connection);
        Connection = connection;
    }
}

/// <summary>
/// Takes the QUEUED of each command inside a transaction, one after the other; the commands' own replies come with EXEC. It stands in
/// the queue of replies once for each command.
/// </summary>
internal sealed class QueuedMessage(ExecMessage exec) : IMessage
{
    private int _next;

    public Command Command => Commands.Exec;

    public CommandFlags Flags => exec.Flags;

    public long? Created => null;

    public bool IsDone => false;

    public ProfiledCommand? Profile => null;

    public void Sent(RedisConnection connection) { }

    public void Complete(ref RespReader reader)
    {
        var index = _next++;
        if (reader.IsError) exec.Refuse(index, reader.Text()!);
    }

    public bool Fail(Exception exception) => exec.Fail(exception);

    public void Cancel() => exec.CancelCommands();
}

/// <summary>Takes the reply of EXEC and hands each command its own. True when the commands were executed.</summary>
internal sealed class ExecMessage(IMessage[] commands, int count, CommandFlags flags) : Message<bool>(Commands.Exec, flags, Replies.Done)
{
    // Whoever takes it away decides what becomes of the commands: the reading loop, or what ends the wait.
    private IMessage[]? _commands = commands;

    public int Count => count;

    /// <summary>Fails one command that the server would not even queue; EXEC will then fail as a whole.</summary>
    public void Refuse(int index, string error) => Volatile.Read(ref _commands)?[index].Fail(RedisErrors.Exception(error, Flags));

    public override void Sent(RedisConnection connection)
    {
        base.Sent(connection);
        if (Volatile.Read(ref _commands) is not { } own) return;
        foreach (var command in own.AsSpan(0, count)) command.Sent(connection);
    }

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
            CancelCommands();
            TrySetResult(false);
            return;
        }
        if (reader.Count != count) throw reader.Unexpected($"the replies to {count} commands");
        if (Interlocked.Exchange(ref _commands, null) is { } own)
        {
            for (var i = 0; i < count; i++)
            {
                reader.Next();
                var reply = reader;
                CompleteOne(own[i], ref reply);
                reader.SkipChildren();
            }
            // Only here nobody else can still hold it.
            ArrayPool<IMessage>.Shared.Return(own, clearArray: true);
        }
        TrySetResult(true);
    }

    public override bool Fail(Exception exception)
    {
        if (Interlocked.Exchange(ref _commands, null) is { } own)
        {
            foreach (var command in own.AsSpan(0, count)) command.Fail(exception);
        }
        return base.Fail(exception);
    }

    public void CancelCommands()
    {
        if (Interlocked.Exchange(ref _commands, null) is not { } own) return;
        foreach (var command in own.AsSpan(0, count)) command.Cancel();
    }

    private static void CompleteOne(IMessage command, ref RespReader reply)
    {
        command.Profile?.Answered();
        try
        {
            command.Complete(ref reply);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The replies of the others are still in their places.
            command.Fail(e);
        }
        command.Profile?.Completed();
    }
}

/// <summary>The messages of a transaction in the order of their replies, without a list of them.</summary>
internal sealed class TransactionMessages(ExecMessage exec) : IReadOnlyList<IMessage>
{
    private readonly IgnoredMessage _multi = new(Commands.Multi);
    private readonly QueuedMessage _queued = new(exec);

    public int Count => exec.Count + 2;

    public IMessage this[int index] => index == 0 ? _multi : index <= exec.Count ? _queued : exec;

    public IEnumerator<IMessage> GetEnumerator()
    {
        for (var i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
