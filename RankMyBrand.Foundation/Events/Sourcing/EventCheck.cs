namespace RankMyBrand.Foundation.Events;

/// <summary>Refuses events that would be taken now and be found broken later.</summary>
internal static class EventCheck
{
    /// <exception cref="ArgumentException">The payload or the attributes are not JSON that PostgreSQL can hold.</exception>
    public static void RequireJson(StreamEvent @event)
    {
        if (!JsonText.IsStorable(@event.Data, out var fault))
            throw new ArgumentException($"The data of the event {@event.Id} ({@event.Type}) is not JSON that can be stored: {fault}.");
        if (@event.Attributes is { } attributes && !JsonText.IsStorable(attributes, out fault))
        {
            throw new ArgumentException(
                $"The attributes of the event {@event.Id} ({@event.Type}) are not JSON that can be stored: {fault}.");
        }
    }
}
