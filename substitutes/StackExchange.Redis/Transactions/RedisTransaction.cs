using System.Buffers;

namespace StackExchange.Redis;

/// <summary>Collects commands and has them executed as one, if its conditions hold.</summary>
internal sealed class RedisTransaction(
    ConnectionMultiplexer owner, int database, object? asyncState) : DatabaseCommands(owner, database, asyncState), ITransaction
{
    private readonly Lock _gate = new();
    private readonly List<ConditionResult> _conditions = [];
    private IMessage[] _commands = [];
    private int _count;
    private readonly SendBuffer _frames = new();
    private bool _executed;

    protected override bool MayResend => false;

    public ConditionResult AddCondition(Condition condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var result = new ConditionResult(condition);
        lock (_gate) _conditions.Add(result);
        return result;
    }

    public void Execute() => Execute(CommandFlags.FireAndForget);

    public bool Execute(CommandFlags flags)
    {
        var running = ExecuteAsync(flags);
        return !flags.HasFlag(CommandFlags.FireAndForget) && Wait(running);
    }

    public async Task<bool> ExecuteAsync(CommandFlags flags)
    {
        lock (_gate)
        {
            if (_executed) throw new InvalidOperationException("A transaction can be executed only once; create another one.");
            _executed = true;
        }
        if (_count == 0 && _conditions.Count == 0) return true;
        var link = Owner.Interactive;
        Task<bool> outcome;
        var watch = _conditions.Count > 0 ? new WatchMessage(flags) : null;
        if (!await link.Transactions.WaitAsync(Owner.Options.AsyncTimeout).ConfigureAwait(false)) throw Abandon(new RedisTimeoutException(
            flags, $"The transaction waited for {Owner.Options.AsyncTimeout} ms behind another one; {Owner.Status()}.", CommandStatus.WaitingToBeSent));
        try
        {
            if (watch is not null)
            {
                await CheckAsync(link, watch, flags).ConfigureAwait(false);
                if (!_conditions.TrueForAll(condition => condition.WasSatisfied))
                {
                    Unwatch(link, watch);
                    foreach (var command in _commands.AsSpan(0, _count)) command.Cancel();
                    return false;
                }
            }
            if (_count == 0) _frames.Append(Owner.MultiFrame);
            _frames.Append(Owner.ExecFrame);
            var exec = new ExecMessage(_commands, _count, flags);
            link.Send(new TransactionMessages(exec), Database, _frames, watch?.Connection);
            outcome = exec.Task;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Abandon(e);
            // The connection is everybody's: a watch that stays on it would let the next transaction of another caller fail.
            if (watch is not null) Unwatch(link, watch);
            throw;
        }
        finally
        {
            link.Transactions.Release();
            _frames.Release();
        }
        return await outcome.ConfigureAwait(false);
    }

    protected override void Deliver(IMessage message, CommandFrame frame)
    {
        lock (_gate)
        {
            if (_executed) throw new InvalidOperationException("The transaction has been executed; create another one.");
            if (_count == 0) _frames.Append(Owner.MultiFrame);
            _frames.Append(frame.Complete());
            if (_count == _commands.Length) Grow();
            _commands[_count++] = message;
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<IMessage>.Shared.Rent(Math.Max(16, _count * 2));
        _commands.CopyTo(larger, 0);
        if (_count > 0) ArrayPool<IMessage>.Shared.Return(_commands, clearArray: true);
        _commands = larger;
    }

    private Exception Abandon(Exception why)
    {
        foreach (var command in _commands.AsSpan(0, _count)) command.Fail(why);
        return why;
    }

    /// <summary>Watches the keys of the conditions and looks at them.</summary>
    private async Task CheckAsync(Link link, WatchMessage watch, CommandFlags flags)
    {
        var probes = new SendBuffer();
        var watching = Start(Commands.Watch);
        foreach (var condition in _conditions) watching.Add(condition.Condition.Key);
        probes.Append(watching.Complete());
        List<IMessage> messages = [watch];
        List<Task<RedisResult>> answers = [];
        foreach (var condition in _conditions)
        {
            var frame = condition.Condition.Compose(Owner);
            var message = new Message<RedisResult>(frame.Command, flags & ~CommandFlags.FireAndForget, Replies.Any);
            probes.Append(frame.Complete());
            messages.Add(message);
            answers.Add(message.Task);
        }
        link.Send(messages, Database, probes);
        probes.Release();
        await watch.Task.ConfigureAwait(false);
        for (var i = 0; i < answers.Count; i++)
        {
            _conditions[i].WasSatisfied = _conditions[i].Condition.Holds(await answers[i].ConfigureAwait(false));
        }
    }

    private void Unwatch(Link link, WatchMessage watch)
    {
        if (watch.Connection is not { } connection) return;
        var unwatch = new SendBuffer();
        unwatch.Append(Start(Commands.Unwatch).Complete());
        link.Send([new IgnoredMessage(Commands.Unwatch)], Database, unwatch, connection);
        unwatch.Release();
    }
}
