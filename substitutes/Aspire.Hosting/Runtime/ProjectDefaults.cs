using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Runtime;

/// <summary>Chooses the endpoints that a project is told to listen on.</summary>
internal sealed record EndpointEnvironmentFilter(Func<EndpointAnnotation, bool> Includes) : IResourceAnnotation;

/// <summary>Gives every project its endpoints and variables.</summary>
internal static class ProjectDefaults
{
    public static void Apply(IResourceBuilder<ProjectResource> project, IProjectMetadata metadata, ProjectResourceOptions options)
    {
        var application = project.ApplicationBuilder;
        project.WithOtlpExporter().WithEnvironment(context => AddFixed(context, application.Environment));
        if (LaunchProfiles.Choose(application.Configuration, metadata, options) is { } chosen)
        {
            project.WithAnnotation(new LaunchProfileAnnotation(chosen.Name));
            AddEndpoints(project.Resource, chosen.Profile);
            project.WithEnvironment(context => AddProfile(context, chosen.Name, chosen.Profile));
        }
        else if (options.ExcludeLaunchProfile)
        {
            project.WithAnnotation(new ExcludeLaunchProfileAnnotation());
        }

        project.WithEnvironment(AddUrls);
    }

    private static void AddFixed(EnvironmentCallbackContext context, IHostEnvironment environment)
    {
        var variables = context.EnvironmentVariables;
        variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
        if (environment.IsDevelopment())
        {
            variables["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "true";
            variables["OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION"] = "true";
        }

        if (context.ExecutionContext.IsRunMode)
        {
            variables["DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION"] = "true";
            variables["LOGGING__CONSOLE__FORMATTERNAME"] = "simple";
        }
    }

    private static void AddProfile(EnvironmentCallbackContext context, string name, LaunchProfile profile)
    {
        if (context.ExecutionContext.IsPublishMode)
            return;

        foreach (var (variable, value) in profile.EnvironmentVariables)
            context.EnvironmentVariables.TryAdd(variable, Environment.ExpandEnvironmentVariables(value));
        context.EnvironmentVariables.TryAdd("DOTNET_LAUNCH_PROFILE", name);
    }

    private static void AddEndpoints(ProjectResource project, LaunchProfile profile)
    {
        var counts = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var url in (profile.ApplicationUrl ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // "*" and "+" are Kestrel's words for every address, not host names.
            var address = url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri))
            {
                throw new DistributedApplicationException(
                    $"The launch profile of the project '{project.Name}' has the invalid application URL '{url}'.");
            }

            var count = counts[uri.Scheme] = counts.GetValueOrDefault(uri.Scheme) + 1;
            project.Annotations.Add(new EndpointAnnotation(
                System.Net.Sockets.ProtocolType.Tcp, uri.Scheme, name: count == 1 ? uri.Scheme : $"{uri.Scheme}{count}", port: uri.Port)
            {
                TargetHost = uri.Host,
            });
        }
    }

    private static void AddUrls(EnvironmentCallbackContext context)
    {
        var project = (ProjectResource)context.Resource;
        if (context.ExecutionContext.IsPublishMode || context.EnvironmentVariables.ContainsKey("ASPNETCORE_URLS"))
            return;

        var filters = project.Annotations.OfType<EndpointEnvironmentFilter>().ToArray();
        var endpoints = project.GetEndpoints()
            .Where(e => (e.IsHttp || e.IsHttps) && filters.All(f => f.Includes(e.EndpointAnnotation))).ToArray();
        if (endpoints.Length == 0)
            return;

        var urls = new ReferenceExpressionBuilder();
        foreach (var endpoint in endpoints)
        {
            urls.AppendLiteral($"{(urls.IsEmpty ? "" : ";")}{endpoint.Scheme}://{endpoint.EndpointAnnotation.TargetHost}:");
            urls.AppendFormatted(endpoint.Property(EndpointProperty.TargetPort));
        }

        context.EnvironmentVariables["ASPNETCORE_URLS"] = urls.Build();
        if (endpoints.FirstOrDefault(e => e.IsHttps) is { } https)
            context.EnvironmentVariables["ASPNETCORE_HTTPS_PORT"] = https.Property(EndpointProperty.Port);
    }
}
