using Microsoft.Extensions.Configuration.Json;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>
/// Knows which configuration files have become unreadable. The framework then takes them for empty: without this, the next change of
/// anything would take all routes away.
/// </summary>
internal sealed partial class ConfigurationFiles
{
    private readonly Lock _lock = new();
    private readonly Dictionary<FileConfigurationProvider, string> _broken = [];
    private ILogger? _logger;

    public void Watch(IConfigurationBuilder configuration)
    {
        foreach (var source in configuration.Sources.OfType<JsonConfigurationSource>())
        {
            var inner = source.OnLoadException;
            source.OnLoadException = failed =>
            {
                SetBroken(failed);
                inner?.Invoke(failed);
            };
        }
    }

    /// <summary>Where to tell of broken files from now on.</summary>
    public void LogTo(ILogger logger) => _logger = logger;

    /// <summary>Whether what the configuration says may be incomplete.</summary>
    public bool AnyBroken()
    {
        lock (_lock)
        {
            foreach (var repaired in _broken.Keys.Where(file => file.GetChildKeys([], parentPath: null).Any()).ToArray())
                _broken.Remove(repaired);
            return _broken.Count > 0;
        }
    }

    private void SetBroken(FileLoadExceptionContext failed)
    {
        var path = failed.Provider.Source.Path ?? "";
        var reason = failed.Exception.GetBaseException().Message;
        lock (_lock)
            _broken[failed.Provider] = path;
        if (_logger is not null)
            LogBroken(_logger, path, reason);
    }

    [LoggerMessage(
        EventIds.FileBroken, LogLevel.Error,
        "The configuration file {File} cannot be read and routes and services stay as they are: {Reason}")]
    private static partial void LogBroken(ILogger logger, string file, string reason);
}
