using System.Text.Json.Serialization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RankMyBrand.ServiceDefaults.Health;

/// <summary>The body of the health endpoints.</summary>
internal sealed record HealthView(string Status, double TotalDurationMs, IReadOnlyDictionary<string, DependencyView> Checks)
{
    public static HealthView Of(HealthReport report) => new(
        report.Status.ToString(),
        Math.Round(report.TotalDuration.TotalMilliseconds, 3),
        report.Entries.ToDictionary(entry => entry.Key, entry => DependencyView.Of(entry.Value), StringComparer.Ordinal));
}

/// <summary>One dependency.</summary>
internal sealed record DependencyView(string Status, double LatencyMs, string? Description)
{
    // What a check wrote for people is shown; the text of an exception may hold addresses and credentials.
    public static DependencyView Of(HealthReportEntry entry) => new(
        entry.Status.ToString(),
        Math.Round(entry.Duration.TotalMilliseconds, 3),
        entry.Exception is null ? entry.Description : "The check failed; see the log of the service.");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthView))]
internal sealed partial class HealthJson : JsonSerializerContext;
