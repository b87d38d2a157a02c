namespace StackExchange.Redis;

/// <summary>Commands that wait for a connection, in their order.</summary>
internal sealed class Backlog
{
    private readonly Queue<Item> _items = new();

    public int Count => _items.Count;

    /// <summary>Lets commands wait on that could not be sent yet.</summary>
    public void Add(Item item) => _items.Enqueue(item);

    public void Add(IReadOnlyList<IMessage> messages, int database, byte[] frames) =>
        _items.Enqueue(new(messages, database, frames, Environment.TickCount64));

    /// <summary>Removes what was added before a time; null when there is nothing.</summary>
    public List<Item>? TakeExpired(long before)
    {
        List<Item>? expired = null;
        while (_items.TryPeek(out var item) && item.Since <= before) (expired ??= []).Add(_items.Dequeue());
        return expired;
    }

    public List<Item> TakeAll()
    {
        List<Item> all = [.. _items];
        _items.Clear();
        return all;
    }

    public sealed record Item(IReadOnlyList<IMessage> Messages, int Database, byte[] Frames, long Since);
}
