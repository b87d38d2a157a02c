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
        if (messages.Count > 0) Owner.Interactive.Send(messages, Database, frames);
        frames.Release();
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
