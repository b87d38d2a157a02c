using System.Diagnostics;

namespace StackExchange.Redis;

/// <summary>Composes every command once, for databases, batches and transactions alike; these differ in how they deliver.</summary>
internal abstract partial class DatabaseCommands(ConnectionMultiplexer owner, int database, object? asyncState) : IDatabaseAsync
{
    private static readonly Task<bool> s_false = Task.FromResult(false);
    private static readonly Task<long> s_zero = Task.FromResult(0L);

    public int Database => database;

    public IConnectionMultiplexer Multiplexer => owner;

    protected ConnectionMultiplexer Owner => owner;

    protected object? AsyncState => asyncState;

    /// <summary>Whether a command can be sent again when the server refuses its first form.</summary>
    protected virtual bool MayResend => true;

    protected Version ServerVersion => owner.ServerVersion;

    public bool IsConnected(RedisKey key, CommandFlags flags) => owner.IsConnected;

    public async Task<TimeSpan> PingAsync(CommandFlags flags)
    {
        var started = Stopwatch.GetTimestamp();
        await Send(Start(Commands.Ping), Replies.Done, flags).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(started);
    }

    public bool TryWait(Task task) => task.Wait(owner.TimeoutMilliseconds);

    public void Wait(Task task) => owner.Wait(task);

    public T Wait<T>(Task<T> task) => owner.Wait(task);

    public void WaitAll(params Task[] tasks) => owner.WaitAll(tasks);

    protected CommandFrame Start(Command command) => owner.Start(command);

    /// <summary>Takes a composed command; its bytes are only valid during the call.</summary>
    protected abstract void Deliver(IMessage message, CommandFrame frame);

    private Task<T> Send<T>(CommandFrame frame, ReplyParser<T> parser, CommandFlags flags)
    {
        if (flags.HasFlag(CommandFlags.DemandReplica) && !owner.Facts.IsReplica)
        {
            throw new RedisConnectionException(
                ConnectionFailureType.UnableToResolvePhysicalConnection, flags, $"No connection (requires replica) is active/available to service this operation: {frame.Command}");
        }
        if (flags.HasFlag(CommandFlags.FireAndForget))
        {
            Deliver(new IgnoredMessage(frame.Command), frame);
            return Forgotten<T>.Task;
        }
        var message = new Message<T>(frame.Command, flags, parser, asyncState) { Profile = owner.Profile(database, frame.Command, flags) };
        Deliver(message, frame);
        return message.Task;
    }
}
