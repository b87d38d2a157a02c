using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Events;

/// <summary>Checks what attributes cannot: the names of the streams and the settings of each.</summary>
internal sealed class EventsOptionsValidator : IValidateOptions<EventsOptions>
{
    public ValidateOptionsResult Validate(string? name, EventsOptions options)
    {
        var failures = new List<string>();
        foreach (var (stream, settings) in options.Streams)
        {
            if (!StreamName.IsValid(stream))
                failures.Add($"{EventsOptions.Section}:Streams has the key '{stream}': {StreamName.Rule}.");
            if (settings.MaxLength is < 1 or > 100_000_000)
            {
                failures.Add(
                    $"{EventsOptions.Section}:Streams:{stream}:MaxLength is {settings.MaxLength}; it must be from 1 to 100000000 entries.");
            }

            if (settings.MaxDeadLetters is < 1 or > 10_000_000)
            {
                failures.Add(
                    $"{EventsOptions.Section}:Streams:{stream}:MaxDeadLetters is {settings.MaxDeadLetters}; it must be from 1 to "
                    + "10000000 entries.");
            }

            if (settings.Partitions is < 1 or > 1024)
                failures.Add($"{EventsOptions.Section}:Streams:{stream}:Partitions is {settings.Partitions}; it must be from 1 to 1024.");
            if (settings.Retention is { } retention && (retention < TimeSpan.FromSeconds(1) || retention > TimeSpan.FromDays(3650)))
                failures.Add($"{EventsOptions.Section}:Streams:{stream}:Retention is {retention}; it must be from 1 s to 3650 days.");
            if (!Enum.IsDefined(settings.Overflow))
            {
                failures.Add(
                    $"{EventsOptions.Section}:Streams:{stream}:Overflow is {settings.Overflow}; it must be one of "
                    + $"{string.Join(", ", Enum.GetNames<OverflowPolicy>())}.");
            }

            if (!Enum.IsDefined(settings.Durability))
            {
                failures.Add(
                    $"{EventsOptions.Section}:Streams:{stream}:Durability is {settings.Durability}; it must be one of "
                    + $"{string.Join(", ", Enum.GetNames<Durability>())}.");
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
