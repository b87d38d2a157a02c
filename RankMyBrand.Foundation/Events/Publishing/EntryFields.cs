using System.Globalization;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// The fields of one entry on their way to Redis, and the bytes they refer to. They are used again and again, so that publishing leaves
/// no garbage; nobody may touch them between <see cref="Write"/> and the reply, for the client may read them until then.
/// </summary>
internal sealed class EntryFields
{
    private const int IdLength = 36;
    private const int TimeLength = 24;
    private const int MaxKept = 4096;

    private static readonly Lock s_lock = new();
    private static readonly Stack<EntryFields> s_free = new();

    private readonly byte[] _text = new byte[IdLength + 28];
    private readonly NameValueEntry[]?[] _arrays = new NameValueEntry[EventEntry.MaxFields - EventEntry.MinFields + 1][];

    private NameValueEntry[] _written = [];

    private EntryFields()
    {
    }

    public static EntryFields Rent()
    {
        lock (s_lock)
        {
            if (s_free.TryPop(out var free))
                return free;
        }

        return new EntryFields();
    }

    /// <summary>Gives the fields back; only when the reply has come. After a failure they are left to the garbage collector.</summary>
    public static void Return(EntryFields fields) => Return([fields]);

    /// <summary>Gives the fields of many entries back.</summary>
    public static void Return(ReadOnlySpan<EntryFields> fields)
    {
        // What waits here must not keep payloads alive.
        foreach (var one in fields)
            Array.Clear(one._written);
        lock (s_lock)
        {
            foreach (var one in fields[..Math.Min(fields.Length, MaxKept - s_free.Count)])
                s_free.Push(one);
        }
    }

    /// <summary>The fields of an event's entry.</summary>
    public NameValueEntry[] Write(StreamEvent @event)
    {
        @event.Id.TryFormat(_text, out _);
        // The round-trip format is many times faster than a custom one; its milliseconds are where ours end.
        var time = _text.AsSpan(IdLength);
        @event.CreatedAt.UtcDateTime.TryFormat(time, out _, "O", CultureInfo.InvariantCulture);
        time[TimeLength - 1] = (byte)'Z';

        var count = EventEntry.CountFields(@event);
        _written = _arrays[count - EventEntry.MinFields] ??= new NameValueEntry[count];
        EventEntry.Write(@event, _text.AsMemory(0, IdLength), _text.AsMemory(IdLength, TimeLength), _written);
        return _written;
    }
}
