using System.Globalization;

namespace OpenTelemetry.Exporter;

/// <summary>Labels in order. Two keys that become the same label share it, their values joined by a semicolon.</summary>
internal sealed class LabelSet
{
    private readonly List<(string Name, string Value)> _labels = [];

    public IReadOnlyList<(string Name, string Value)> Labels => _labels;

    public void Add(string name, string value)
    {
        var index = _labels.FindIndex(label => string.Equals(label.Name, name, StringComparison.Ordinal));
        if (index < 0)
        {
            _labels.Add((name, value));
        }
        else
        {
            _labels[index] = (name, $"{_labels[index].Value};{value}");
        }
    }

    public static string Format(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
