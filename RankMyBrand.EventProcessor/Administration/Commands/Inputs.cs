using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace RankMyBrand.EventProcessor.Administration.Commands;

/// <summary>Arguments and options that several commands have.</summary>
internal static class Inputs
{
    public static Argument<string> Stream() => new("stream") { Description = "The stream, such as ai.responses." };

    public static Argument<string> Group() => new("group") { Description = "The consumer group." };

    public static Argument<string> Id(string what) => new("id") { Description = $"The id of the {what}." };

    public static Option<bool> Json() => new("--json") { Description = "Writes JSON instead of a table." };

    public static Option<string?> Text(string name, string description) => new(name) { Description = description };

    public static Option<DateTimeOffset?> Time(string name, string description) => new(name)
    {
        Description = $"{description}, an ISO 8601 time such as 2026-11-21T10:00:00Z.",
        CustomParser = ParseTime,
    };

    public static Option<int?> Number(string name, string description, int max) => new(name)
    {
        Description = $"{description}, 1 to {max.ToString(CultureInfo.InvariantCulture)}.",
        CustomParser = result =>
        {
            var text = result.Tokens is [var token] ? token.Value : "";
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max)
                return number;
            result.AddError($"{name} is '{text}'; it must be a whole number from 1 to {max.ToString(CultureInfo.InvariantCulture)}.");
            return null;
        },
    };

    private static DateTimeOffset? ParseTime(ArgumentResult result)
    {
        var text = result.Tokens is [var token] ? token.Value : "";
        if (UtcTime.TryParse(text, out var time))
            return time;
        result.AddError($"'{text}' is not an ISO 8601 time such as 2026-11-21T10:00:00Z.");
        return null;
    }
}
