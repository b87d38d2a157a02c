using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>
/// Holds the plan in force. A changed configuration replaces it whole; an invalid one is told about and not taken. A policy that the new
/// one lacks stays while it is in use: those who use it read the same configuration, and may do so a moment later.
/// </summary>
internal sealed partial class RateLimitPlanHolder : IDisposable
{
    private readonly Lock _changing = new();
    private readonly IOptionsFactory<RateLimitsOptions> _factory;
    private readonly IConfigurationSection _section;
    private readonly LocalClock _clock;
    private readonly ILogger _logger;
    private readonly IDisposable _subscription;
    private IChangeToken _read;
    private RateLimitPlan _current;
    private IReadOnlyCollection<string> _inUse = [];
    private string[] _kept = [];

    public RateLimitPlanHolder(
        IOptionsFactory<RateLimitsOptions> factory,
        IConfiguration configuration,
        LocalClock clock,
        ILogger<RateLimitPlanHolder> logger)
    {
        (_factory, _section, _clock, _logger) = (factory, configuration.GetSection(RateLimitsOptions.Section), clock, logger);
        _read = _section.GetReloadToken();
        _current = new RateLimitPlan(factory.Create(Options.DefaultName), clock);
        // Not through an options monitor: that throws at whoever has reloaded the configuration.
        _subscription = ChangeToken.OnChange(_section.GetReloadToken, Refresh);
    }

    /// <summary>The plan; read it once a check.</summary>
    public RateLimitPlan Current => Volatile.Read(ref _current);

    /// <summary>Takes over a configuration that has changed, unless that is done already.</summary>
    public void Refresh()
    {
        lock (_changing)
        {
            if (!_read.HasChanged)
                return;
            _read = _section.GetReloadToken();
            Reload();
        }
    }

    /// <summary>Keeps policies while they are in use.</summary>
    /// <returns>Those of them that are not configured any more.</returns>
    public IReadOnlyCollection<string> KeepInUse(IReadOnlyCollection<string> policies)
    {
        lock (_changing)
        {
            _inUse = policies;
            if (_kept.Except(policies, StringComparer.Ordinal).Any())
                Reload();
            return _kept;
        }
    }

    public void Dispose() => _subscription.Dispose();

    private void Reload()
    {
        try
        {
            var options = _factory.Create(Options.DefaultName);
            string[] kept = [.. _inUse.Where(name => !options.Policies.ContainsKey(name) && _current.Contains(name))];
            foreach (var name in kept)
                options.Policies.Add(name, _current.Options.Policies[name]);
            Volatile.Write(ref _current, new RateLimitPlan(options, _clock, _current));
            _kept = kept;
            LogReloaded(_logger, _current.Names.Count);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            var faults = (e as OptionsValidationException)?.Failures ?? [$"{e.GetType().Name}: {e.Message}"];
            LogRefused(_logger, string.Join(" ", faults));
        }
    }

    [LoggerMessage(500, LogLevel.Information, "Rate limits were configured anew: {Count} policies")]
    private static partial void LogReloaded(ILogger logger, int count);

    [LoggerMessage(501, LogLevel.Error, "The new configuration of the rate limits is invalid and the old one stays in force: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
