using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds handlers of events to a service.</summary>
public static class EventHandlerExtensions
{
    /// <summary>
    /// Has a function handle the events of a stream one by one, as consumer group <paramref name="group"/>; see
    /// <see cref="IEventHandler{T}.HandleAsync"/>.
    /// </summary>
    /// <param name="builder">The service.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="group">The group; each has its own place in the stream.</param>
    /// <param name="handle">The handler.</param>
    /// <param name="json">
    /// How to read the events' data, generated at compile time; without it the type is looked at while running, with web defaults.
    /// </param>
    /// <param name="configure">Changes the options.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static void AddEventHandler<T>(
        this IHostApplicationBuilder builder,
        string stream,
        string group,
        Func<T, Delivery, CancellationToken, Task> handle,
        JsonTypeInfo<T>? json = null,
        Action<EventHandlerOptions>? configure = null)
    {
        var handler = new TypedHandler<T>(json ?? WebJson<T>(), handle);
        builder.Add([stream], group, configure, oneByOne: true, _ => handler);
    }

    /// <summary>
    /// Has <typeparamref name="THandler"/> handle the events of a stream one by one, as consumer group <paramref name="group"/>. It is
    /// made once; register it as scoped to have one made for each event, in a scope of its own.
    /// </summary>
    /// <inheritdoc
    /// cref="AddEventHandler{T}(IHostApplicationBuilder, string, string, Func{T, Delivery, CancellationToken, Task},
    /// JsonTypeInfo{T}?, Action{EventHandlerOptions}?)"
    /// path="/param|/exception"/>
    public static void AddEventHandler<THandler, T>(
        this IHostApplicationBuilder builder,
        string stream,
        string group,
        JsonTypeInfo<T>? json = null,
        Action<EventHandlerOptions>? configure = null)
        where THandler : class, IEventHandler<T>
    {
        builder.Services.TryAddSingleton<THandler>();
        builder.Add([stream], group, configure, oneByOne: true, services =>
        {
            var scopes = services.GetRequiredService<IServiceScopeFactory>();
            return new TypedHandler<T>(json ?? WebJson<T>(), async (@event, delivery, cancellationToken) =>
            {
                await using var scope = scopes.CreateAsyncScope();
                await scope.ServiceProvider.GetRequiredService<THandler>().HandleAsync(@event, delivery, cancellationToken);
            });
        });
    }

    /// <summary>
    /// Has <typeparamref name="THandler"/> handle the events of streams in batches, as consumer group <paramref name="group"/>. It is made
    /// once; register it as scoped to have one made for each batch, in a scope of its own.
    /// </summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static void AddEventHandler<THandler>(
        this IHostApplicationBuilder builder, IReadOnlyList<string> streams, string group, Action<EventHandlerOptions>? configure = null)
        where THandler : class, IEventHandler
    {
        builder.Services.TryAddSingleton<THandler>();
        builder.Add(streams, group, configure, oneByOne: false, services =>
            new ScopedHandler<THandler>(services.GetRequiredService<IServiceScopeFactory>()));
    }

    private static void Add(
        this IHostApplicationBuilder builder,
        IReadOnlyList<string> streams,
        string group,
        Action<EventHandlerOptions>? configure,
        bool oneByOne,
        Func<IServiceProvider, IEventHandler> handler)
    {
        builder.AddEventConsumers();
        // A slow handler of single events should not sit on hundreds that another replica could handle.
        var options = oneByOne ? new EventHandlerOptions { BatchSize = 64 } : new EventHandlerOptions();
        configure?.Invoke(options);
        options.Validate(group);
        builder.Services.AddSingleton<IHostedService>(services =>
        {
            var events = services.GetRequiredService<IOptions<EventsOptions>>().Value;
            return services.CreateEventConsumer(
                new EventSubscription(streams, group, options, events) { OneByOne = oneByOne }, handler(services));
        });
    }

    /// <summary>Adds what consumers need.</summary>
    internal static void AddEventConsumers(this IHostApplicationBuilder builder)
    {
        builder.AddEventBus();
        builder.Services.TryAddSingleton<ConsumerTelemetry>();
        builder.Services.TryAddSingleton<GroupGauges>();
    }

    internal static EventConsumer CreateEventConsumer(this IServiceProvider services, EventSubscription subscription, IEventHandler handler)
    {
        services.GetRequiredService<GroupGauges>().Add(subscription);
        return new EventConsumer(
            services.GetRequiredService<IConnectionMultiplexer>(),
            subscription,
            handler,
            services.GetRequiredService<ConsumerTelemetry>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<EventConsumer>>());
    }

    private static JsonTypeInfo<T> WebJson<T>() => (JsonTypeInfo<T>)JsonSerializerOptions.Web.GetTypeInfo(typeof(T));
}
