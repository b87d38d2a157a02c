using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using RankMyBrand.Gateway.Routing.Services;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>
/// Keeps the table of routes: the static ones from the configuration and one of every service. What is new is put into force when it
/// is valid; else the old stays, and one sentence says why.
/// </summary>
internal sealed partial class RouteTableLoader(
    IConfiguration configuration,
    ConfigurationFiles files,
    RouteTableReader reader,
    RouteTableCheck check,
    ServiceCheck serviceCheck,
    RouteTableProvider provider,
    IServiceCatalog catalog,
    ILogger<RouteTableLoader> logger) : BackgroundService
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly TaskCompletionSource _firstServices = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RouteTable _static = RouteTable.Empty;
    private Dictionary<string, Service> _services = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the catalogue has told its services at least once.</summary>
    public bool HasServices => _firstServices.Task.IsCompletedSuccessfully;

    /// <summary>Reads the static routes, before YARP asks for them.</summary>
    /// <exception cref="OptionsValidationException">They are not valid.</exception>
    public void LoadStatic()
    {
        files.LogTo(logger);
        _static = reader.Read();
        _ = provider.PublishAsync(_static);
    }

    /// <summary>Waits a while for the first services, so that no caller is told that they do not exist.</summary>
    /// <exception cref="OptionsValidationException">The static routes are such as YARP or the framework fails at later.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CheckAsync(_static, cancellationToken);
        await base.StartAsync(cancellationToken);
        try
        {
            await _firstServices.Task.WaitAsync(s_patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogCatalogSlow(logger);
        }
    }

    public override void Dispose()
    {
        _changing.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(WatchConfigurationAsync(stoppingToken), WatchCatalogAsync(stoppingToken));

    private async Task WatchConfigurationAsync(CancellationToken stoppingToken)
    {
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var subscription = ChangeToken.OnChange(configuration.GetReloadToken, () => changes.Writer.TryWrite(true));
        await foreach (var _ in changes.Reader.ReadAllAsync(stoppingToken))
        {
            if (files.AnyBroken())
                continue;
            try
            {
                await ChangeAsync(reader.Read(), stoppingToken);
            }
            // Whatever it is, the next change may be right.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogRefused(logger, string.Join(" ", RouteTableCheck.Sentences(e)));
            }
        }
    }

    private async Task WatchCatalogAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await foreach (var services in catalog.WatchAsync(stoppingToken))
                {
                    await ChangeAsync(services, stoppingToken);
                    _firstServices.TrySetResult();
                }
            }
            catch (OptionsValidationException e) when (!_firstServices.Task.IsCompleted)
            {
                _firstServices.TrySetException(e);
                return;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever fails in a catalogue, the services that it has told of are still where they were.
                LogCatalogFailed(logger, e.GetType().Name, e.Message);
            }

            await Task.Delay(s_pause, stoppingToken);
        }
    }

    private async Task CheckAsync(RouteTable table, CancellationToken cancellationToken)
    {
        var failures = await check.FindFailuresAsync(table, cancellationToken);
        if (failures.Count > 0)
            throw new OptionsValidationException(RouteTableReader.Section, typeof(RouteTable), failures);
    }

    private async Task ChangeAsync(RouteTable table, CancellationToken stoppingToken)
    {
        await CheckAsync(table, stoppingToken);
        await _changing.WaitAsync(stoppingToken);
        try
        {
            var previous = _static;
            _static = table;
            if (await PublishAsync(stoppingToken))
                return;
            // What YARP has refused would be in force in part, and would hold up every later change.
            _static = previous;
            await PublishAsync(stoppingToken);
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task ChangeAsync(IReadOnlyList<Service> services, CancellationToken stoppingToken)
    {
        var accepted = new Dictionary<string, Service>(StringComparer.OrdinalIgnoreCase);
        foreach (var service in services)
        {
            var failures = await serviceCheck.FindFailuresAsync(service, stoppingToken);
            if (failures.Count == 0)
            {
                accepted[service.Name] = service;
                continue;
            }

            LogServiceRefused(logger, string.Join(" ", failures));
            if (_services.TryGetValue(service.Name, out var old))
                accepted.TryAdd(service.Name, old);
        }

        await _changing.WaitAsync(stoppingToken);
        try
        {
            _services = accepted;
            await PublishAsync(stoppingToken);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <returns>Whether the table is in force.</returns>
    private async Task<bool> PublishAsync(CancellationToken stoppingToken)
    {
        var table = _static.With(ServiceRoutes.Build(_services.Values));
        try
        {
            await provider.PublishAsync(table).WaitAsync(s_patience, stoppingToken);
            LogChanged(logger, table.Routes.Count, _services.Count);
            return true;
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            LogRefused(logger, string.Join(" ", RouteTableCheck.Sentences(e)));
            return false;
        }
    }

    [LoggerMessage(EventIds.RoutesChanged, LogLevel.Information, "Routes were configured anew: {Routes}, {Services} of them of services")]
    private static partial void LogChanged(ILogger logger, int routes, int services);

    [LoggerMessage(
        EventIds.RoutesRefused, LogLevel.Error, "The new configuration of the routes is invalid and the old one stays in force: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);

    [LoggerMessage(EventIds.ServiceRefused, LogLevel.Error, "A service is told of wrongly and stays as it was: {Reason}")]
    private static partial void LogServiceRefused(ILogger logger, string reason);

    [LoggerMessage(EventIds.CatalogFailed, LogLevel.Error, "Services cannot be watched, and stay as they are, since {Exception}: {Reason}")]
    private static partial void LogCatalogFailed(ILogger logger, string exception, string reason);

    [LoggerMessage(
        EventIds.CatalogSlow, LogLevel.Warning, "Services are not known yet; requests to them are answered with 503 until they are")]
    private static partial void LogCatalogSlow(ILogger logger);
}
