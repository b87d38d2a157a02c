using Microsoft.Extensions.Configuration;

namespace RankMyBrand.ServiceDefaults.Telemetry;

/// <summary>What the configuration says of where telemetry goes.</summary>
public static class TelemetryConfiguration
{
    private const string DisabledKey = "OTEL_SDK_DISABLED";
    private const string OtlpEndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] s_protocolKeys =
    [
        "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
    ];

    /// <summary>Whether a collector gets the telemetry, and with it the log.</summary>
    /// <exception cref="InvalidOperationException">The address of the collector is none.</exception>
    public static bool HasCollector(this IConfiguration configuration)
    {
        var value = configuration[OtlpEndpointKey];
        if (string.IsNullOrWhiteSpace(value) || configuration.IsTelemetryOff())
            return false;
        return Uri.TryCreate(value, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https"
            ? true
            : throw new InvalidOperationException(
                $"Configuration '{OtlpEndpointKey}' is '{value}', but must be an absolute http or https URI such as "
                + "http://localhost:4317.");
    }

    /// <summary>Refuses a protocol that the exporter does not know: it would speak gRPC then, and say so nowhere.</summary>
    /// <exception cref="InvalidOperationException">There is such a one.</exception>
    internal static void CheckProtocols(this IConfiguration configuration)
    {
        foreach (var key in s_protocolKeys)
        {
            if (configuration[key]?.Trim() is not (null or "" or "grpc" or "http/protobuf"))
                throw new InvalidOperationException($"Configuration '{key}' is '{configuration[key]}', but must be grpc or http/protobuf.");
        }
    }

    /// <summary>Whether OpenTelemetry is switched off, as its SDK understands it: then nothing is traced, measured or exported.</summary>
    internal static bool IsTelemetryOff(this IConfiguration configuration) =>
        bool.TryParse(configuration[DisabledKey], out var isOff) && isOff;
}
