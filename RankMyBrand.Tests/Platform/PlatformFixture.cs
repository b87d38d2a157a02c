using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using RankMyBrand.Tests.Platform;

[assembly: AssemblyFixture(typeof(PlatformFixture))]

namespace RankMyBrand.Tests.Platform;

/// <summary>The whole platform as its AppHost declares it, started once for all tests that ask for it.</summary>
public sealed class PlatformFixture : IAsyncDisposable
{
    /// <summary>Tests of the platform run one after the other: some kill its parts.</summary>
    public const string Collection = "platform";

    public const string ApiKey = "test-key-0123456789abcdefghijklmnopqrstuv";

    private static readonly TimeSpan s_startTimeout = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _starting = new(1, 1);
    private DistributedApplication? _app;

    /// <summary>The running application; the first caller starts it.</summary>
    public async Task<DistributedApplication> StartAsync()
    {
        await _starting.WaitAsync();
        try
        {
            return _app ??= await StartOnceAsync();
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>A client of the gateway that has an API key.</summary>
    public async Task<HttpClient> CreateClientAsync(string? apiKey = ApiKey)
    {
        var app = await StartAsync();
        // No resilience handler: a test wants to see every answer.
        var client = new HttpClient { BaseAddress = app.GetEndpoint("gateway", "http"), Timeout = TimeSpan.FromMinutes(2) };
        if (apiKey is not null)
            client.DefaultRequestHeaders.Add("X-API-Key", apiKey);
        return client;
    }

    /// <summary>A connection to the platform's database.</summary>
    public async Task<NpgsqlConnection> OpenDatabaseAsync(CancellationToken cancellationToken)
    {
        var app = await StartAsync();
        var connection = new NpgsqlConnection(await app.GetConnectionStringAsync("rankmybrand", cancellationToken));
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        _starting.Dispose();
    }

    private static async Task<DistributedApplication> StartOnceAsync()
    {
        using var timeout = new CancellationTokenSource(s_startTimeout);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.RankMyBrand_AppHost>(
            [$"Parameters:apikey={ApiKey}"], timeout.Token);
        builder.Services.AddLogging(logging => logging.AddFilter("RankMyBrand.AppHost.Resources", LogLevel.None));

        // Tests neither see nor touch the data of a developer's own runs.
        foreach (var resource in builder.Resources)
        {
            foreach (var volume in resource.Annotations.OfType<ContainerMountAnnotation>().Where(mount => mount.Type is ContainerMountType.Volume).ToList())
                resource.Annotations.Remove(volume);
        }

        var app = await builder.BuildAsync(timeout.Token);
        await app.StartAsync(timeout.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway", timeout.Token);
        return app;
    }
}
