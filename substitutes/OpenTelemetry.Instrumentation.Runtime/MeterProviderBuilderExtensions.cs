using OpenTelemetry.Instrumentation.Runtime;

namespace OpenTelemetry.Metrics;

/// <summary>Adds the runtime's metrics.</summary>
public static class MeterProviderBuilderExtensions
{
    /// <summary>Collects the metrics that .NET itself measures.</summary>
    public static MeterProviderBuilder AddRuntimeInstrumentation(this MeterProviderBuilder builder) =>
        builder.AddRuntimeInstrumentation(configure: null);

    /// <summary>Collects the metrics that .NET itself measures.</summary>
    public static MeterProviderBuilder AddRuntimeInstrumentation(
        this MeterProviderBuilder builder, Action<RuntimeInstrumentationOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        configure?.Invoke(new RuntimeInstrumentationOptions());
        return builder.AddMeter("System.Runtime");
    }
}
