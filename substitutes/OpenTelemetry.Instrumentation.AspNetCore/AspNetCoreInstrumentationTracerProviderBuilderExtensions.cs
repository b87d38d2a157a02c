using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry.Instrumentation.AspNetCore;

namespace OpenTelemetry.Trace;

/// <summary>Adds the traces of ASP.NET Core.</summary>
public static class AspNetCoreInstrumentationTracerProviderBuilderExtensions
{
    /// <summary>Traces incoming HTTP requests.</summary>
    public static TracerProviderBuilder AddAspNetCoreInstrumentation(this TracerProviderBuilder builder) =>
        builder.AddAspNetCoreInstrumentation(name: null, configure: null);

    /// <summary>Traces incoming HTTP requests.</summary>
    public static TracerProviderBuilder AddAspNetCoreInstrumentation(
        this TracerProviderBuilder builder, Action<AspNetCoreTraceInstrumentationOptions>? configure) =>
        builder.AddAspNetCoreInstrumentation(name: null, configure);

    /// <summary>Traces incoming HTTP requests.</summary>
    public static TracerProviderBuilder AddAspNetCoreInstrumentation(
        this TracerProviderBuilder builder, string? name, Action<AspNetCoreTraceInstrumentationOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        name ??= Options.DefaultName;
        if (configure is not null)
        {
            builder.ConfigureServices(services => services.Configure(name, configure));
        }

        builder.AddSource("Microsoft.AspNetCore");
        if (builder is IDeferredTracerProviderBuilder deferred)
        {
            deferred.Configure((services, tracing) => AddOptionalSources(tracing, OptionsOf(services)));
        }

        return builder.AddInstrumentation(services => new HttpInListener(OptionsOf(services)));

        AspNetCoreTraceInstrumentationOptions OptionsOf(IServiceProvider services) =>
            services.GetRequiredService<IOptionsMonitor<AspNetCoreTraceInstrumentationOptions>>().Get(name);
    }

    private static void AddOptionalSources(TracerProviderBuilder tracing, AspNetCoreTraceInstrumentationOptions options)
    {
        if (options.EnableAspNetCoreSignalRSupport)
        {
            tracing.AddSource("Microsoft.AspNetCore.SignalR.Server");
        }

        if (options.EnableRazorComponentsSupport)
        {
            tracing.AddSource("Microsoft.AspNetCore.Components").AddSource("Microsoft.AspNetCore.Components.Server.Circuits");
        }
    }
}
