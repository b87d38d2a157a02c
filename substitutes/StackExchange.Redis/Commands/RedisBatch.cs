namespace StackExchange.Redis;

/// <summary>Collects commands and sends them with nothing in between.</summary>
internal sealed class RedisBatch(
    ConnectionMultiplexer owner, int database, object? asyncState) : DatabaseCommands(owner, database, asyncState), IBatch
{
    private readonly Lock _gate = new();
    private SendBuffer _frames = new();
    private List<IMessage> _messages = [];

    public void Execute()
    {
        SendBuffer frames;
        List<IMessage> messages;
        lock (_gate)
        {
            (frames, messages) = (_frames, _messages);
            (_frames, _messages) = (new(), []);
        }
        try
        {
            if (messages.Count > 0) Owner.Interactive.Send(messages, Database, frames);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Who waits for a command of the batch need not be who executes it.
            foreach (var message in messages) message.Fail(e);
            throw;
        }
        finally
        {
            frames.Release();
        }
    }

    protected override void Deliver(IMessage message, CommandFrame frame)
    {
        lock (_gate)
        {
            _frames.Append(frame.Complete());
            _messages.Add(message);
        }
    }
}
