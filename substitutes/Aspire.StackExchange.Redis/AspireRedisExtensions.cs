using Aspire.StackExchange.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using OpenTelemetry.Trace;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Connects an application to Redis.</summary>
public static class AspireRedisExtensions
{
    private const string SectionName = "Aspire:StackExchange:Redis";

    /// <summary>Adds a singleton <see cref="IConnectionMultiplexer"/> with health check and traces.</summary>
    public static void AddRedisClient(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null) =>
        builder.AddRedisClientBuilder(connectionName, configureSettings, configureOptions);

    /// <summary>Adds a singleton <see cref="IConnectionMultiplexer"/> with health check and traces.</summary>
    public static AspireRedisClientBuilder AddRedisClientBuilder(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null) =>
        Add(builder, connectionName, serviceKey: null, configureSettings, configureOptions);

    /// <summary>Adds a keyed singleton <see cref="IConnectionMultiplexer"/> with health check and traces.</summary>
    public static void AddKeyedRedisClient(
        this IHostApplicationBuilder builder,
        string name,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null) =>
        builder.AddKeyedRedisClientBuilder(name, configureSettings, configureOptions);

    /// <summary>Adds a keyed singleton <see cref="IConnectionMultiplexer"/> with health check and traces.</summary>
    public static AspireRedisClientBuilder AddKeyedRedisClientBuilder(
        this IHostApplicationBuilder builder,
        string name,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(builder, name, serviceKey: name, configureSettings, configureOptions);
    }

    private static AspireRedisClientBuilder Add(
        IHostApplicationBuilder builder,
        string connectionName,
        string? serviceKey,
        Action<StackExchangeRedisSettings>? configureSettings,
        Action<ConfigurationOptions>? configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        var section = builder.Configuration.GetSection(SectionName);
        var named = section.GetSection(connectionName);
        var settings = ReadSettings(builder.Configuration, section, named, connectionName);
        configureSettings?.Invoke(settings);

        var optionsName = serviceKey ?? Options.Options.DefaultName;
        AddOptions(builder.Services, optionsName, settings.ConnectionString, section, named, configureOptions);
        AddMultiplexer(builder.Services, serviceKey, optionsName, connectionName, settings);
        if (!settings.DisableTracing && builder.Properties.TryAdd(typeof(RedisSpans), true))
        {
            builder.Services.AddSingleton<RedisSpans>();
            builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing
                .AddSource(RedisSpans.SourceName)
                .AddProcessor(provider => provider.GetRequiredService<RedisSpans>()));
        }

        if (!settings.DisableHealthChecks)
        {
            AddHealthCheck(builder, serviceKey);
        }

        return new AspireRedisClientBuilder(builder, settings, serviceKey);
    }

    private static StackExchangeRedisSettings ReadSettings(
        IConfiguration configuration, IConfigurationSection section, IConfigurationSection named, string connectionName)
    {
        var settings = new StackExchangeRedisSettings();
        section.Bind(settings);
        named.Bind(settings);
        if (configuration.GetConnectionString(connectionName) is { } connectionString)
        {
            settings.ConnectionString = connectionString;
        }

        return settings;
    }

    private static void AddOptions(
        IServiceCollection services,
        string name,
        string? connectionString,
        IConfigurationSection section,
        IConfigurationSection named,
        Action<ConfigurationOptions>? configure)
    {
        services.TryAddTransient<IOptionsFactory<ConfigurationOptions>, RedisOptionsFactory>();
        services.AddSingleton(new RedisConnectionString(name, connectionString));
        services.Configure<ConfigurationOptions>(name, options =>
        {
            section.GetSection(nameof(ConfigurationOptions)).Bind(options);
            named.GetSection(nameof(ConfigurationOptions)).Bind(options);
            configure?.Invoke(options);
        });
    }

    private static void AddMultiplexer(
        IServiceCollection services, string? serviceKey, string optionsName, string connectionName, StackExchangeRedisSettings settings)
    {
        services.Add(new ServiceDescriptor(
            typeof(IConnectionMultiplexer),
            serviceKey,
            (provider, _) => RedisConnector.Connect(provider, optionsName, connectionName, SectionName, traced: !settings.DisableTracing),
            ServiceLifetime.Singleton));
        if (!settings.DisableAutoActivation)
        {
            services.AddSingleton<IHostedService>(provider => new RedisActivator(provider, serviceKey));
        }
    }

    private static void AddHealthCheck(IHostApplicationBuilder builder, string? serviceKey)
    {
        var name = serviceKey is null ? "StackExchange.Redis" : $"StackExchange.Redis_{serviceKey}";
        // Adding a name twice would make every health report fail.
        if (builder.Properties.TryAdd($"Aspire.HealthChecks.{name}", true))
        {
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                name,
                provider => new RedisHealthCheck(() => provider.GetRequiredKeyedService<IConnectionMultiplexer>(serviceKey)),
                failureStatus: null,
                tags: null));
        }
    }
}
