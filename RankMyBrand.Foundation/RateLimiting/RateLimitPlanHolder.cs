using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>Holds the plan in force. A changed configuration replaces it whole; an invalid one is told about and not taken.</summary>
internal sealed partial class RateLimitPlanHolder : IDisposable
{
    private readonly IOptionsFactory<RateLimitsOptions> _factory;
    private readonly ILogger _logger;
    private readonly IDisposable _subscription;
    private RateLimitPlan _current;

    public RateLimitPlanHolder(
        IOptionsFactory<RateLimitsOptions> factory,
        IConfiguration configuration,
        ILogger<RateLimitPlanHolder> logger)
    {
        (_factory, _logger) = (factory, logger);
        _current = new RateLimitPlan(factory.Create(Options.DefaultName));
        // Not through an options monitor: that throws at whoever has reloaded the configuration.
        _subscription = ChangeToken.OnChange(configuration.GetSection(RateLimitsOptions.Section).GetReloadToken, Reload);
    }

    /// <summary>The plan; read it once a check.</summary>
    public RateLimitPlan Current => Volatile.Read(ref _current);

    public void Dispose() => _subscription.Dispose();

    private void Reload()
    {
        try
        {
            Volatile.Write(ref _current, new RateLimitPlan(_factory.Create(Options.DefaultName), Current));
            LogReloaded(_logger, Current.Names.Count);
        }
        catch (OptionsValidationException e)
        {
            LogRefused(_logger, string.Join(" ", e.Failures));
        }
    }

    [LoggerMessage(500, LogLevel.Information, "Rate limits were configured anew: {Count} policies")]
    private static partial void LogReloaded(ILogger logger, int count);

    [LoggerMessage(501, LogLevel.Error, "The new configuration of the rate limits is invalid and the old one stays in force: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
