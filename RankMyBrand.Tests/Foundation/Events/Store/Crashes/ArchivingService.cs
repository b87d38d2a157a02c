using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.Events;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>A service that publishes to one stream and, unless it is told not to, archives it. Its pauses are short.</summary>
internal sealed class ArchivingService : IAsyncDisposable
{
    public const string Stream = "audit.log";

    private readonly IHost _host;

    private ArchivingService(IHost host) => _host = host;

    public IEventBus Bus => _host.Services.GetRequiredService<IEventBus>();

    public IConnectionMultiplexer Redis => _host.Services.GetRequiredService<IConnectionMultiplexer>();

    public static async Task<ArchivingService> StartAsync(
        string redis, string postgres, bool archives = true, params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["ConnectionStrings:redis"] = redis;
        builder.Configuration["ConnectionStrings:rankmybrand"] = postgres;
        builder.Configuration[$"Events:Streams:{Stream}:MaxLength"] = "1000000";
        builder.Configuration["Events:Archive:CompressAfter"] = "";
        foreach (var (key, value) in settings)
            builder.Configuration[key] = value;
        builder.Logging.ClearProviders();
        builder.AddEventBus();
        if (archives)
        {
            builder.AddEventArchive(options =>
            {
                (options.RetryDelay, options.MaxRetryDelay) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100));
                options.ClaimAfter = TimeSpan.FromSeconds(1);
            });
        }

        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new ArchivingService(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }
}
