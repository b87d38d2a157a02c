using System.Globalization;

namespace RankMyBrand.EventProcessor.Administration.Commands;

/// <summary>Writes rows under headings, each column as wide as it has to be.</summary>
internal sealed class Table(params string[] headings)
{
    private const int MaxWidth = 60;

    private readonly List<string[]> _rows = [];

    public void Add(params object?[] cells) => _rows.Add(Array.ConvertAll(cells, Text));

    public void WriteTo(TextWriter output)
    {
        var widths = headings.Select((heading, i) => _rows.Select(row => row[i].Length).Append(heading.Length).Max()).ToArray();
        foreach (var row in _rows.Prepend(headings))
            output.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
    }

    /// <summary>Writes names and values, one a line.</summary>
    public static void WriteList(TextWriter output, params (string Name, object? Value)[] lines)
    {
        var width = lines.Max(line => line.Name.Length);
        foreach (var (name, value) in lines)
            output.WriteLine($"{name.PadRight(width)}  {Clean(Format(value))}");
    }

    /// <summary>A text without control characters: what an event says must not steer the terminal.</summary>
    public static string Clean(string text) =>
        string.Create(text.Length, text, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsControl(text[i]) ? ' ' : text[i];
        });

    private static string Text(object? cell)
    {
        var text = Clean(Format(cell));
        return text.Length <= MaxWidth ? text : $"{text.AsSpan(0, MaxWidth - 1)}…";
    }

    private static string Format(object? value) => value switch
    {
        null or "" => "-",
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "-",
    };
}
