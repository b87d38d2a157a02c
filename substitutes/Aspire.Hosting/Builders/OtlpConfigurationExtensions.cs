using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Runtime;

namespace Aspire.Hosting;

/// <summary>Sends the telemetry of resources to the collector.</summary>
public static class OtlpConfigurationExtensions
{
    /// <summary>Adds the <c>OTEL_*</c> variables.</summary>
    public static IResourceBuilder<T> WithOtlpExporter<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEnvironment => builder.Add(null);

    /// <summary>Adds the <c>OTEL_*</c> variables for a protocol.</summary>
    public static IResourceBuilder<T> WithOtlpExporter<T>(this IResourceBuilder<T> builder, OtlpProtocol protocol)
        where T : IResourceWithEnvironment => builder.Add(protocol);

    private static IResourceBuilder<T> Add<T>(this IResourceBuilder<T> builder, OtlpProtocol? protocol)
        where T : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        var application = builder.ApplicationBuilder;
        builder.WithAnnotation(new OtlpExporterAnnotation { RequiredProtocol = protocol }, ResourceAnnotationMutationBehavior.Replace);
        return builder.WithEnvironment(context =>
            OtlpVariables.Add(context, application.Configuration, application.Environment, protocol));
    }
}
