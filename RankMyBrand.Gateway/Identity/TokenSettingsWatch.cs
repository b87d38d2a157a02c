using Microsoft.Extensions.Primitives;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Gateway.Routing.Configuration;

namespace RankMyBrand.Gateway.Identity;

/// <summary>Says that changed settings of tokens do not count yet: unlike keys they are read at the start only.</summary>
internal sealed partial class TokenSettingsWatch(
    IConfiguration configuration, ConfigurationFiles files, ILogger<TokenSettingsWatch> logger) : IHostedService, IDisposable
{
    private readonly Lock _lock = new();
    private readonly string[] _inForce = Read(configuration);
    private string[] _seen = Read(configuration);
    private IDisposable? _subscription;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _subscription = ChangeToken.OnChange(configuration.GetReloadToken, Compare);
        Compare();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _subscription?.Dispose();

    private static string[] Read(IConfiguration configuration)
    {
        var settings = configuration.GetSection(JwtOptions.Section).AsEnumerable();
        return [.. settings.Select(setting => $"{setting.Key}={setting.Value}").Order(StringComparer.Ordinal)];
    }

    private void Compare()
    {
        // To the framework such a file is empty.
        if (files.AnyBroken())
            return;
        var settings = Read(configuration);
        lock (_lock)
        {
            if (settings.SequenceEqual(_seen))
                return;
            _seen = settings;
        }

        // One edit of a file may come as several changes. What is again as it was at the start is in force.
        if (!settings.SequenceEqual(_inForce))
            LogChanged(logger, JwtOptions.Section);
    }

    [LoggerMessage(1421, LogLevel.Warning, "The settings of {Section} have changed, and the old ones stay in force; restart the gateway")]
    private static partial void LogChanged(ILogger logger, string section);
}
