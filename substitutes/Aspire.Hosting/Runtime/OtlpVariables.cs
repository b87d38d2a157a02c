using System.Net.NetworkInformation;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Runtime;

/// <summary>Writes the variables that send telemetry to the collector.</summary>
internal static class OtlpVariables
{
    public static void Add(
        EnvironmentCallbackContext context, IConfiguration configuration, IHostEnvironment environment, OtlpProtocol? required)
    {
        if (context.ExecutionContext.IsPublishMode)
            return;

        var variables = context.EnvironmentVariables;
        var grpc = Url(configuration, "DASHBOARD_OTLP_ENDPOINT_URL");
        var http = Url(configuration, "DASHBOARD_OTLP_HTTP_ENDPOINT_URL");
        var useGrpc = required is OtlpProtocol.Grpc || (required is null && (grpc is not null || http is null));
        if ((useGrpc ? grpc : http) is { } url && SomebodyListens(url))
        {
            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = new HostUrl(url);
            variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = useGrpc ? "grpc" : required is OtlpProtocol.HttpJson ? "http/json" : "http/protobuf";
            if (configuration["AppHost:OtlpApiKey"] is { Length: > 0 } key)
                variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={key}";
        }

        variables["OTEL_SERVICE_NAME"] = context.Resource.Name;
        variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={InstanceTemplate.InstanceSuffix}";
        if (!environment.IsDevelopment())
            return;

        // A developer wants to see telemetry at once, and all of it.
        foreach (var delay in new[] { "OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_METRIC_EXPORT_INTERVAL" })
            variables[delay] = "1000";
        variables["OTEL_TRACES_SAMPLER"] = "always_on";
        variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
        variables["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true";
    }

    /// <summary>
    /// The launch profile names the dashboard's port, and without a dashboard nobody listens there: services would retry for ever, and
    /// hang when they stop.
    /// </summary>
    private static bool SomebodyListens(string url) =>
        !Uri.TryCreate(url, UriKind.Absolute, out var address)
        || !address.IsLoopback
        || IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(listener => listener.Port == address.Port);

    private static string? Url(IConfiguration configuration, string key) =>
        new[] { $"ASPIRE_{key}", $"DOTNET_{key}" }.Select(k => configuration[k]).FirstOrDefault(v => !string.IsNullOrEmpty(v));
}
