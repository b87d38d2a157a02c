namespace StackExchange.Redis;

/// <summary>Reads what INFO answers: lines of <c>key:value</c> under headings.</summary>
internal static class ServerInfo
{
    public static IGrouping<string, KeyValuePair<string, string>>[] Parse(string text)
    {
        var lines = new List<(string Section, KeyValuePair<string, string> Pair)>();
        var section = "";
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '#')
            {
                section = line[1..].Trim();
                continue;
            }
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0) lines.Add((section, KeyValuePair.Create(line[..colon], line[(colon + 1)..])));
        }
        return [.. lines.GroupBy(line => line.Section, line => line.Pair, StringComparer.Ordinal)];
    }
}
