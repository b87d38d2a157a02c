using System.Globalization;

namespace RankMyBrand.EventProcessor.Administration;

/// <summary>
/// Reads the query of a request. A parameter that nobody knows is a fault: what it was meant to narrow would be wide open.
/// </summary>
internal sealed class QueryReader(IQueryCollection query)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The first fault, a sentence.</summary>
    public string? Fault { get; private set; }

    public string? Text(string name)
    {
        _known.Add(name);
        var values = query[name];
        if (values.Count > 1)
            Fault ??= $"The query parameter '{name}' is there {values.Count} times; it may be there once.";
        if (values is [""])
            Fault ??= $"The query parameter '{name}' is empty; leave it out, or say what is meant.";
        return values is [{ Length: > 0 } value] ? value : null;
    }

    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text)
            return null;
        if (UtcTime.TryParse(text, out var time))
            return time;
        return Refuse<DateTimeOffset?>(name, text, "an ISO 8601 time such as 2026-11-21T10:00:00Z");
    }

    public int Number(string name, int fallback, int max)
    {
        if (Text(name) is not { } text)
            return fallback;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max
            ? number
            : Refuse<int>(name, text, $"a whole number from 1 to {max}");
    }

    public bool Flag(string name) => Text(name) switch
    {
        null or "false" => false,
        "true" => true,
        var text => Refuse<bool>(name, text, "true or false"),
    };

    /// <summary>True for the second of two words, false for the first, which is also meant when there is none.</summary>
    public bool IsSecond(string name, string first, string second)
    {
        var text = Text(name);
        return text is null || text == first ? false : text == second || Refuse<bool>(name, text, $"{first} or {second}");
    }

    /// <summary>Null when everything was understood.</summary>
    public string? End()
    {
        if (query.Keys.FirstOrDefault(key => !_known.Contains(key)) is { } unknown)
            Fault ??= $"There is no query parameter '{unknown}' here; there are {string.Join(", ", _known)}.";
        return Fault;
    }

    private T Refuse<T>(string name, string value, string expected)
    {
        Fault ??= $"The query parameter '{name}' is '{value}'; it must be {expected}.";
        return default!;
    }
}
