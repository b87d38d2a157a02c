using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RankMyBrand.Foundation.Data;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>A PostgreSQL of its own, with the Foundation's schema, that can be killed. The application host starts it again.</summary>
public sealed class CrashablePostgres : IAsyncLifetime
{
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromMinutes(5);

    private DistributedApplication? _app;

    public string ConnectionString { get; private set; } = "";

    public int Port => new NpgsqlConnectionStringBuilder(ConnectionString).Port;

    /// <summary>Ends the server as a crash would: all its processes, with SIGKILL.</summary>
    public void Kill() => Processes.Kill(Processes.ListeningOn(Port));

    public async ValueTask InitializeAsync()
    {
        using var timeout = new CancellationTokenSource(s_startTimeout);
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.AddPostgres("postgres").WithImage("timescale/timescaledb", "2.27.0-pg17");
        _app = await builder.BuildAsync(timeout.Token);
        await _app.StartAsync(timeout.Token);
        await _app.ResourceNotifications.WaitForResourceHealthyAsync("postgres", timeout.Token);
        ConnectionString = (await _app.GetConnectionStringAsync("postgres", timeout.Token))!;
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        await new Migrator(database, Migration.FromAssembly(typeof(Migration).Assembly), NullLogger<Migrator>.Instance).MigrateAsync(timeout.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }
}
