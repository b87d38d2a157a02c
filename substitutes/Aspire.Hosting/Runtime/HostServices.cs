using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Execution;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Runtime;

/// <summary>Registers what an application host consists of.</summary>
internal static class HostServices
{
    // The ordered stop of the resources has a budget of its own, below this.
    private static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromSeconds(20);

    public static void Register(DistributedApplicationBuilder builder, DistributedApplicationOptions options, bool isTest)
    {
        var services = builder.Services;
        services.AddSingleton(new RunSettings(isTest, options.EnableResourceLogging));
        services.AddSingleton(builder.UserSecrets);
        services.AddSingleton(builder.ExecutionContext);
        services.AddSingleton(builder.Eventing);
        services.AddSingleton<ResourceLoggerService>();
        services.AddSingleton<ResourceNotificationService>();
        services.AddSingleton(provider => new ResourceCommandService(
            provider.GetRequiredService<ResourceNotificationService>(), provider.GetRequiredService<ResourceLoggerService>(), provider,
            provider.GetRequiredService<DistributedApplicationModel>()));
        services.AddSingleton<DependencyWaiter>();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new AppHostAssembly(builder.AppHostAssembly));
        services.AddSingleton<ProcessSupervisor>();
        services.AddSingleton<ContainerRuntimeSource>();
        services.AddSingleton<ProjectOutputs>();
        services.AddSingleton<EndpointAllocator>();
        services.AddSingleton<Launcher>();
        services.AddSingleton<RestartPolicy>();
        services.AddSingleton<StartFailures>();
        services.AddSingleton<AppConsole>();
        services.AddSingleton<ParameterInitializer>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<RunServices>(provider, provider));
        if (options.EnableResourceLogging)
            services.AddHostedService<ResourceLogForwarder>();
        services.AddHostedService<HealthMonitor>();
        services.AddSingleton<ProgressReporter>();
        services.AddSingleton<ResourceLogFiles>();
        if (!isTest)
        {
            services.AddHostedService(provider => provider.GetRequiredService<ProgressReporter>());
            services.AddHostedService(provider => provider.GetRequiredService<ResourceLogFiles>());
        }

        services.AddHostedService<Orchestrator>();
        services.AddHealthChecks();
        services.AddHttpClient();
        services.AddHttpClient(HttpEndpointHealthCheck.ClientName)
            .ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler { UseProxy = false });
        services.Configure<HostOptions>(host => host.ShutdownTimeout = s_shutdownTimeout);
        services.Configure<ResourceNotificationServiceOptions>(notifications => notifications.DefaultWaitBehavior =
            options.DisableDashboard ? WaitBehavior.StopOnResourceUnavailable : WaitBehavior.WaitOnResourceUnavailable);

        // The console tells the story of the resources; what keeps the host from starting is thrown at whoever starts it.
        builder.Services.AddLogging(logging => logging
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("System.Net.Http", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None));
        GeneratedKeys.Of(services);
    }
}

/// <summary>How the application was started.</summary>
/// <param name="IsTest">Whether a test runs it, which has no console.</param>
/// <param name="LogsResources">Whether the output of resources goes to the log.</param>
internal sealed record RunSettings(bool IsTest, bool LogsResources);
